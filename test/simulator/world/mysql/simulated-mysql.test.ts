import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mysql } from '../../../../shared/sql/dialects/mysql.ts';
import { appDependencies } from '../../../../simulator/world/dependencies.ts';
import { scriptToPostgres } from '../../../../simulator/world/mysql/to-postgres.ts';
import { type Postgres, startPostgres } from '../../../../simulator/world/postgres.ts';
import { simulatedSql } from '../../../../simulator/world/simulated-sql.ts';
import { record } from '../../../../simulator/world/sql-journal.ts';
import type { World } from '../../../../simulator/world/world.ts';
import { inWorld, type Scene } from '../../../support/compute-world.ts';

const host = 'shop.ap-southeast-4.rds.amazonaws.com';
const url = `mysql://app:pw@${host}:3306/shop`;
const probe = 'INSERT INTO heartbeat (id, at) VALUES (1, NOW()) ON DUPLICATE KEY UPDATE at = NOW()';
const data = `CREATE TABLE heartbeat (id INT PRIMARY KEY, at DATETIME(6));
CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, code VARCHAR(20) UNIQUE, total DECIMAL(12,2));
INSERT INTO orders (code, total) VALUES ('a', 1.5), ('b', 2.5);`;

let folder: string;
let postgres: Promise<Postgres>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lifeboat-simulated-mysql-'));
  const file = path.join(folder, 'rehearsal.sql');
  await writeFile(file, data);
  postgres = startPostgres(file, folder, sql => scriptToPostgres(sql, { database: '', engine: 'mysql' }));
  await postgres;
}, 60_000);
afterAll(async () => {
  await (await postgres).close();
  await rm(folder, { recursive: true });
});

type Server = NonNullable<ReturnType<ReturnType<typeof appDependencies>['databaseAt']>>;

/** Asks one statement after the other on one connection; gives the rows of the last. */
async function ask({ drive, world }: Pick<Scene, 'drive'> & { world: World }, ...texts: string[]) {
  const connection = await drive(
    simulatedSql(world, postgres)({ url, connectTimeoutMs: 5_000, statementTimeoutMs: 10_000 }),
  );
  try {
    let rows: Record<string, unknown>[] = [];
    for (const text of texts) rows = (await drive(connection.query(text))).rows;
    return rows;
  } finally {
    await connection.end();
  }
}
const serve = (world: World, server: Server | undefined) => {
  appDependencies(world).databaseAt = () => server;
};
const writer: Server = { writable: true, engine: 'mysql' };

it('keeps a write probe of MySQL, in virtual time, and shows its last time only', () =>
  inWorld(async scene => {
    serve(scene.world, writer);
    await ask(scene, probe);
    await scene.wait(600);
    await ask(scene, probe);
    expect(
      await ask(scene, 'SELECT COUNT(*) AS n, TIMESTAMPDIFF(SECOND, MAX(at), NOW()) AS age FROM heartbeat'),
    ).toEqual([{ n: 1, age: 0 }]);
  }));

it('takes back what a transaction did, and has 1 where PostgreSQL has true', () =>
  inWorld(async scene => {
    serve(scene.world, writer);
    await ask(scene, 'START TRANSACTION', 'DELETE FROM orders', 'ROLLBACK');
    expect(await ask(scene, 'SELECT COUNT(*) = 2 AS whole FROM orders')).toEqual([{ whole: 1 }]);
  }));

