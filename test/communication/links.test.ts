import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LinkClaims, makeLink, readToken, verifyLink } from '../../shared/communication/links.ts';

const key = 'a secret of enough characters';
const incident = 'shop-20260310t164700z';
const page = 'https://decide.example/';
const claims: LinkClaims = {
  question: 'q0123456789ab',
  person: 'ada',
  expiresAt: new Date('2026-03-10T17:17:00Z'),
};
const now = new Date('2026-03-10T17:00:00Z');

function tokenOf(link: string): string {
  return new URL(link).searchParams.get('t') ?? '';
}
const token = tokenOf(makeLink(page, claims, incident, key));

describe('a link', () => {
  it('is accepted for its question, person and incident until it expires', () => {
    expect(verifyLink(token, incident, key, now)).toEqual({ ok: true, claims });
    expect(verifyLink(token, incident, key, claims.expiresAt)).toEqual({ ok: true, claims });
  });

  it('has expired a moment later', () => {
    const late = new Date(claims.expiresAt.getTime() + 1);
    expect(verifyLink(token, incident, key, late)).toEqual({ ok: false, why: 'expired' });
  });

  it('is worth nothing for another person, question, time, incident or key', () => {
    const swapped = [
      token.replace('.ada.', '.ben.'),
      token.replace('q0123456789ab', 'q0123456789ac'),
      token.replace(/\.[0-9a-z]+\.(?=[^.]+$)/, '.zzzzzz.'),
    ];
    for (const other of swapped) {
      expect(other).not.toBe(token);
      expect(verifyLink(other, incident, key, now)).toEqual({ ok: false, why: 'forged' });
    }
    expect(verifyLink(token, 'shop-20260310t164701z', key, now)).toEqual({ ok: false, why: 'forged' });
    expect(verifyLink(token, incident, `${key}!`, now)).toEqual({ ok: false, why: 'forged' });
  });

  it('is forged, not expired, when it is both: nothing is said about what was not signed', () => {
    const other = token.replace('.ada.', '.ben.');
    expect(verifyLink(other, incident, key, new Date('2027-01-01T00:00:00Z'))).toEqual({
      ok: false,
      why: 'forged',
    });
  });

  it('is malformed when a part is missing, added or out of form', () => {
    for (const bad of [
      '',
      'x',
      token.slice(0, -1),
      `${token}A`,
      `${token}.`,
      token.toUpperCase(),
      `${token}\n`,
    ]) {
      expect(verifyLink(bad, incident, key, now)).toEqual({ ok: false, why: 'malformed' });
    }
  });

  it('takes any text without throwing', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(verifyLink(text, incident, key, now).ok).toBe(false);
        expect(readToken(text)).toBeUndefined();
      }),
    );
  });

  it('can’t be made with a key that is too short', () => {
    expect(() => makeLink(page, claims, incident, 'short')).toThrow('fewer than 16 characters');
  });

  it('leaves room for words in one SMS', () => {
    const address = 'https://abcdefghij.execute-api.ap-southeast-4.amazonaws.com/';
    const link = makeLink(address, { ...claims, person: 'engineering-manager' }, incident, key);
    expect(link.length).toBeLessThanOrEqual(130);
  });
});
