import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkFile, type FileExpectation } from '../../../shared/backups/files/check-file.ts';

const dump = (name: string) => readFileSync(new URL(`../../fixtures/dumps/${name}`, import.meta.url));
const sql = dump('pg15.sql');

/** Pieces of 1,000 bytes, so that every structure is cut somewhere. */
function check(bytes: Buffer, expected: Partial<FileExpectation> = {}) {
  const pieces = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, n) =>
    bytes.subarray(n * 1000, n * 1000 + 1000),
  );
  return checkFile(Readable.from(pieces), { name: 'backup', ...expected });
}
const problem = async (bytes: Buffer, name = 'backup') => {
  const verdict = await check(bytes, { name });
  return verdict.ok ? 'sound' : verdict.problem;
};
const changed = (bytes: Buffer, at: number) => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
};

describe('a sound dump', () => {
  it.each(['pg15.sql', 'pg16.sql', 'pg17.sql', 'pg18.sql'])('%s is read to its end mark', async name => {
    expect(await check(dump(name), { name })).toMatchObject({
      ok: true,
      facts: { format: 'plain-sql', tables: 2 },
    });
  });
  it.each([
    'pg15.dump',
    'pg15-piped.dump',
    'pg15-format.tar',
    'pg15-directory.tar',
    'pg16.dump',
    'pg16-directory.tar',
    'pg17.dump',
    'pg17-directory.tar',
    'pg17-format.tar',
    'pg18.dump',
    'pg18-directory.tar',
  ])('%s has all its data, counted by table', async name => {
    const verdict = await check(dump(name), { name });
    expect(verdict).toMatchObject({
      ok: true,
      facts: { tables: 2, database: 'small', rows: { 'public.tenants': 6, 'public.purchases': 40 } },
    });
  });
  it.each([
    ['gzip', gzipSync(sql), 'x.sql.gz'],
    ['zstd', zstdCompressSync(sql), 'x.sql.zst'],
  ])('is found inside %s', async (compression, bytes, name) => {
    expect(await check(bytes, { name })).toMatchObject({
      ok: true,
      facts: { compression, format: 'plain-sql' },
    });
  });
  it('may be gzip in several members, or padded with zeros as on a tape', async () => {
    const half = sql.length >> 1;
    const members = Buffer.concat([gzipSync(sql.subarray(0, half)), gzipSync(sql.subarray(half))]);
    expect(await problem(members)).toBe('sound');
    expect(await problem(Buffer.concat([gzipSync(sql), Buffer.alloc(512)]))).toBe('sound');
  });
  it('may be zstd in several frames, some of them skipped, or padded with zeros', async () => {
    const half = sql.length >> 1;
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
    const frames = [zstdCompressSync(sql.subarray(0, half)), skipped, zstdCompressSync(sql.subarray(half))];
    expect(await problem(Buffer.concat(frames))).toBe('sound');
    expect(await problem(Buffer.concat([...frames, Buffer.alloc(512)]))).toBe('sound');
    expect(await problem(Buffer.concat(frames).subarray(0, -1))).toBe('truncated');
  });
  it('may have comments, commands of psql and statements in front', async () => {
    for (const front of ['\ufeff', '-- of production\n\n', '\\set ON_ERROR_STOP on\n', 'SET ROLE app;\n'])
      expect(await problem(Buffer.concat([Buffer.from(front), sql])), front).toBe('sound');
  });
  it('keeps its checksum', async () => {
    const { facts } = await check(dump('pg15.dump'));
    expect(facts).toMatchObject({
      bytes: 3728,
      sha256: '086ebabbdc0909655e08cc4e8ecdee2af21316bfbb89ba7644b54119ef6f994b',
    });
  });
});

