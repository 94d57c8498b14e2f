import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkFile } from '../../../shared/backups/files/check-file.ts';
import { crc64 } from '../../../shared/backups/files/crc64.ts';

const dump = (name: string) => readFileSync(new URL(`../../fixtures/dumps/${name}`, import.meta.url));
/** Pieces of 7 bytes: every structure is cut at every place. */
const check = (bytes: Buffer, name: string) =>
  checkFile(
    Readable.from(
      Array.from({ length: Math.ceil(bytes.length / 7) }, (_, n) => bytes.subarray(n * 7, n * 7 + 7)),
    ),
    {
      name,
    },
  );
const problem = async (bytes: Buffer, name: string) => {
  const verdict = await check(bytes, name);
  return verdict.ok ? 'sound' : `${verdict.problem}: ${verdict.what}`;
};
const without = (bytes: Buffer, from: number, length: number) =>
  Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
const zeroed = (bytes: Buffer, from: number, length: number) =>
  Buffer.from(bytes).fill(0, from, from + length);

describe.each(['pg15.sql', 'pg17.sql', 'pg18.sql'])('plain SQL, %s,', name => {
  const sql = dump(name);
  const rows = sql.indexOf('COPY public.purchases');

  it('is sound in pieces of any size', async () => {
    expect(await check(sql, name)).toMatchObject({ ok: true, facts: { tables: 2 } });
  });
  it('has no hole of zeros', async () => {
    expect(await problem(zeroed(sql, rows + 300, 64), name)).toMatch(/^corrupt: The text has zero bytes/);
  });
  it('has all values of every row', async () => {
    const tab = sql.indexOf('\t', rows);
    expect(await problem(without(sql, tab - 1, 2), name)).toMatch(
      /^corrupt: Row 1 of public.purchases has 3 values, and the table has 4 columns/,
    );
  });
  it('is UTF-8 where it says so', async () => {
    const bad = Buffer.from(sql);
    bad[rows + 300] = 0xff;
    expect(await problem(bad, name)).toMatch(/^corrupt: The text is not UTF-8/);
  });
  it('is not followed by another one', async () => {
    expect(await problem(Buffer.concat([sql, sql]), name)).toMatch(
      /^corrupt: Something else follows the end/,
    );
    expect(await problem(gzipSync(Buffer.concat([sql, sql])), `${name}.gz`)).toMatch(/^corrupt/);
  });
  it('ends with everything that pg_dump writes last', async () => {
    expect(await problem(sql.subarray(0, -12), name)).toMatch(/^(truncated|half-written)/);
  });
});

it('a line of a function that looks like COPY announces no rows', async () => {
  const sql = dump('pg15.sql').toString();
  const copy =
    'CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$\nCOPY public.x (a, b) FROM stdin;\nno row\n$$;\n';
  const text = Buffer.from(
    sql.replace('CREATE TABLE public.purchases', `${copy}\nCREATE TABLE public.purchases`),
  );
  expect(await problem(text, 'x.sql')).toBe('sound');
});

describe.each(['pg15-format.tar', 'pg17-format.tar'])('a tar, %s,', name => {
  const tar = dump(name);
  it('has the rows of its tables', async () => {
    const row = tar.indexOf('\t10.00\t');
    expect(await problem(zeroed(tar, row, 5), name)).toMatch(/^corrupt: Row 1 of .* has a byte that is zero/);
  });
  it('ends with its end mark, and nothing follows', async () => {
    expect(await problem(tar.subarray(0, -3), name)).toMatch(/^truncated: .*inside its end mark/);
    expect(await problem(Buffer.concat([tar, tar]), name)).toMatch(/^corrupt: Behind the end mark/);
  });
  it('that is cut in its first header is no other format', async () => {
    expect(await problem(tar.subarray(0, 200), name)).toMatch(/^truncated: .*first header/);
  });
});

it.each([
  ['x.sql', gzipSync(gzipSync(dump('pg15.sql'))), /gzip once more/],
  ['x.sql', Buffer.from(`\ufeff${dump('pg15.sql')}`, 'utf16le'), /UTF-16, as PowerShell writes/],
  ['x.sql.gz', Buffer.from('<!doctype html><h1>404</h1>'), /should be gzip, and is an HTML page/],
])('says what %s really is', async (name, bytes, what) => {
  expect(await problem(bytes, name)).toMatch(/^wrong-format/);
  expect(await problem(bytes, name)).toMatch(what);
});

describe('a dump of Redis', () => {
  const rdb = dump('redis7.rdb');
  it('is read through every kind of value to its checksum', async () => {
    expect(await check(rdb, 'dump.rdb')).toMatchObject({
      ok: true,
      facts: { format: 'redis-rdb', rdbVersion: 10, keys: 8, redisVersion: expect.stringMatching(/^7\.0/) },
    });
  });
  it('has the CRC-64 that Redis computes', () => {
    // The value of the test in Redis's src/crc64.c.
    expect(crc64(Buffer.from('123456789'), 0n).toString(16)).toBe('e9c6d914c4b8d9ca');
  });
  it('is truncated wherever it is cut', async () => {
    for (let length = 9; length < rdb.length; length++)
      expect(await problem(rdb.subarray(0, length), 'dump.rdb'), `${length}`).toMatch(/^truncated/);
  });
  it('is never sound with a changed byte', async () => {
    for (let at = 9; at < rdb.length; at++) {
      const changed = Buffer.from(rdb);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(await problem(changed, 'dump.rdb'), `${at}`).toMatch(/^(corrupt|truncated|wrong-format)/);
    }
  });
  it('of an empty server is empty, and one of an unknown version is told apart', async () => {
    const body = Buffer.from('REDIS0011\xff', 'latin1');
    const sum = Buffer.alloc(8);
    sum.writeBigUInt64LE(crc64(body, 0n));
    expect(await problem(Buffer.concat([body, sum]), 'dump.rdb')).toMatch(/^empty/);
    expect(await problem(Buffer.from('REDIS0099\xff', 'latin1'), 'dump.rdb')).toMatch(/^wrong-format/);
  });
});
