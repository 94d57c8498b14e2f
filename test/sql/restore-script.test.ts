import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreBuildspec, restoreScript } from '../../shared/sql/restore/script.ts';

const run = promisify(execFile);
const end = '--\n-- PostgreSQL database dump complete\n--\n';
const plain = `CREATE TABLE users (id int);\n${end}`;

/** The script in a real shell, with programs in the place of aws and of PostgreSQL's clients that note their calls. */
describe('the script that restores a dump', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lifeboat-restore-'));
    const note = `echo "$(basename "$0") $*" >> "${folder}/calls"`;
    const tools: Record<string, string> = {
      aws: `${note}; cp "${folder}/object" "\${@: -1}"`,
      createdb: note,
      dropdb: note,
      pg_restore: note,
      mysql: `case "$*" in --version) echo "\${CLIENT:-mysql  Ver 8.4.3 for Linux}"; exit;; esac; ${note}; cp "\${1#*=}" "${folder}/client.cnf"; case "$*" in *SCHEMATA*) echo "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";; *"count(*)"*) echo 7;; esac`,
      psql: `${note}; case "$*" in *pg_extension*) echo "\${TIMESCALE:-0}";; *"count(*)"*) echo 7;; esac`,
    };
    for (const [name, body] of Object.entries(tools)) {
      await writeFile(path.join(folder, name), `#!/bin/bash\n${body}\n`);
      await chmod(path.join(folder, name), 0o755);
    }
    for (const spoken of ['PostgreSQL', 'MySQL'] as const) {
      const script = `${restoreScript(spoken)}
echo "rows $RESTORED_ROWS"
`;
      await writeFile(path.join(folder, `${spoken}.sh`), script);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function restore(
    object: string | Buffer,
    more: Record<string, string> = {},
    spoken: 'PostgreSQL' | 'MySQL' = 'PostgreSQL',
  ) {
    await writeFile(path.join(folder, 'object'), object);
    await writeFile(path.join(folder, 'calls'), '');
    const env = {
      PATH: `${folder}:${process.env.PATH}`,
      CREDENTIALS: 'postgresql://app:p%40ss@db.example:5433/shop',
      DATABASE_HOST: '',
      DATABASE_PORT: '',
      LIVE_DATABASE: 'shop',
      NEW_DATABASE: 'shop_new',
      DUMP_REGION: 'ap-southeast-4',
      DUMP_BUCKET: 'b',
      DUMP_KEY: 'k',
      DUMP_VERSION: '',
      DUMP_SHA256: '',
      COUNT_TABLES: 'users public.trades',
      ...more,
    };
    const result = await run('bash', [path.join(folder, `${spoken}.sh`)], { env }).catch(error => error);
    const calls = (await readFile(path.join(folder, 'calls'), 'utf8')).trim().split('\n');
    return { out: String(result.stdout), error: String(result.stderr), calls };
  }

  it('loads plain SQL and stops at the first error', async () => {
    const { out, calls } = await restore(plain);
    expect(out).toContain('rows {"users":7,"public.trades":7}');
    expect(calls).toContainEqual(expect.stringMatching(/^psql .*ON_ERROR_STOP=1 -d shop_new -f /));
    expect(calls.indexOf('createdb --template template0 shop_new')).toBeGreaterThan(0);
    expect(calls.join('\n')).not.toContain('p@ss');
  });

  it('tells gzip and custom dumps by their first bytes', async () => {
    expect((await restore(gzipSync(plain))).out).toContain('restored gzip dump');
    const custom = await restore(Buffer.from('PGDMP and more'));
    expect(custom.out).toContain('restored custom dump');
    expect(custom.calls).toContainEqual(expect.stringMatching(/^pg_restore --exit-on-error .* -d shop_new /));
  });

  it('calls the hooks of TimescaleDB around the load', async () => {
    const { calls } = await restore(plain, { TIMESCALE: '1' });
    const at = (text: string) => calls.findIndex(call => call.includes(text));
    expect(at('timescaledb_pre_restore')).toBeLessThan(at(' -f '));
    expect(at('timescaledb_post_restore')).toBeGreaterThan(at(' -f '));
  });

  it.each([
    ['a dump that is cut off', plain.slice(0, 20), {}, 'it is cut off'],
    ['a gzip file that is cut off', gzipSync(plain.repeat(50)).subarray(0, 60), {}, 'damaged or cut off'],
    ['a dump that goes to its own database', `\\connect shop\n${end}`, {}, 'names its own database'],
    ['another file than the manifest says', plain, { DUMP_SHA256: '0'.repeat(64) }, 'SHA-256'],
    ['the live database as its target', plain, { NEW_DATABASE: 'shop' }, 'name of the live one'],
  ])('refuses %s before a database is made', async (_name, object, more, reason) => {
    const { error, calls } = await restore(object, more);
    expect(error).toContain(`LIFEBOAT: `);
    expect(error).toContain(reason);
    expect(calls.join('\n')).not.toMatch(/^(createdb|dropdb)/m);
  });

  describe('of MySQL', () => {
    const whole = 'CREATE TABLE users (id int);\n-- Dump completed on 2026-03-10  2:00:00\n';
    const credentials = 'mysql://app:p%22%5C%23s@db.example/shop';
    const load = (object: string | Buffer, more: Record<string, string> = {}) =>
      restore(object, { CREDENTIALS: credentials, ...more }, 'MySQL');
    const options = () => readFile(path.join(folder, 'client.cnf'), 'utf8');

    it('makes the database in the character set of the live one, and loads the file as data', async () => {
      const { out, calls } = await load(gzipSync(whole));
      expect(out).toContain('rows {"users":7,"public.trades":7}');
      expect(calls).toContainEqual(
        expect.stringMatching(/CREATE DATABASE `shop_new` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin$/),
      );
      expect(calls).toContainEqual(expect.stringMatching(/--database=shop_new --binary-mode/));
      expect(calls.join('\n')).not.toContain('#s');
      expect(await options()).toBe(
        '[client]\nuser="app"\npassword="p"\\\\#s"\nhost="db.example"\nport="3306"\nssl-mode=REQUIRED\n',
      );
    });

    it('asks either client for an encrypted connection, unless the URL says otherwise', async () => {
      await load(whole, { CLIENT: 'mysql  Ver 15.1 Distrib 10.11.6-MariaDB' });
      expect(await options()).toMatch(/^ssl$/m);
      await load(whole, { CREDENTIALS: `${credentials}?ssl-mode=disabled` });
      expect(await options()).toMatch(/^ssl-mode=DISABLED$/m);
    });

    it.each([
      ['that is cut off', whole.slice(0, 20), 'it is cut off'],
      ['of whole databases', `USE \`shop\`;\n${whole}`, 'without --databases'],
      ['that removes one', `/*!40000 DROP DATABASE IF EXISTS \`shop\`*/;\n${whole}`, 'without --databases'],
      ['with GTIDs', `SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1';\n${whole}`, '--set-gtid-purged=OFF'],
    ])('refuses a dump %s before a database is made', async (_name, object, reason) => {
      const { error, calls } = await load(object);
      expect(error).toContain(reason);
      expect(calls.join('\n')).not.toMatch(/DATABASE/);
    });
  });

  it('is a buildspec that exports what it found', () => {
    expect(JSON.parse(restoreBuildspec('PostgreSQL'))).toMatchObject({
      version: 0.2,
      env: { 'exported-variables': ['RESTORED_FORMAT', 'RESTORED_ROWS'] },
    });
  });
});
