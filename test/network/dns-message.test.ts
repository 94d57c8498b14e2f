import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeReply, encodeQuery } from '../../shared/network/dns-message.ts';

describe('encodeQuery', () => {
  it('writes the question as RFC 1035 has it', () => {
    expect(encodeQuery(0x1234, 'a.bc.', 'CNAME', true).toString('hex')).toBe(
      '12340100000100000000000001610262630000050001',
    );
  });
});

describe('decodeReply', () => {
  it('reads its own question back, without answers', () => {
    expect(decodeReply(encodeQuery(7, 'app.lifeboat.test', 'A', false))).toEqual({
      id: 7,
      authoritative: false,
      truncated: false,
      responseCode: 0,
      answers: [],
    });
  });

  it('refuses a name that points to itself', () => {
    const query = encodeQuery(7, 'a', 'A', false);
    query.writeUInt16BE(0xc00c, 12);
    expect(() => decodeReply(query)).toThrow(RangeError);
  });

  it('reads or refuses any bytes, and ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 200 }), bytes => {
        try {
          decodeReply(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