it.each([
  [
    'a replica of RDS',
    { writable: false, inRecovery: true, replayedAtMs: 0, engine: 'mysql' },
    [probe],
    '1290',
  ],
  [
    'a replica of MariaDB',
    { writable: false, inRecovery: true, replayedAtMs: 0, engine: 'mariadb' },
    [probe],
    '1290',
  ],
  [
    'a reader of Aurora',
    { writable: false, inRecovery: true, replayedAtMs: 0, engine: 'aurora-mysql' },
    [probe],
    '1836',
  ],
  ['a read-only transaction', writer, ['START TRANSACTION READ ONLY', 'DELETE FROM orders'], '1792'],
  ['a key that is there', writer, ["INSERT INTO orders (code) VALUES ('a')"], '1062'],
  ['a table that is not there', writer, ['SELECT * FROM nowhere'], '1146'],
  ['a column that is not there', writer, ['SELECT nothing FROM orders'], '1054'],
] as [string, Server, string[], string][])('says what MySQL says: %s', (_, server, texts, code) =>
  inWorld(async scene => {
    serve(scene.world, server);
    await expect(ask(scene, ...texts)).rejects.toMatchObject({
      name: 'RequestRejectedError',
      message: expect.stringContaining(`(${code})`),
    });
  }),
);

it('says of itself whether it is the writer', () =>
  inWorld(async scene => {
    const standsBy = async () => mysql.writer.standsBy((await ask(scene, mysql.writer.query))[0]);
    serve(scene.world, writer);
    expect(await standsBy()).toBeUndefined();
    for (const engine of ['mysql', 'mariadb', 'aurora-mysql']) {
      serve(scene.world, { writable: false, inRecovery: true, replayedAtMs: 0, engine });
      expect(await standsBy()).toMatchObject({ why: 'is read-only' });
    }
  }));

it.each([
  ['mysql', true, 20],
  ['mysql', false, 20],
  // MariaDB keeps no times; while it receives, what it says holds but for the time in which a silence is not noticed.
  ['mariadb', true, 80],
  ['mariadb', false, undefined],
] as const)('a replica of %s that receives: %s says how far it is', (engine, receives, age) =>
  inWorld(async scene => {
    const replayedAtMs = scene.world.nowMs() - 20_000;
    serve(scene.world, { writable: false, inRecovery: true, replayedAtMs, receives, engine });
    const connection = { query: async (text: string) => ({ rows: await ask(scene, text) }) };
    const found = await mysql.replica.replayed(connection, scene.world.now());
    const seconds = 'at' in found ? (scene.world.nowMs() - found.at.getTime()) / 1000 : undefined;
    expect(seconds).toBe(age);
  }),
);

it('ends the sessions that are open, and says how many there are', () =>
  inWorld(async scene => {
    serve(scene.world, writer);
    const connection = { query: async (text: string) => ({ rows: await ask(scene, text) }) };
    expect(await ask(scene, mysql.sessions.count([]))).toEqual([{ sessions: 3 }]);
    await mysql.sessions.end(connection, ['app']);
    expect(await ask(scene, mysql.sessions.count([]))).toEqual([{ sessions: 0 }]);
  }));

it('knows a new password, and no old one any more', () =>
  inWorld(async scene => {
    serve(scene.world, writer);
    await ask(scene, "ALTER USER 'app'@'%' IDENTIFIED BY 'other'");
    await expect(ask(scene, 'SELECT 1')).rejects.toThrow('(1045)');
  }));

it('plays the damage of a disaster in the words of its database', () =>
  inWorld(async scene => {
    serve(scene.world, writer);
    record(scene.world, host, 'shop', {
      atMs: 0,
      text: 'UPDATE `orders` SET total = 0 LIMIT 1',
      damage: true,
    });
    expect(await ask(scene, 'SELECT COUNT(*) AS n FROM orders WHERE total = 0')).toEqual([{ n: 1 }]);
  }));

it('says that it can not play what only a MySQL could', () =>
  inWorld(async scene => {
    serve(scene.world, writer);
    for (const text of ['SELECT SLEEP(1)', 'SELECT MATCH (code) AGAINST ("a") FROM orders']) {
      await expect(ask(scene, text)).rejects.toMatchObject({
        name: 'InvalidInputError',
        message: expect.stringContaining("can't play this statement of MySQL"),
      });
    }
  }));

it('does not speak MySQL where PostgreSQL is', () =>
  inWorld(async scene => {
    serve(scene.world, { writable: true, engine: 'postgres' });
    await expect(ask(scene, 'SELECT 1')).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  }));
