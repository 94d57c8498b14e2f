import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Postgres, startPostgres } from '../../../simulator/world/postgres.ts';

describe('startPostgres', () => {
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lifeboat-postgres-'));
    file = path.join(folder, 'rehearsal.sql');
    await writeFile(file, 'CREATE TABLE tenants (id int); INSERT INTO tenants VALUES (1), (2);');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const count = async (postgres: Postgres) =>
    (await postgres.query('SELECT count(*)::int AS tenants FROM tenants')).rows;
  const cached = async () => (await readdir(folder)).filter(name => name.endsWith('.tar'));

  it('holds the data of the file, keeps a copy, and starts from the copy the next time', async () => {
    const first = await startPostgres(file, folder);
    expect(await count(first)).toEqual([{ tenants: 2 }]);
    await first.close();
    expect(await cached()).toHaveLength(1);
    const second = await startPostgres(file, folder);
    expect(await count(second)).toEqual([{ tenants: 2 }]);
    await second.close();
    expect(await cached()).toHaveLength(1);
  }, 60_000);

  it('makes the data anew when the copy is damaged', async () => {
    const [name = ''] = await cached();
    await truncate(path.join(folder, name), 100_000);
    const postgres = await startPostgres(file, folder);
    expect(await count(postgres)).toEqual([{ tenants: 2 }]);
    await postgres.close();
  }, 60_000);

  it('starts once per process for the same data', async () => {
    const [one, other] = await Promise.all([startPostgres(file, folder), startPostgres(file, folder)]);
    expect(one).toBe(other);
    await one.close();
  }, 60_000);

  it('tells the time that it is given', async () => {
    const postgres = await startPostgres(file, folder);
    const { rows } = await postgres.query('SELECT now() AS now', Date.parse('2026-03-10T16:42:00Z'));
    expect(rows).toEqual([{ now: new Date('2026-03-10T16:42:00Z') }]);
    await postgres.close();
  }, 60_000);

  it('makes the data as of the moment that it is given, on whatever day that is', async () => {
    const dated = path.join(folder, 'dated.sql');
    await writeFile(
      dated,
      `CREATE TABLE seen (at timestamptz DEFAULT now(), other timestamptz, day date);
       INSERT INTO seen (other, day) VALUES (CURRENT_TIMESTAMP - interval '1 minute', CURRENT_DATE);`,
    );
    const moment = '2026-03-10T16:42:00.000Z';
    const postgres = await startPostgres(dated, folder, undefined, Date.parse(moment));
    const query = "SELECT at, at - other = interval '1 minute' AS apart, day::text FROM seen";
    const { rows } = await postgres.query(query);
    expect(rows).toEqual([{ at: new Date(moment), apart: true, day: moment.slice(0, 10) }]);
    await postgres.close();
  }, 60_000);

  it('rejects a statement with its SQLSTATE', async () => {
    const postgres = await startPostgres(file, folder);
    await expect(postgres.query('SELECT * FROM nowhere')).rejects.toMatchObject({ code: '42P01' });
    await postgres.close();
    await expect(postgres.query('SELECT 1')).rejects.toThrow();
  }, 60_000);

  it('says so when the file is no SQL', async () => {
    const bad = path.join(folder, 'bad.sql');
    await writeFile(bad, 'CREATE TABEL tenants ();');
    await expect(startPostgres(bad, folder)).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining('syntax error at or near "TABEL"'),
    });
  }, 60_000);
});