describe('a damaged one is told apart by name', () => {
  const gz = gzipSync(sql);
  const custom = dump('pg15.dump');
  const tar = dump('pg15-directory.tar');
  it.each([
    ['no bytes', Buffer.alloc(0), 'empty'],
    ['gzip of nothing, as a failed dump before a pipe leaves it', gzipSync(''), 'empty'],
    [
      'a dump of an empty database',
      Buffer.from(sql.toString().replace(/(FROM stdin;\n)[^\\]*/g, '$1')),
      'empty',
    ],
    ['gzip without its last byte', gz.subarray(0, -1), 'truncated'],
    ['gzip cut in half', gz.subarray(0, gz.length >> 1), 'truncated'],
    ['plain SQL cut in a line', sql.subarray(0, 2222), 'truncated'],
    ['a custom archive cut in its data', custom.subarray(0, 3500), 'truncated'],
    ['a custom archive cut between two tables', custom.subarray(0, 3274), 'truncated'],
    ['a custom archive cut in its table of contents', custom.subarray(0, 900), 'truncated'],
    ['a tar cut in a member', tar.subarray(0, 1700), 'truncated'],
    ['a tar without its end mark', tar.subarray(0, 6656), 'truncated'],
    [
      'plain SQL that stops after a line',
      sql.subarray(0, sql.indexOf('COPY public.tenants')),
      'half-written',
    ],
    ['whole gzip around SQL that stops', gzipSync(sql.subarray(0, 2222)), 'half-written'],
    ['whole gzip around half an archive', gzipSync(custom.subarray(0, 3500)), 'half-written'],
    [
      'the pages that a killed pg_dump had written',
      Buffer.concat([sql, sql]).subarray(0, 4096),
      'half-written',
    ],
    ['gzip with a changed byte', changed(gz, 300), 'corrupt'],
    ['gzip with a changed checksum', changed(gz, gz.length - 6), 'corrupt'],
    ['gzip with something behind it', Buffer.concat([gz, Buffer.from('and more')]), 'corrupt'],
    [
      'zstd with something behind it',
      Buffer.concat([zstdCompressSync(sql), Buffer.from('pg_dump: error: connection lost')]),
      'corrupt',
    ],
    [
      'a dump with what pg_dump said in front of it (`pg_dump > FILE 2>&1`)',
      Buffer.concat([Buffer.from('pg_dump: warning: there are circular foreign keys\n'), sql]),
      'corrupt',
    ],
    ['a dump behind a prompt for a password', Buffer.concat([Buffer.from('Password: '), sql]), 'corrupt'],
    ['a dump without its first byte', sql.subarray(1), 'corrupt'],
    // As `lz4` makes it: magic, descriptor, and a first block that begins with the text as it is.
    [
      'a dump in lz4',
      Buffer.concat([
        Buffer.from('04224d186440a7f8080000f13b', 'hex'),
        sql.subarray(0, 80),
        Buffer.alloc(64),
      ]),
      'wrong-format',
    ],
    ["a changed byte in a table's data", changed(custom, 3350), 'corrupt'],
    [
      'a custom archive with something behind it',
      Buffer.concat([custom, Buffer.from('and more')]),
      'corrupt',
    ],
    ['a changed tar header', changed(tar, 520), 'corrupt'],
    ['an HTML page', Buffer.from('<!DOCTYPE html><html>502 Bad Gateway</html>'), 'wrong-format'],
    [
      'the message of a program that failed',
      Buffer.from('pg_dump: error: connection refused\n'),
      'wrong-format',
    ],
    ['zeros', Buffer.alloc(5000), 'wrong-format'],
  ])('%s', async (_, bytes, expected) => {
    expect(await problem(bytes)).toBe(expected);
  });

  it.each([
    ['plain SQL under a name that promises gzip', sql, 'x.sql.gz'],
    ['gzip under a name that promises JSON inside', gz, 'x.json.gz'],
    ['a custom archive under a name that promises SQL', custom, 'x.sql'],
  ])('%s is of the wrong format', async (_, bytes, name) => {
    expect(await problem(bytes, name)).toBe('wrong-format');
  });

  it('whatever is cut off a dump of any format, at every length', async () => {
    for (const [name, last] of [
      ['pg15.dump', 3728],
      ['pg18-directory.tar', 6656],
      ['pg16.sql', 4050],
    ] as const) {
      const whole = dump(name);
      for (let length = 1; length < last; length += 61) {
        expect(await problem(whole.subarray(0, length)), `${name} cut at ${length}`).not.toBe('sound');
      }
    }
  });

  it('whatever byte of compressed data is changed', async () => {
    for (let at = 10; at < gz.length; at += 13)
      expect(await problem(changed(gz, at)), `byte ${at}`).not.toBe('sound');
  });

  it('JSON: cut, broken and empty', async () => {
    const state = Buffer.from(JSON.stringify({ version: 4, resources: [{ type: 'aws_vpc' }] }));
    expect(await check(state, { name: 'x.tfstate' })).toMatchObject({ ok: true, facts: { items: 1 } });
    expect(await problem(state.subarray(0, -3), 'x.tfstate')).toBe('truncated');
    expect(await problem(gzipSync(state.subarray(0, -3)), 'x.json.gz')).toBe('half-written');
    expect(await problem(Buffer.from('{"a" 1}'), 'x.json')).toBe('corrupt');
    expect(await problem(Buffer.from('{"kind":"List","items":[]}'), 'x.json')).toBe('empty');
  });
});

describe('a manifest', () => {
  const custom = dump('pg15.dump');
  const manifest = {
    version: 1 as const,
    system: 'shop',
    backup: 'dumps',
    file: 'pg15.dump',
    sourceTime: '2026-03-10T16:30:00Z',
    createdAt: '2026-03-10T16:31:00Z',
    bytes: custom.length,
    sha256: '086ebabbdc0909655e08cc4e8ecdee2af21316bfbb89ba7644b54119ef6f994b',
    rows: { tenants: 6, purchases: 40 },
    by: 'test',
  };
  it('confirms the file that it was written for', async () => {
    expect(await check(custom, { manifest })).toMatchObject({ ok: true });
  });
  it.each([
    ['another checksum', { sha256: 'a'.repeat(64) }, /SHA-256/],
    ['another size', { bytes: 12 }, /3728 bytes, and 12/],
    ['another number of rows', { rows: { tenants: 7 } }, /public.tenants has 6 rows in the file, and 7/],
  ])('refuses a file with %s', async (_, other, what) => {
    const verdict = await check(custom, { manifest: { ...manifest, ...other } });
    expect(verdict).toMatchObject({
      ok: false,
      problem: 'differs-from-manifest',
      what: expect.stringMatching(what),
    });
  });
});
