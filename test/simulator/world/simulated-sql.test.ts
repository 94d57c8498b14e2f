import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { type Postgres, startPostgres } from '../../../simulator/world/postgres.ts';
import { simulatedSql } from '../../../simulator/world/simulated-sql.ts';
import { inWorld } from '../../support/compute-world.ts';

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
  afterAll(async () => {
    await (await postgres).close();
    await rm(folder, { recursive: true });
  });

  it('runs a write probe for real, in virtual time, and keeps nothing of it', () =>
    inWorld(async ({ world, drive, wait }) => {
      await wait(3600);
      const before = Date.now();
      const connection = await drive(simulatedSql(world, postgres)(options));
      const { rows } = await drive(connection.query(probe));
      expect(rows).toEqual([{ at: new Date('2026-03-10T17:42:00Z') }]);
      const left = await drive(connection.query('SELECT count(*)::int AS rows FROM heartbeat'));
      expect(left.rows).toEqual([{ rows: 0 }]);
      await connection.end();
      expect(Date.now()).toBe(before);
    }));

  it('keeps what a transaction wrote until its end', () =>
    inWorld(async ({ world, drive }) => {
      const connection = await drive(simulatedSql(world, postgres)(options));
      await drive(connection.query('BEGIN'));
      await drive(connection.query(probe));
      const inside = await drive(connection.query('SELECT count(*)::int AS rows FROM heartbeat'));
      await drive(connection.query('COMMIT'));
      const after = await drive(connection.query('SELECT count(*)::int AS rows FROM heartbeat'));
      await connection.end();
      expect([inside.rows, after.rows]).toEqual([[{ rows: 1 }], [{ rows: 0 }]]);
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
