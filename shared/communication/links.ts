import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Links by which people answer. A link names a question (or an acknowledgement), one person and when it ends, and is
 * signed over these and the incident. It is worth nothing for another person, question or incident. That it is used
 * once is the question's record's business.
 */
export type LinkClaims = { question: string; person: string; expiresAt: Date };
export type LinkCheck =
  | { ok: true; claims: LinkClaims }
  | { ok: false; why: 'malformed' | 'forged' | 'expired' };

const tokenPattern = /^([a-z][0-9a-f]{6,32})\.([a-z][a-z0-9-]{0,63})\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{22})$/;

/** 128 bits of HMAC-SHA-256: half of it (RFC 2104, section 5), so that a link fits into an SMS. */
const macBytes = 16;

/** The link, `<page>?t=<token>`. `key` is the secret; expiry is in whole seconds, rounded up. */
export function makeLink(page: string, claims: LinkClaims, incidentId: string, key: string): string {
  const expires = Math.ceil(claims.expiresAt.getTime() / 1000).toString(36);
  const mac = sign(claims.question, claims.person, expires, incidentId, key).toString('base64url');
  const separator = page.includes('?') ? '&' : '?';
  return `${page}${separator}t=${claims.question}.${claims.person}.${expires}.${mac}`;
}

/** What a token says, before anything is verified: it leads to the incident that the signature covers. */
export function readToken(token: string): LinkClaims | undefined {
  return parse(token)?.claims;
}

/** Checks form, signature (in constant time) and expiry, in this order. */
export function verifyLink(token: string, incidentId: string, key: string, now: Date): LinkCheck {
  const parsed = parse(token);
  if (!parsed) return { ok: false, why: 'malformed' };
  const { claims, expires, mac } = parsed;
  const wanted = sign(claims.question, claims.person, expires, incidentId, key);
  if (mac.length !== wanted.length || !timingSafeEqual(mac, wanted)) return { ok: false, why: 'forged' };
  if (now.getTime() > claims.expiresAt.getTime()) return { ok: false, why: 'expired' };
  return { ok: true, claims };
}

function parse(token: string): { claims: LinkClaims; expires: string; mac: Buffer } | undefined {
  const match = tokenPattern.exec(token);
  if (!match) return undefined;
  const [, question = '', person = '', expires = '', mac = ''] = match;
  const seconds = Number.parseInt(expires, 36);
  const expiresAt = new Date(seconds * 1000);
  if (Number.isNaN(expiresAt.getTime()) || seconds.toString(36) !== expires) return undefined;
  return { claims: { question, person, expiresAt }, expires, mac: Buffer.from(mac, 'base64url') };
}

/** Parts are joined by a line feed, which none of them can contain. */
function sign(question: string, person: string, expires: string, incidentId: string, key: string): Buffer {
  if (key.length < 16) throw new RangeError('The key that signs links has fewer than 16 characters');
  const text = ['lifeboat-link-1', incidentId, question, person, expires].join('\n');
  return createHmac('sha256', key).update(text).digest().subarray(0, macBytes);
}
