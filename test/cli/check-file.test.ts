import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { lifeboat } from './collect.ts';

const dumps = 'test/fixtures/dumps';
const folder = mkdtempSync(join(tmpdir(), 'lifeboat-check-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('lifeboat backups check-file', () => {
  it('says what a sound file is, and what that does not prove', async () => {
    const { code, out } = await lifeboat(['backups', 'check-file', `${dumps}/pg15.dump`]);
    expect(code).toBe(0);
    expect(out).toMatch(/pg15\.dump {2}sound {2}pg-custom, 2 tables with data, 3728 bytes, sha256 086eb/);
    expect(out).toMatch(/Only a restore proves/);
  });

  it('says which files have no checksum of their data', async () => {
    const said = async (name: string) => (await lifeboat(['backups', 'check-file', `${dumps}/${name}`])).out;
    expect(await said('pg15.sql')).toMatch(/Its data has no checksum/);
    expect(await said('pg17-format.tar')).toMatch(/Its data has no checksum/);
    const zstd = join(folder, 'without.sql.zst');
    const params = { [constants.ZSTD_c_checksumFlag]: 0 };
    writeFileSync(zstd, zstdCompressSync(readFileSync(`${dumps}/pg15.sql`), { params }));
    expect((await lifeboat(['backups', 'check-file', zstd])).out).toMatch(/Its data has no checksum/);
    writeFileSync(
      zstd,
      zstdCompressSync(readFileSync(`${dumps}/pg15.sql`), { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
    );
    expect((await lifeboat(['backups', 'check-file', zstd])).out).not.toMatch(/checksum/);
    expect(await said('pg17-directory.tar')).not.toMatch(/checksum/);
    expect(await said('pg15.dump')).not.toMatch(/checksum/);
  });

  it('answers 1 with the name of what is wrong and how to mend it', async () => {
    const cut = join(folder, 'cut.sql');
    copyFileSync(`${dumps}/pg15.sql`, cut);
    writeFileSync(cut, 'x'.repeat(3), { flag: 'a' });
    const { code, out } = await lifeboat(['backups', 'check-file', cut, join(folder, 'none.gz')]);
    expect(code).toBe(1);
    expect(out).toMatch(/cut\.sql {2}truncated {2}.*\n {4}mend: /);
    expect(out).toMatch(/none\.gz {2}missing/);
  });

  it('holds a file to the manifest beside it', async () => {
    const file = join(folder, 'kept.dump');
    copyFileSync(`${dumps}/pg15.dump`, file);
    const manifest = {
      version: 1,
      system: 's',
      backup: 'b',
      file: 'kept.dump',
      sourceTime: '2026-03-10T16:30:00Z',
      createdAt: '2026-03-10T16:30:00Z',
      bytes: 3728,
      sha256: '0'.repeat(64),
    };
    writeFileSync(`${file}.manifest.json`, JSON.stringify(manifest));
    const { code, out } = await lifeboat(['backups', 'check-file', file, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ ok: false, files: [{ problem: 'differs-from-manifest' }] });
  });

  it.each([
    [['backups', 'check-file'], /Which file/],
    [['backups', 'check-file', dumps], /is a folder/],
    [['backups', 'check-file', `${dumps}/pg15.sql`, '--format', 'word'], /no format "word"/],
    [['backups', 'check-file', `${dumps}/pg15.sql`, '--manifest', 'nowhere'], /no file nowhere/],
    [
      ['backups', 'check-file', `${dumps}/pg15.sql`, '--manifest', `${dumps}/pg15.sql`],
      /no manifest that Lifeboat can read/,
    ],
  ])('answers 2 to %j', async (argv, said) => {
    const { code, err } = await lifeboat(argv);
    expect(code).toBe(2);
    expect(err).toMatch(said);
  });
});
