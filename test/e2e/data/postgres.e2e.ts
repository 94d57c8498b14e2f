import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { checkFile } from '../../../shared/backups/files/check-file.ts';
import { restoreScript } from '../../../shared/sql/restore/script.ts';
import { startPostgresReplica } from '../servers/postgres.ts';
import { carryOut } from './carry-out.ts';

const { postgres } = inject('servers');

/** A database of the suite's own server, with some tables, a view, a function and bytes. */
describe.skipIf(!postgres.up)('a real PostgreSQL', () => {
  const { port, bin } = postgres.up ? postgres : { port: 0, bin: '' };
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-data-'));
  const name = 'shop';
  const url = (database: string) => `postgres://lifeboat:secret@127.0.0.1:${port}/${database}`;
  const database = {
    id: 'database',
    type: 'postgres-server',
    region: 'ap-southeast-4',
    host: '127.0.0.1',
    port,
    database: name,
    credentials: 'secret:shop/db#url',
    writeProbe: 'INSERT INTO heartbeat VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET at = now()',
  };
  const options = { secret: url(name) };

  async function ask(text: string, where = name): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url(where) });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    await ask(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, 'postgres');
    await ask(`CREATE DATABASE ${name}`, 'postgres');
    await ask(`
      CREATE TABLE orders (id int PRIMARY KEY, total numeric(12, 2) NOT NULL, note text, bytes bytea);
      INSERT INTO orders SELECT n, n * 1.5, E'line\\n' || n, decode(repeat('00ff', 40), 'hex') FROM generate_series(1, 5000) n;
      CREATE TABLE heartbeat (id int PRIMARY KEY, at timestamptz);
      CREATE INDEX ON orders (total);
      CREATE VIEW big AS SELECT * FROM orders WHERE total > 1000;
      CREATE FUNCTION total() RETURNS numeric LANGUAGE sql AS 'SELECT sum(total) FROM orders';
    `);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe('sql.*', () => {
    test('sql.query compares what is there with what is expected', async () => {
      const query = 'SELECT count(*)::int AS orders FROM orders';
      const { seen } = await carryOut('sql.query', { database, query, expect: { min: 5_000 } }, options);
      expect(seen).toMatchObject({ status: 'done' });
      const { seen: few } = await carryOut('sql.query', { database, query, expect: { min: 6_000 } }, options);
      expect(few).toMatchObject({ status: 'failed' });
    });

    test('sql.query changes nothing, whatever it says', async () => {
      const query = 'DELETE FROM orders RETURNING id';
      await expect(
        carryOut('sql.query', { database, query, expect: { min: 0 } }, options).then(
          ({ preparation, seen }) => {
            if (preparation.status === 'refused' || seen?.status === 'failed') throw new Error('refused');
          },
        ),
      ).rejects.toThrow();
      expect(await ask('SELECT count(*)::int AS n FROM orders')).toEqual([{ n: 5_000 }]);
    });

    test('sql.write-check proves that a write works', async () => {
      const { seen } = await carryOut('sql.write-check', { database }, options);
      expect(seen).toMatchObject({ status: 'done' });
      expect(await ask('SELECT count(*)::int AS n FROM heartbeat')).toEqual([{ n: 1 }]);
    });

    test('sql.write-check of a database that takes no writes is not done', async () => {
      await ask(`ALTER DATABASE ${name} SET default_transaction_read_only = on`, 'postgres');
      try {
        const { seen } = await carryOut('sql.write-check', { database }, { ...options, looks: 2 });
        expect(seen?.status).not.toBe('done');
        expect(JSON.stringify(seen)).toMatch(/read-only/);
      } finally {
        await ask(`ALTER DATABASE ${name} RESET default_transaction_read_only`, 'postgres');
      }
    });

    test('sql.exec carries everything out or nothing, once, and takes it back', async () => {
      const parameters = {
        database,
        statements: ["UPDATE orders SET note = 'checked' WHERE id <= 10", 'CREATE TABLE checked (id int)'],
        doneWhen: "SELECT to_regclass('checked') IS NOT NULL AS done",
        approvedBy: 'Ann',
        safetyCopy: 'the-dump-of-this-run',
        undo: {
          statements: ['DROP TABLE checked'],
          doneWhen: "SELECT to_regclass('checked') IS NULL AS done",
        },
      };
      const { preparation, seen, undo } = await carryOut('sql.exec', parameters, options);
      expect(seen, JSON.stringify(preparation)).toMatchObject({ status: 'done' });
      expect(await ask("SELECT count(*)::int AS n FROM orders WHERE note = 'checked'")).toEqual([{ n: 10 }]);
      expect((await carryOut('sql.exec', parameters, options)).seen).toMatchObject({ status: 'done' });
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(await ask("SELECT to_regclass('checked') AS there")).toEqual([{ there: null }]);
    });

    test('sql.exec leaves nothing of statements of which one fails', async () => {
      const parameters = {
        database,
        statements: ["UPDATE orders SET note = 'half' WHERE id = 1", 'INSERT INTO orders VALUES (1, 1)'],
        doneWhen: "SELECT count(*) > 0 AS done FROM orders WHERE note = 'half'",
        approvedBy: 'Ann',
      };
      await expect(carryOut('sql.exec', parameters, options)).rejects.toThrow(/duplicate key/);
      expect(await ask("SELECT count(*)::int AS n FROM orders WHERE note = 'half'")).toEqual([{ n: 0 }]);
    });

    test('sql.terminate-sessions ends those of the named users and leaves its own', async () => {
      await ask('DROP ROLE IF EXISTS shop_app', 'postgres');
      await ask("CREATE ROLE shop_app LOGIN PASSWORD 'x'", 'postgres');
      const app = new pg.Client({ connectionString: url(name).replace('lifeboat:secret', 'shop_app:x') });
      app.on('error', () => {});
      await app.connect();
      const parameters = { database, users: ['shop_app'], approvedBy: 'Ann' };
      const { seen } = await carryOut('sql.terminate-sessions', parameters, options);
      expect(seen).toMatchObject({ status: 'done' });
      await expect(app.query('SELECT 1')).rejects.toThrow();
      expect(await ask("SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'shop_app'")).toEqual(
        [{ n: 0 }],
      );
    });

    test('sql.promote lets a streaming replica go only when its source takes no writes, with everything of it', async () => {
      const copy = await startPostgresReplica({ bin, port });
      const set = (to: string) => ask(`ALTER DATABASE ${name} ${to}`, 'postgres');
      try {
        const given = {
          replica: { ...database, id: 'new', port: copy.port, replicaOf: 'database' },
          oldWriter: database,
          maxLoss: '5m',
        };
        const at = { secret: copy.url(name) };
        expect((await carryOut('sql.promote', given, at)).preparation).toMatchObject({
          status: 'refused',
          reasons: expect.arrayContaining([
            { what: expect.stringContaining('takes writes'), mend: expect.any(String) },
          ]),
        });
        await ask("INSERT INTO orders (id, total, note) VALUES (99999, 1, 'the last')");
        await set('SET default_transaction_read_only = on');
        const { preparation, seen } = await carryOut('sql.promote', given, { ...at, mode: 'planned' });
        expect(seen, JSON.stringify(preparation)).toMatchObject({
          status: 'done',
          outputs: { lossSeconds: 0 },
        });
        const client = new pg.Client({ connectionString: copy.url(name) });
        await client.connect();
        const { rows } = await client.query(
          'SELECT note, pg_is_in_recovery() AS follows FROM orders WHERE id = 99999',
        );
        await client.end();
        expect(rows).toEqual([{ note: 'the last', follows: false }]);
      } finally {
        await set('RESET default_transaction_read_only');
        await ask('DELETE FROM orders WHERE id = 99999');
        await copy.stop();
      }
    });
  });

  describe('dumps', () => {
    const dump = (file: string, ...args: string[]) => {
      execFileSync(
        `${bin}/pg_dump`,
        ['-h', '127.0.0.1', '-p', String(port), '-U', 'lifeboat', ...args, name],
        {
          env: { ...process.env, PGPASSWORD: 'secret' },
        },
      );
      return join(folder, file);
    };
    const made: Record<string, () => string> = {
      plain: () => dump('dump.sql', '-f', join(folder, 'dump.sql')),
      gzip: () => {
        const plain = dump('packed.sql', '-f', join(folder, 'packed.sql'));
        execFileSync('gzip', ['-f', plain]);
        return `${plain}.gz`;
      },
      custom: () => dump('dump.custom', '-Fc', '-f', join(folder, 'dump.custom')),
      tar: () => dump('dump.tar', '-Ft', '-f', join(folder, 'dump.tar')),
      directory: () => {
        rmSync(join(folder, 'parts'), { recursive: true, force: true });
        dump('parts', '-Fd', '-f', join(folder, 'parts'));
        execFileSync('tar', ['-cf', join(folder, 'parts.tar'), '-C', folder, 'parts']);
        return join(folder, 'parts.tar');
      },
    };
    const look = (file: string) => checkFile(createReadStream(file), { name: file });

    test.each(Object.keys(made))('check-file takes a dump of pg_dump as %s', async kind => {
      const verdict = await look(made[kind]?.() ?? '');
      expect(verdict, JSON.stringify(verdict)).toMatchObject({ ok: true });
    });

    test.each(Object.keys(made))('check-file finds that a dump as %s is cut off', async kind => {
      const file = made[kind]?.() ?? '';
      truncateSync(file, Math.floor(readFileSync(file).length * 0.7));
      expect(await look(file)).toMatchObject({ ok: false });
    });

    test('check-file counts the rows of a custom dump', async () => {
      const verdict = await look(made.custom?.() ?? '');
      expect(JSON.stringify(verdict.facts)).toContain('"public.orders":5000');
    });

    test.each(['plain', 'gzip', 'custom'])(
      'the restore script brings a dump as %s back, beside',
      async kind => {
        const restored = `restored_${kind}`;
        const output = restore(made[kind]?.() ?? '', restored);
        expect(output).toContain(`restored ${kind} dump into ${restored}: {"orders":5000,"heartbeat":`);
        const sum =
          'SELECT total()::text AS total, (SELECT count(*)::int FROM big) AS big FROM orders LIMIT 1';
        expect(await ask(sum, restored)).toEqual(await ask(sum));
      },
    );

    test('the restore script takes no dump whose end is missing, and none of another SHA-256', () => {
      const file = made.plain?.() ?? '';
      expect(() => restore(file, 'restored_wrong', { DUMP_SHA256: '0'.repeat(64) })).toThrow(/SHA-256/);
      truncateSync(file, 2_000);
      expect(() => restore(file, 'restored_cut')).toThrow(/cut off/);
    });

    test('sql.swap-database puts a restored database in the place of the live one, and back', async () => {
      restore(made.custom?.() ?? '', 'shop_restored');
      await ask('DELETE FROM orders WHERE id > 100');
      const parameters = { database, restored: 'shop_restored', approvedBy: 'Ann' };
      const { preparation, seen, undo } = await carryOut('sql.swap-database', parameters, options);
      expect(seen, JSON.stringify(preparation)).toMatchObject({ status: 'done' });
      expect(await ask('SELECT count(*)::int AS n FROM orders')).toEqual([{ n: 5_000 }]);
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(await ask('SELECT count(*)::int AS n FROM orders')).toEqual([{ n: 100 }]);
    });

    /** What a build of CodeBuild runs, with a program in the place of the AWS command that copies the file. */
    function restore(file: string, into: string, extra: Record<string, string> = {}): string {
      const tools = join(folder, 'tools');
      mkdirSync(tools, { recursive: true });
      writeFileSync(join(tools, 'aws'), `#!/bin/sh\nfor last; do :; done\ncp "${file}" "$last"\n`);
      chmodSync(join(tools, 'aws'), 0o755);
      try {
        return execFileSync('bash', ['-c', restoreScript('PostgreSQL')], {
          encoding: 'utf8',
          stdio: 'pipe',
          env: {
            PATH: `${tools}:${bin}:/usr/bin:/bin`,
            DATABASE_HOST: '127.0.0.1',
            DATABASE_PORT: String(port),
            CREDENTIALS: url(name),
            LIVE_DATABASE: name,
            NEW_DATABASE: into,
            DUMP_REGION: 'ap-southeast-4',
            DUMP_BUCKET: 'dumps',
            DUMP_KEY: 'dump',
            DUMP_VERSION: '',
            DUMP_SHA256: '',
            COUNT_TABLES: 'orders heartbeat',
            ...extra,
          },
        });
      } catch (error) {
        throw new Error(String((error as { stderr?: string }).stderr ?? error));
      }
    }
  });
});
