import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import plugins from '../../../deploy/link-imports.cjs';
import { probeWriter } from '../../../shared/aws/rds-write-probe.ts';
import { connectSql } from '../../../shared/network/sql.ts';
import type { SqlConnection } from '../../../shared/ports.ts';
import { mysql } from '../../../shared/sql/dialects/mysql.ts';
import { restoreScript } from '../../../shared/sql/restore/script.ts';
import { mariadbAt, mariadbPassword, mariadbUser, startMariadbServer } from '../servers/mariadb.ts';
import { carryOut } from './carry-out.ts';

const servers = inject('servers').mariadb;
const limits = { connectTimeoutMs: 3_000, statementTimeoutMs: 1_000 };

/** MariaDB is what Debian has; MySQL itself is not to be had from its packages. What the two have not in common is told apart in `shared/sql/dialects`. */
describe.skipIf(!servers.up)('a real MariaDB and its replica', () => {
  const ports = servers.up ? servers : { primary: 0, replica: 0, ca: '' };
  const primary = mariadbAt(ports.primary);
  const replica = mariadbAt(ports.replica);
  const name = 'shop';
  const url = primary.url(name);
  const database = {
    id: 'database',
    type: 'rds-instance',
    region: 'ap-southeast-4',
    identifier: 'shop',
    engine: 'mariadb',
    multiAz: false,
    port: ports.primary,
    database: name,
    credentials: 'secret:shop/db#url',
    writeProbe: 'INSERT INTO heartbeat VALUES (1, NOW(6)) ON DUPLICATE KEY UPDATE at = NOW(6)',
  };
  const options = { secret: url };

  async function within<T>(work: (connection: SqlConnection) => Promise<T>, given = url): Promise<T> {
    const connection = await connectSql({ url: given, ...limits });
    try {
      return await work(connection);
    } finally {
      await connection.end();
    }
  }
  const ask = (text: string, given = url) =>
    within(async connection => (await connection.query(text)).rows, given);
  const fails = (work: Promise<unknown>) =>
    work.then(
      () => 'it worked',
      error => error,
    );
  async function eventually(holds: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 100 && !(await holds()); tries++) await sleep(100);
  }

  beforeAll(async () => {
    await primary.asRoot(
      `DROP DATABASE IF EXISTS ${name}`,
      `CREATE DATABASE ${name} CHARACTER SET utf8mb4`,
      `CREATE TABLE ${name}.orders (id BIGINT UNSIGNED PRIMARY KEY, total DECIMAL(30,10), placed DATETIME(6), day DATE, bytes BLOB, note VARCHAR(40), flag BIT(1), more JSON, never DATETIME NULL)`,
      `CREATE TABLE ${name}.heartbeat (id INT PRIMARY KEY, at DATETIME(6))`,
      `INSERT INTO ${name}.orders VALUES (18446744073709551615, 12345678901234567890.0123456789, '2026-03-01 10:00:00.123456', '2026-03-01', x'00ff10', '🚑 Größe', b'1', '{"a": [1]}', NULL)`,
    );
    await eventually(
      async () =>
        (
          await replica.asRoot(
            `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${name}'`,
          )
        ).length === 2,
    );
  });

  test('gives values as PostgreSQL does: exact numbers as text, times as Date, bytes as Buffer', async () => {
    const [row] = await ask('SELECT orders.*, COUNT(*) AS n FROM orders GROUP BY id');
    expect(row).toEqual({
      id: '18446744073709551615',
      total: '12345678901234567890.0123456789',
      placed: new Date('2026-03-01T10:00:00.123Z'),
      day: new Date('2026-03-01T00:00:00Z'),
      bytes: Buffer.from([0, 255, 16]),
      note: '🚑 Größe',
      flag: '1',
      more: { a: [1] },
      never: null,
      n: '1',
    });
  });

  test('does one statement at a time, and gives no files away', async () => {
    await expect(ask('SELECT 1; DROP TABLE orders')).rejects.toThrow('(1064)');
    await expect(ask("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE orders")).rejects.toThrow();
    expect(await ask('SELECT COUNT(*) AS n FROM orders')).toEqual([{ n: '1' }]);
  });

  test.each([
    [
      'a wrong password',
      () => ask('SELECT 1', primary.url(name, mariadbUser, 'wrong')),
      'RequestRejectedError',
      '(1045)',
    ],
    [
      'a database that is not there',
      () => ask('SELECT 1', primary.url('nowhere')),
      'RequestRejectedError',
      '(1049)',
    ],
    ['a table that is not there', () => ask('SELECT * FROM nowhere'), 'RequestRejectedError', '(1146)'],
    [
      'a replica that is written to',
      () => ask(database.writeProbe, replica.url(name)),
      'RequestRejectedError',
      '(1290)',
    ],
    [
      'a statement that runs too long',
      () => ask('SELECT COUNT(*) FROM seq_1_to_10000000 a, seq_1_to_10000000 b'),
      'ServiceUnavailableError',
      'max_statement_time',
    ],
  ])('says what is wrong: %s', async (_, work, error, said) => {
    const failure = await fails(work());
    expect(failure).toMatchObject({ name: error, message: expect.stringContaining(said) });
    expect(JSON.stringify(failure)).not.toContain(mariadbPassword);
  });

  test('a statement that waits for a lock ends within its time', async () => {
    const began = performance.now();
    await within(async first => {
      await first.query('START TRANSACTION');
      await first.query('UPDATE orders SET note = note WHERE id > 0');
      await expect(ask("UPDATE orders SET note = 'x'")).rejects.toMatchObject({
        name: 'ServiceUnavailableError',
      });
      await first.query('ROLLBACK');
    });
    expect(performance.now() - began).toBeLessThan(3_500);
  });

  test('too many connections are an answer that passes', async () => {
    await primary.asRoot('SET GLOBAL max_connections = 10');
    const open: SqlConnection[] = [];
    try {
      const failure = await fails(
        (async () => {
          for (let n = 0; n < 20; n++) open.push(await connectSql({ url, ...limits }));
        })(),
      );
      expect(failure).toMatchObject({
        name: 'ServiceUnavailableError',
        message: expect.stringContaining('Too many connections'),
      });
    } finally {
      await Promise.all(open.map(one => one.end()));
      await primary.asRoot('SET GLOBAL max_connections = 151');
    }
  });

  test('a session that is ended, and a server that is killed in the middle, do not answer', async () => {
    await within(async connection => {
      const [row] = (await connection.query('SELECT CONNECTION_ID() AS id')).rows;
      await primary.asRoot(`KILL ${row?.id}`);
      expect(await fails(connection.query('SELECT 1'))).toMatchObject({ name: 'ServiceUnavailableError' });
    });
    const third = await startMariadbServer();
    const connection = await connectSql({
      url: third.url(''),
      connectTimeoutMs: 3_000,
      statementTimeoutMs: 20_000,
    });
    const asked = fails(connection.query('SELECT SLEEP(15)'));
    await sleep(200);
    await third.stop();
    expect(await asked).toMatchObject({ name: 'ServiceUnavailableError' });
    await connection.end();
  });

  test('speaks TLS, and only to whom the authority vouches for under this name', async () => {
    const secure = (at: string) => `${at.replace('127.0.0.1', 'localhost')}?ssl-mode=VERIFY_IDENTITY`;
    expect(await fails(ask('SELECT 1', secure(url)))).toMatchObject({
      name: 'ServiceUnavailableError',
    });
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, ports.ca]);
    try {
      const [row] = await ask("SHOW SESSION STATUS LIKE 'Ssl_version'", secure(url));
      expect(row?.Value).toMatch(/^TLSv1\.[23]$/);
      expect(await fails(ask('SELECT 1', secure(replica.url(name))))).toMatchObject({
        name: 'ServiceUnavailableError',
        message: expect.stringMatching(/altnames|does not match/i),
      });
    } finally {
      setDefaultCACertificates(before);
    }
  });

  test('the client of a bundle does the same as the one that it is made of', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-bundle-'));
    const outfile = join(folder, 'sql.mjs');
    try {
      await build({
        stdin: { contents: "export { connectSql } from './shared/network/sql.ts';", resolveDir: '.' },
        ...{ bundle: true, minify: true, platform: 'node', target: 'node24', format: 'esm', outfile },
        mainFields: ['module', 'main'],
        plugins: [...plugins],
        external: ['pg-native'],
        banner: {
          js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
        },
        logLevel: 'silent',
      });
      const { connectSql: bundled } = (await import(outfile)) as { connectSql: typeof connectSql };
      const text = 'SELECT * FROM orders';
      const connection = await bundled({ url, ...limits });
      expect((await connection.query(text)).rows).toEqual(await ask(text));
      const failure = await fails(connection.query('INSERT INTO orders (id) VALUES (18446744073709551615)'));
      expect(String(failure)).toMatch(/Duplicate entry .*\(1062\)$/);
      await connection.end();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  describe('sql.*', () => {
    test('sql.query compares what is there, and changes nothing, whatever it says', async () => {
      const query = 'SELECT COUNT(*) FROM orders';
      expect(
        (await carryOut('sql.query', { database, query, expect: { equals: 1 } }, options)).seen,
      ).toMatchObject({ status: 'done' });
      const deleting = { database, query: 'DELETE FROM orders', expect: { noRows: true } };
      await expect(carryOut('sql.query', deleting, options)).rejects.toThrow('(1792)');
      expect(await ask(query)).toEqual([{ 'COUNT(*)': '1' }]);
    });

    test('sql.write-check keeps the probe and takes every other write back', async () => {
      expect((await carryOut('sql.write-check', { database }, options)).seen).toMatchObject({
        status: 'done',
      });
      const statement = 'INSERT INTO orders (id) VALUES (7)';
      expect((await carryOut('sql.write-check', { database, statement }, options)).seen).toMatchObject({
        status: 'done',
      });
      expect(await ask('SELECT id FROM orders WHERE id = 7')).toEqual([]);
      await primary.asRoot(`CREATE TABLE ${name}.notes (id INT) ENGINE=MyISAM`);
      const stays = { database, statement: 'INSERT INTO notes VALUES (1)' };
      expect((await carryOut('sql.write-check', stays, options)).seen).toMatchObject({
        status: 'failed',
        reasons: [{ what: expect.stringContaining('did not take it back') }],
      });
      const kept = await carryOut(
        'sql.write-check',
        { database, statement: 'CREATE TABLE kept (id INT)' },
        options,
      );
      expect(kept.preparation).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('commits by itself') }],
      });
      const standby = { ...options, secret: replica.url(name), looks: 2 };
      expect(
        (await carryOut('sql.write-check', { database: { ...database, port: ports.replica } }, standby)).seen,
      ).toMatchObject({ status: 'pending' });
    });

    test('sql.exec carries everything out or nothing, once, and takes it back', async () => {
      const parameters = {
        database,
        statements: [
          "UPDATE orders SET note = 'checked'",
          'INSERT INTO orders (id, note) VALUES (8, "checked")',
        ],
        doneWhen: "SELECT COUNT(*) = 2 FROM orders WHERE note = 'checked'",
        approvedBy: 'Ann',
        undo: {
          statements: ['DELETE FROM orders WHERE id = 8'],
          doneWhen: 'SELECT COUNT(*) = 0 FROM orders WHERE id = 8',
        },
      };
      const { preparation, seen, undo } = await carryOut('sql.exec', parameters, options);
      expect(seen, JSON.stringify(preparation)).toMatchObject({ status: 'done' });
      expect((await carryOut('sql.exec', parameters, options)).seen).toMatchObject({ status: 'done' });
      expect(await undo()).toMatchObject({ status: 'done' });
      const half = {
        ...parameters,
        statements: [
          "UPDATE orders SET note = 'half'",
          'INSERT INTO orders (id) VALUES (18446744073709551615)',
        ],
      };
      await expect(carryOut('sql.exec', half, options)).rejects.toThrow('(1062)');
      expect(await ask("SELECT COUNT(*) AS n FROM orders WHERE note = 'half'")).toEqual([{ n: '0' }]);
      const mixed = {
        ...parameters,
        statements: ['DELETE FROM orders', 'ALTER TABLE orders ADD COLUMN x INT'],
      };
      expect((await carryOut('sql.exec', mixed, options)).preparation).toMatchObject({ status: 'refused' });
    });

    test('sql.terminate-sessions ends those of the named users, and says when it can not see them', async () => {
      await primary.asRoot(
        "CREATE OR REPLACE USER app@'%' IDENTIFIED BY 'x'",
        `GRANT SELECT ON ${name}.* TO app@'%'`,
      );
      const app = await connectSql({ url: primary.url(name, 'app', 'x'), ...limits });
      const parameters = { database, users: ['app'], approvedBy: 'Ann' };
      const blind = await carryOut('sql.terminate-sessions', parameters, {
        secret: primary.url(name, 'app', 'x'),
      });
      expect(blind.preparation).toMatchObject({
        status: 'refused',
        reasons: [{ mend: expect.stringContaining('PROCESS') }],
      });
      expect((await carryOut('sql.terminate-sessions', parameters, options)).seen).toMatchObject({
        status: 'done',
        outputs: { ended: 1, left: 0 },
      });
      expect(await fails(app.query('SELECT 1'))).toMatchObject({ name: 'ServiceUnavailableError' });
      await app.end();
    });
  });

  describe('sql.restore-dump', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-dumps-'));
    const into = `${name}_restored`;
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    afterEach(() => primary.asRoot(`DROP DATABASE IF EXISTS ${into}`));

    const dumpOf = (...more: string[]) =>
      execFileSync(
        'mariadb-dump',
        ['--host=127.0.0.1', `--port=${ports.primary}`, '--user=root', '--skip-ssl', '--hex-blob', ...more],
        { encoding: 'utf8' },
      );
    const names = async () => (await primary.asRoot('SHOW DATABASES')).map(row => row.Database);

    /** The script of the build, with the dump in the place of the one in S3. */
    function restore(dump: string | Buffer, extra: Record<string, string> = {}): string {
      const file = join(folder, 'object');
      writeFileSync(file, dump);
      writeFileSync(join(folder, 'aws'), `#!/bin/sh\nfor last; do :; done\ncp "${file}" "$last"\n`, {
        mode: 0o755,
      });
      const env = {
        PATH: `${folder}:/usr/bin:/bin`,
        CREDENTIALS: url,
        LIVE_DATABASE: name,
        NEW_DATABASE: into,
        COUNT_TABLES: 'orders heartbeat',
        ...{ DATABASE_HOST: '127.0.0.1', DATABASE_PORT: String(ports.primary) },
        ...{ DUMP_REGION: 'eu-west-1', DUMP_BUCKET: 'b', DUMP_KEY: 'k', DUMP_VERSION: '', DUMP_SHA256: '' },
        ...extra,
      };
      const { stdout, stderr } = spawnSync('bash', ['-c', restoreScript('MySQL')], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env,
      });
      expect(stdout + stderr).not.toContain(mariadbPassword);
      return stdout + stderr;
    }

    test('loads a dump into a database of its own, with the character set of the live one, twice if need be', async () => {
      await primary.asRoot(
        `CREATE OR REPLACE VIEW ${name}.dear AS SELECT id FROM ${name}.orders WHERE total > 5`,
      );
      const [{ n } = {}] = await ask('SELECT COUNT(*) AS n FROM orders');
      const dump = dumpOf('--ignore-table', `${name}.dear`, name);
      for (const given of [dump, gzipSync(dump)]) {
        expect(restore(given)).toMatch(new RegExp(`into ${into}: \\{"orders":${n},"heartbeat":\\d+\\}`));
      }
      const there = primary.url(into);
      const all = 'SELECT * FROM orders ORDER BY id';
      expect(await ask(all, there)).toEqual(await ask(all));
      const [made] = await primary.asRoot(`SHOW CREATE DATABASE ${into}`);
      expect(made?.['Create Database']).toContain('utf8mb4');
    });

    test('connects with credentials in JSON, and where TLS is switched off', () => {
      const dump = dumpOf(name, 'heartbeat');
      const fields = { username: mariadbUser, password: mariadbPassword };
      const few = { COUNT_TABLES: 'heartbeat' };
      expect(restore(dump, { ...few, CREDENTIALS: JSON.stringify(fields) })).toContain('restored plain dump');
      expect(restore(dump, { ...few, CREDENTIALS: `${url}?ssl-mode=DISABLED` })).toContain('restored plain');
    });

    test.each([
      ['that is cut off', () => dumpOf(name).slice(0, -400), 'it is cut off'],
      ['of whole databases', () => dumpOf('--databases', name), 'make it without --databases'],
      [
        'with GTIDs of the server',
        () => `SET @@GLOBAL.GTID_PURGED='1-1-1';\n${dumpOf(name, 'heartbeat')}`,
        '--set-gtid-purged=OFF',
      ],
    ])('refuses a dump %s before a database is made', async (_, dump, said) => {
      expect(restore(dump())).toContain(said);
      expect(await names()).not.toContain(into);
    });

    test('stops at the first error, and carries out no command of the client that stands in the file', () => {
      const proof = join(folder, 'proof');
      const dump = dumpOf(name, 'heartbeat');
      expect(restore(`SELECT nothing;\n${dump}`)).toContain('ERROR 1054');
      expect(restore(`\\! touch ${proof}\n${dump}`)).toContain('ERROR at line 1');
      expect(existsSync(proof)).toBe(false);
    });
  });

  /** The last test: the replica is a writer afterwards, as one that RDS has promoted. */
  describe('replication', () => {
    const network = { sql: connectSql } as never;
    const probe = (port: number, at: string) =>
      probeWriter({ network, secret: async () => at } as never, database, { host: '127.0.0.1', port });

    test('a replica says how far it is, and what it has of its source', async () => {
      const position = await within(connection => mysql.replica.position(connection));
      expect(position).toMatch(/^binlog\.\d+:\d+$/);
      await ask(database.writeProbe);
      const later = await within(connection => mysql.replica.position(connection));
      const at = replica.url(name);
      await eventually(() => within(connection => mysql.replica.hasReached(connection, String(later)), at));
      await within(async connection => {
        expect(await mysql.replica.hasReached(connection, String(later))).toBe(true);
        expect(await mysql.replica.hasReached(connection, 'binlog.999999:1')).toBe(false);
        const now = new Date();
        const found = await mysql.replica.replayed(connection, now);
        // It is not behind; the minute in which a lost source is not noticed is taken off.
        expect('at' in found && now.getTime() - found.at.getTime()).toBe(60_000);
      }, at);
      expect(await within(connection => mysql.replica.replayed(connection, new Date()))).toEqual({
        why: 'is no replica',
      });
    });

    test('one whose source is gone does not say that it has everything', async () => {
      await replica.asRoot('STOP SLAVE IO_THREAD');
      const found = await within(
        connection => mysql.replica.replayed(connection, new Date()),
        replica.url(name),
      );
      expect(found).toEqual({ why: expect.stringContaining('receives nothing') });
      await replica.asRoot('START SLAVE IO_THREAD');
    });

    test('only a promoted replica is proven a writer, also for a user who may pass read_only by', async () => {
      expect(await probe(ports.primary, url)).toEqual({ ok: true });
      await replica.asRoot(`GRANT READ_ONLY ADMIN ON *.* TO '${mariadbUser}'@'%'`);
      expect(await probe(ports.replica, replica.url(name))).toMatchObject({
        ok: false,
        readOnly: true,
        why: expect.stringContaining('is read-only'),
      });
    });

    test('sql.promote lets it go only when its source takes no writes, and has everything of it', async () => {
      const server = (id: string, port: number) => {
        const { identifier: _, multiAz: __, ...same } = database;
        return { ...same, id, type: 'mysql-server', host: '127.0.0.1', port };
      };
      const oldWriter = server('old', ports.primary);
      const given = {
        replica: { ...server('new', ports.replica), replicaOf: 'old' },
        oldWriter,
        maxLoss: '5m',
      };
      const at = { secret: replica.url(name) };
      const beside = await carryOut('sql.promote', given, at);
      expect(beside.preparation).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringMatching(/takes writes/) }],
      });
      await replica.asRoot(`GRANT REPLICATION SLAVE ADMIN, READ_ONLY ADMIN ON *.* TO '${mariadbUser}'@'%'`);
      await ask("INSERT INTO orders (id, note) VALUES (99, 'the last')");
      await primary.asRoot('SET GLOBAL read_only = 1');
      try {
        const { preparation, seen } = await carryOut('sql.promote', given, { ...at, mode: 'planned' });
        expect(seen, JSON.stringify(preparation)).toMatchObject({
          status: 'done',
          outputs: { host: '127.0.0.1', lossSeconds: 0 },
        });
      } finally {
        await primary.asRoot('SET GLOBAL read_only = 0');
      }
      expect(await replica.asRoot('SHOW SLAVE STATUS')).toEqual([]);
      expect(await ask('SELECT note FROM orders WHERE id = 99', at.secret)).toEqual([{ note: 'the last' }]);
      expect(await probe(ports.replica, at.secret)).toEqual({ ok: true });
    });
  });

  afterAll(() => primary.asRoot(`DROP DATABASE IF EXISTS ${name}`));
});
