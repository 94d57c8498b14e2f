import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { type Postgres, startPostgres } from '../../../simulator/world/postgres.ts';
import { simulatedSql } from '../../../simulator/world/simulated-sql.ts';
import { isDamaged, record, restoreInto } from '../../../simulator/world/sql-journal.ts';
import type { World } from '../../../simulator/world/world.ts';
import { inWorld, type Scene } from '../../support/compute-world.ts';

const options = {
  url: 'postgresql://app:pw@shop.ap-southeast-4.rds.amazonaws.com:5432/shop',
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 10_000,
};
const probe =
  'INSERT INTO heartbeat VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET at = now() RETURNING at';

describe('simulatedSql', () => {
  let folder: string;
  let postgres: Promise<Postgres>;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lifeboat-simulated-sql-'));
    const file = path.join(folder, 'rehearsal.sql');
    await writeFile(file, 'CREATE TABLE heartbeat (id int PRIMARY KEY, at timestamptz);');
    postgres = startPostgres(file, folder);
    await postgres;
  }, 60_000);
  /** Runs one statement, by default at the host of the options. */
  async function ask(drive: Scene['drive'], world: World, text: string, host?: string) {
    const url = host === undefined ? options.url : options.url.replace(/@[^:]+/, `@${host}`);
    const connection = await drive(simulatedSql(world, postgres)({ ...options, url }));
    try {
      return (await drive(connection.query(text))).rows;
    } finally {
      await connection.end();
    }
  }

  afterAll(async () => {
    await (await postgres).close();
    await rm(folder, { recursive: true });
  });

  it('runs a write probe for real, in virtual time, and remembers it with its time', () =>
    inWorld(async ({ world, drive, wait }) => {
      await wait(3600);
      const before = Date.now();
      const connection = await drive(simulatedSql(world, postgres)(options));
      const { rows } = await drive(connection.query(probe));
      expect(rows).toEqual([{ at: new Date('2026-03-10T17:42:00Z') }]);
      await connection.end();
      expect(Date.now()).toBe(before);
      await wait(600);
      const later = await drive(simulatedSql(world, postgres)(options));
      const left = await drive(later.query('SELECT at, now() - at AS age FROM heartbeat'));
      expect(left.rows).toEqual([
        { at: new Date('2026-03-10T17:42:00Z'), age: expect.stringContaining('10') },
      ]);
      await later.end();
    }));

  it('finds the same data in every run', () =>
    inWorld(async ({ world, drive }) => {
      expect(await ask(drive, world, 'SELECT count(*)::int AS rows FROM heartbeat')).toEqual([{ rows: 0 }]);
    }));

  it('keeps a transaction that is committed, and none that was rolled back, spoilt or left', () =>
    inWorld(async ({ world, drive }) => {
      const attempt = async (...texts: string[]) => {
        const connection = await drive(simulatedSql(world, postgres)(options));
        for (const text of texts) await drive(connection.query(text)).catch(() => undefined);
        await connection.end();
        return ask(drive, world, 'SELECT count(*)::int AS rows FROM heartbeat');
      };
      const row = (id: number) => `INSERT INTO heartbeat VALUES (${id}, CURRENT_TIMESTAMP)`;
      expect(await attempt('BEGIN', row(1), 'ROLLBACK')).toEqual([{ rows: 0 }]);
      expect(await attempt('BEGIN', row(1))).toEqual([{ rows: 0 }]);
      expect(await attempt('BEGIN', row(1), 'SELECT * FROM nowhere', 'COMMIT')).toEqual([{ rows: 0 }]);
      expect(await attempt('BEGIN', row(1), row(2), 'COMMIT')).toEqual([{ rows: 2 }]);
      expect(await attempt(row(3))).toEqual([{ rows: 3 }]);
    }));

  it('shows a copy what its source held up to the cut, and damage that was done before it', () =>
    inWorld(async ({ world, drive, wait }) => {
      const startMs = world.nowMs();
      const [source, before, after] = ['prod.example', 'before.example', 'after.example'];
      const server = (id: string) =>
        id === source
          ? { id }
          : { id, copyOf: { id: source, untilMs: startMs + (id === before ? 30_000 : 90_000) } };
      Object.assign(appDependencies(world), { serverAt: server, serverOf: server });
      await ask(drive, world, 'INSERT INTO heartbeat VALUES (1, now())', source);
      await wait(60);
      await ask(drive, world, 'INSERT INTO heartbeat VALUES (2, now())', source);
      await wait(60);
      await ask(drive, world, 'INSERT INTO heartbeat VALUES (3, now())', source);
      await ask(drive, world, 'INSERT INTO heartbeat VALUES (9, now())', before);
      record(world, source, 'shop', { atMs: startMs + 45_000, text: 'DELETE FROM heartbeat', damage: true });
      const ids = 'SELECT array_agg(id ORDER BY id) AS ids FROM heartbeat';
      expect(await ask(drive, world, ids, before)).toEqual([{ ids: [1, 9] }]);
      expect(await ask(drive, world, ids, after)).toEqual([{ ids: [2] }]);
      expect(await ask(drive, world, ids, source)).toEqual([{ ids: [2, 3] }]);
      expect([before, after, source].map(host => isDamaged(world, host, 'shop'))).toEqual([
        false,
        true,
        true,
      ]);
    }));

  it('says so when the damage of a disaster is no SQL for this data', () =>
    inWorld(async ({ world, drive }) => {
      const host = new URL(options.url).hostname;
      record(world, host, 'shop', { atMs: 0, text: 'DELETE FROM nowhere', damage: true });
      await expect(ask(drive, world, 'SELECT 1')).rejects.toMatchObject({
        name: 'InvalidInputError',
        message: expect.stringContaining('nowhere'),
      });
    }));

  it('swaps databases by renaming, all or nothing, and knows what is there', () =>
    inWorld(async ({ world, drive }) => {
      const connect = simulatedSql(world, postgres);
      const at = (database: string) => ({ ...options, url: options.url.replace(/shop$/, database) });
      await ask(drive, world, probe);
      restoreInto(world, new URL(options.url).hostname, 'shop_new', {
        host: new URL(options.url).hostname,
        database: 'shop',
        untilMs: 0,
      });
      const maintenance = await drive(connect(at('postgres')));
      await drive(maintenance.query('BEGIN'));
      await drive(maintenance.query('ALTER DATABASE shop RENAME TO shop_old'));
      await drive(maintenance.query('ALTER DATABASE shop_new RENAME TO shop'));
      await drive(maintenance.query('COMMIT'));
      const names = await drive(maintenance.query('SELECT datname FROM pg_database ORDER BY 1'));
      expect(names.rows).toEqual(['postgres', 'shop', 'shop_old'].map(datname => ({ datname })));
      await expect(drive(maintenance.query('ALTER DATABASE shop_new RENAME TO x'))).rejects.toThrow('3D000');
      await maintenance.end();
      const count = 'SELECT count(*)::int AS rows, current_database() AS name FROM heartbeat';
      expect(await ask(drive, world, count)).toEqual([{ rows: 0, name: 'shop' }]);
      const old = await drive(connect(at('shop_old')));
      expect((await drive(old.query(count))).rows).toEqual([{ rows: 1, name: 'shop_old' }]);
      await old.end();
      await expect(drive(connect(at('shop_new')))).rejects.toThrow('3D000');
    }));

  it('ends the sessions of the application for good', () =>
    inWorld(async ({ world, drive }) => {
      const sessions = 'SELECT count(*)::int AS n FROM pg_stat_activity';
      expect(await ask(drive, world, sessions)).toEqual([{ n: 3 }]);
      await ask(drive, world, 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity');
      expect(await ask(drive, world, sessions)).toEqual([{ n: 0 }]);
    }));

  it('lets nobody in with a password that was replaced, from any server that has it', () =>
    inWorld(async ({ world, drive }) => {
      await ask(drive, world, "ALTER ROLE app PASSWORD 'new'");
      await expect(ask(drive, world, 'SELECT 1')).rejects.toThrow('28P01');
      const connect = simulatedSql(world, postgres);
      const connection = await drive(connect({ ...options, url: options.url.replace(':pw@', ':new@') }));
      expect((await drive(connection.query('SELECT 1 AS one'))).rows).toEqual([{ one: 1 }]);
      await connection.end();
    }));

  it('is in recovery where the server is a replica', () =>
    inWorld(async ({ world, drive }) => {
      const state = 'SELECT pg_is_in_recovery() AS replica';
      expect(await ask(drive, world, state)).toEqual([{ replica: false }]);
      appDependencies(world).databaseAt = () => ({ writable: false, inRecovery: true });
      expect(await ask(drive, world, state)).toEqual([{ replica: true }]);
    }));

  it('says up to when a replica has replayed its source, and nothing of that for a writer', () =>
    inWorld(async ({ world, drive }) => {
      const state = 'SELECT extract(epoch FROM pg_last_xact_replay_timestamp())::float8 AS at';
      expect(await ask(drive, world, state)).toEqual([{ at: null }]);
      appDependencies(world).databaseAt = () => ({ writable: false, inRecovery: true, replayedAtMs: 1_500 });
      expect(await ask(drive, world, state)).toEqual([{ at: 1.5 }]);
    }));

  it('times out in virtual time where no database answers', () =>
    inWorld(async ({ world, drive }) => {
      appDependencies(world).databaseAt = () => undefined;
      const before = Date.now();
      await expect(drive(simulatedSql(world, postgres)(options))).rejects.toMatchObject({
        name: 'ServiceUnavailableError',
      });
      expect(Date.now() - before).toBe(5_000);
    }));

  it('loses a database with its region, by default', () =>
    inWorld(async ({ world, drive }) => {
      const connection = await drive(simulatedSql(world, postgres)(options));
      world.loseRegion('ap-southeast-4');
      await expect(drive(connection.query('SELECT 1'))).rejects.toMatchObject({
        name: 'ServiceUnavailableError',
      });
      await connection.end();
    }));

  it('refuses to write where the database is not the writer', () =>
    inWorld(async ({ world, drive }) => {
      appDependencies(world).databaseAt = () => ({ writable: false });
      const connection = await drive(simulatedSql(world, postgres)(options));
      await expect(drive(connection.query(probe))).rejects.toMatchObject({
        name: 'RequestRejectedError',
        message: expect.stringContaining('read-only transaction'),
      });
      await connection.end();
    }));

  it('keeps two connections out of each other transactions', () =>
    inWorld(async ({ world, drive }) => {
      const connect = simulatedSql(world, postgres);
      const count = async () => {
        const connection = await connect(options);
        await connection.query('BEGIN TRANSACTION READ ONLY');
        const { rows } = await connection.query('SELECT count(*)::int AS rows FROM heartbeat');
        await connection.end();
        return rows;
      };
      const write = async () => {
        const connection = await connect(options);
        await connection.query('BEGIN');
        await connection.query(probe);
        await connection.end();
      };
      const [, rows] = await drive(Promise.all([write(), count(), write()]));
      expect(rows).toEqual([{ rows: 0 }]);
    }));
});
