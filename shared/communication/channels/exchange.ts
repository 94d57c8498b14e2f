import { isJsonObject, type Json, objectOrEmpty, parseJson } from '../../json.ts';
import type { HttpRequest, HttpResponse } from '../../ports.ts';
import type { Runtime } from '../../runtime.ts';
import { ChannelError } from './contract.ts';

/** Longer than a provider needs, short enough that a silent one leaves time for the next channel. */
const timeoutMs = 10_000;
/** What a provider says of an error is kept up to this length. */
const longestReason = 200;

export type Exchange = Omit<HttpRequest, 'timeoutMs' | 'body'> & {
  /** Name of the provider, for errors. Addresses are never named: that of a webhook is its key. */
  provider: string;
  body?: Json;
  /** Values that must not appear in an error, whatever the provider says. */
  secrets: readonly string[];
};

/** The connection was never there, so nothing was handed over. */
const neverConnected = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_TLS|CERT_|SELF_SIGNED/;

/**
 * One request to a provider, with JSON in both directions. Resolves with answers of the classes 2xx only. Throws
 * ChannelError: refused for 4xx, later for 429 and 503 (with Retry-After), unknown for the rest.
 */
export async function exchange(runtime: Runtime, asked: Exchange): Promise<HttpResponse & { json: Json }> {
  const { provider, body, secrets, ...request } = asked;
  const headers = {
    'user-agent': 'lifeboat',
    ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
    ...request.headers,
  };
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await runtime.network
    .http({
      ...request,
      headers: {
        ...headers,
        ...(text !== undefined && { 'content-length': String(Buffer.byteLength(text)) }),
      },
      body: text,
      timeoutMs,
    })
    .catch(error => {
      throw unanswered(provider, error);
    });
  if (answer.status >= 200 && answer.status < 300) return { ...answer, json: parseJson(answer.body) ?? null };
  throw refusal(provider, answer, secrets, runtime.clock.now());
}

function unanswered(provider: string, error: unknown): ChannelError {
  const parts = [error, (error as { cause?: unknown }).cause].flatMap(each =>
    each instanceof Error ? [each.message, String((each as { code?: unknown }).code ?? '')] : [],
  );
  return neverConnected.test(parts.join(' '))
    ? new ChannelError('later', `${provider} could not be reached; nothing was sent.`)
    : new ChannelError('unknown', `${provider} did not answer; it is not known whether it took the message.`);
}

function refusal(
  provider: string,
  answer: HttpResponse,
  secrets: readonly string[],
  now: Date,
): ChannelError {
  const { status, headers } = answer;
  const why = reasonIn(answer.body, secrets);
  const said = `${provider} answered ${status}${why ? `: ${why}` : ''}.`;
  // 420 is Statuspage's word for a rate that is too high.
  if (status === 429 || status === 420 || status === 503) {
    return new ChannelError('later', said, retryAfterSeconds(headers['retry-after'], now));
  }
  return new ChannelError(status >= 500 ? 'unknown' : 'refused', said);
}

/** Seconds or an HTTP date (RFC 9110, section 10.2.3). */
export function retryAfterSeconds(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}

/** The first line of what was said, without anything secret. */
function reasonIn(body: string, secrets: readonly string[]): string {
  const json = parseJson(body);
  const field = isJsonObject(json) ? (json.error ?? json.message) : undefined;
  const text = typeof field === 'string' ? field : body.includes('<') ? '' : body;
  return hide(text, secrets).replace(/\s+/g, ' ').trim().slice(0, longestReason);
}

/** A text with every secret in it blotted out. */
export function hide(text: string, secrets: readonly string[]): string {
  return secrets
    .filter(secret => secret.length > 3)
    .reduce((kept, secret) => kept.replaceAll(secret, '***'), text);
}

/** A field of a JSON object as text; undefined where there is none. */
export function textField(json: Json | undefined, name: string): string | undefined {
  const value = objectOrEmpty(json)[name];
  return typeof value === 'string' ? value : undefined;
}

/** The value behind a reference. That it can't be read is no reason to name it. */
export async function secretOf(runtime: Runtime, reference: string): Promise<string> {
  if (reference.startsWith('https://')) return reference;
  try {
    return (await runtime.secret(reference, runtime.plan.regions.recovery)).trim();
  } catch (error) {
    const name = error instanceof Error ? error.name : 'an error';
    throw new ChannelError('later', `The secret of the channel could not be read (${reference}: ${name}).`);
  }
}
