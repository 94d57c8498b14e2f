import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { checkFile } from '../../shared/backups/files/check-file.ts';
import type { FileProblemKind } from '../../shared/backups/files/problem.ts';
import type { PostgresServer } from './servers/postgres.ts';
import { startPostgres17 } from './servers/postgres-17.ts';
import { runToEnd } from './servers/process.ts';

const { postgres } = inject('servers');

/**
 * Dumps of the real pg_dump of Debian's PostgreSQL and of 17, each of a server of its own version and damaged in many
 * ways: none of them may be called sound, and each has its name.
 */
const folder = mkdtempSync(join(tmpdir(), 'lifeboat-dumps-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const seed = `
CREATE TABLE tenants (id serial PRIMARY KEY, name text NOT NULL, note text, photo bytea, created_at timestamptz NOT NULL);
CREATE TABLE purchases (id serial PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, amount numeric(12,2) NOT NULL, purchased_at timestamptz NOT NULL);
INSERT INTO tenants (name, note, photo, created_at) SELECT 'Tenant "' || n || '" äöü 東京 '';', E'line\\none\\ttab \\\\ ' || n, sha256(n::text::bytea), now() FROM generate_series(1, 500) n;
INSERT INTO purchases (tenant_id, amount, purchased_at) SELECT 1 + n % 500, n * 1.25, now() - n * interval '1 second' FROM generate_series(1, 20000) n;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $f$ SELECT 1; $f$;
SELECT lo_from_bytea(0, decode(repeat('00ff10', 3000), 'hex'));
CREATE TABLE nothing (id int);`;

type Dump = { name: string; bytes: Buffer; checksummed: boolean };

function dumpsOf(pgDump: string, label: string, port: number, database: string): Dump[] {
  const at = ['-h', '127.0.0.1', '-p', String(port), '-U', 'lifeboat'];
  const made: Dump[] = [];
  const add = (name: string, args: string[], checksummed: boolean) => {
    const file = join(folder, `${label}-${name}`);
    runToEnd(pgDump, [...at, ...args, '-f', file, database]);
    made.push({ name: `${label}-${name}`, bytes: readFileSync(file), checksummed });
  };
  add('plain.sql', [], false);
  add('gzip.sql.gz', ['-Z', '6'], true);
  add('custom.dump', ['-Fc'], true);
  add('format.tar', ['-Ft'], false);
  if (label === 'newer') {
    // pg_dump asks zstd for no checksum.
    add('zstd.dump', ['-Fc', '-Z', 'zstd'], false);
    add('zstd.sql.zst', ['-Z', 'zstd:level=3'], false);
  }
  const directory = join(folder, `${label}-directory`);
  runToEnd(pgDump, [...at, '-Fd', '-f', directory, database]);
  runToEnd('tar', ['cf', `${directory}.tar`, '-C', folder, `${label}-directory`]);
  made.push({ name: `${label}-directory.tar`, bytes: readFileSync(`${directory}.tar`), checksummed: false });
  return made;
}

async function look(bytes: Buffer, name: string): Promise<FileProblemKind | 'sound'> {
  const size = 4096;
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  );
  const verdict = await checkFile(Readable.from(pieces), { name });
  return verdict.ok ? 'sound' : verdict.problem;
}

/** Offsets that are the same in every run, spread over the file. */
function offsets(name: string, length: number, count: number): number[] {
  return Array.from({ length: count }, (_, n) => {
    const digest = createHash('sha256').update(`${name}/${n}`).digest();
    return 1 + (digest.readUInt32BE() % (length - 2));
  });
}

describe.skipIf(!postgres.up)('dumps of a real pg_dump', () => {
  const dumps: Dump[] = [];
  let newer: PostgresServer | undefined;
  beforeAll(async () => {
    if (!postgres.up) return;
    newer = await startPostgres17();
    for (const [label, { bin, port }] of Object.entries({ own: postgres, newer })) {
      const at = ['-h', '127.0.0.1', '-p', String(port), '-U', 'lifeboat'];
      runToEnd(`${bin}/createdb`, [...at, 'dumped']);
      runToEnd(`${bin}/psql`, [...at, '-q', '-v', 'ON_ERROR_STOP=1', '-c', seed, 'dumped']);
      dumps.push(...dumpsOf(`${bin}/pg_dump`, label, port, 'dumped'));
    }
  });
  afterAll(() => newer?.stop());
  const each = async (play: (dump: Dump) => Promise<void>) => {
    expect(dumps.map(({ name }) => name.split('-', 1)[0])).toEqual([
      ...Array(5).fill('own'),
      ...Array(7).fill('newer'),
    ]);
    for (const dump of dumps) await play(dump);
  };

  test('are sound, in each format', () =>
    each(async ({ name, bytes }) => expect(await look(bytes, name), name).toBe('sound')));

  test('that are cut off anywhere are not', () =>
    each(async ({ name, bytes }) => {
      // tar fills its last record up with zeros; what is cut off of those is no loss.
      const end = name.endsWith('directory.tar') ? bytes.lastIndexOf(1) : bytes.length;
      for (const at of offsets(name, end, 25))
        expect(await look(bytes.subarray(0, at), name), `${name} cut at ${at}`).toMatch(
          /^(truncated|half-written)$/,
        );
    }));

  test('with zeros in the middle are not', () =>
    each(async ({ name, bytes }) => {
      const middle = bytes.length >> 1;
      const zeroed = Buffer.from(bytes).fill(0, middle, middle + 4096);
      expect(await look(zeroed, name), name).toMatch(/^(corrupt|truncated|half-written)$/);
    }));

  test('with a changed bit are not, where the format has a checksum', () =>
    each(async ({ name, bytes, checksummed }) => {
      if (!checksummed) return;
      for (const at of offsets(`${name}/bit`, bytes.length, 25)) {
        // Words of the table of contents have none; all of the data has.
        if (name.includes('custom') && at < 8192) continue;
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 0x10;
        expect(await look(changed, name), `${name} at ${at}`).toMatch(/^(corrupt|truncated)$/);
      }
    }));

  test('that are two, or have something behind them, are not', () =>
    each(async ({ name, bytes }) => {
      expect(await look(Buffer.concat([bytes, bytes]), name), name).toBe('corrupt');
      const message = Buffer.from('pg_dump: error: connection lost\n');
      expect(await look(Buffer.concat([bytes, message]), name), name).toMatch(/^(corrupt|half-written)$/);
    }));

  test('are told apart from what they are not', () =>
    each(async ({ name, bytes }) => {
      expect(await look(Buffer.alloc(0), name)).toBe('empty');
      expect(await look(bytes.subarray(0, 200), name), name).toBe('truncated');
      expect(await look(gzipSync(gzipSync(bytes)), name)).toBe('wrong-format');
      expect(await look(Buffer.from(`\ufeff${bytes.toString()}`, 'utf16le'), name)).toBe('wrong-format');
      expect(await look(Buffer.from('<!DOCTYPE html><h1>502</h1>'), name)).toBe('wrong-format');
    }));

  test('as the command line says it', () => {
    const file = join(folder, 'own-gzip.sql.gz');
    const run = (path: string) =>
      spawnSync(process.execPath, ['cli/lifeboat.mjs', 'backups', 'check-file', path], { encoding: 'utf8' });
    expect(run(file)).toMatchObject({ status: 0, stdout: expect.stringMatching(/sound {2}plain-sql, gzip/) });
    expect(run(join(folder, 'newer-zstd.sql.zst'))).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/sound {2}plain-sql, zstd.*\n {4}Its data has no checksum/),
    });
    expect(run(join(folder, 'none.sql'))).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/missing/),
    });
    mkdirSync(join(folder, 'd'), { recursive: true });
    expect(run(join(folder, 'd')).status).toBe(2);
  });
});
