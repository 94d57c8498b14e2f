import { createHmac } from 'node:crypto';

/** Where a signature goes, and over what it is made. */
export type Signing = {
  /** The key itself; it came from a secret and is never logged. */
  key: string;
  algorithm: 'sha256' | 'sha512';
  encoding: 'hex' | 'base64';
  /** Name of the query parameter, or of the header, that carries the time; epoch milliseconds or seconds. */
  timestamp: { name: string; unit: 'ms' | 's' };
  signature: { name: string };
  /** query: both are query parameters, and the query is signed. header: both are headers, and time and body are. */
  in: 'query' | 'header';
};

export type Signed = { url: string; headers: Record<string, string> };

/**
 * Signs a request with an HMAC. The time is taken once and is in both places, in what is signed and in what is sent:
 * taken twice, the two differ now and then, and the signature is refused.
 */
export function signRequest(url: string, body: string, nowMs: number, signing: Signing): Signed {
  const time = String(signing.timestamp.unit === 'ms' ? nowMs : Math.floor(nowMs / 1000));
  const sign = (text: string) =>
    createHmac(signing.algorithm, signing.key).update(text).digest(signing.encoding);
  if (signing.in === 'header') {
    const headers = { [signing.timestamp.name]: time, [signing.signature.name]: sign(`${time}.${body}`) };
    return { url, headers };
  }
  const signed = new URL(url);
  signed.searchParams.set(signing.timestamp.name, time);
  const query = signed.searchParams.toString();
  // The signature is made of the query and the body as they are sent, so it is appended last.
  signed.search = `${query}&${signing.signature.name}=${encodeURIComponent(sign(`${query}${body}`))}`;
  return { url: signed.toString(), headers: {} };
}
