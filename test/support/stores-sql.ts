import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Postgres, startPostgres } from '../../simulator/world/postgres.ts';

const data = `
CREATE TABLE heartbeat (id int PRIMARY KEY, at timestamptz);
CREATE TABLE users (id int PRIMARY KEY, reset boolean NOT NULL DEFAULT false);
INSERT INTO users SELECT n FROM generate_series(1, 100) AS n;
CREATE TABLE trades (id int PRIMARY KEY, amount numeric, executed_at timestamptz);
INSERT INTO trades SELECT n, n * 10, timestamptz '2026-03-10 16:30:00Z' - n * interval '1 hour' FROM generate_series(0, 49) AS n;
`;

/** An embedded PostgreSQL with a little data, for the tests of one file. */
export function useSqlData(): () => Promise<Postgres> {
  let folder: string;
  let postgres: Promise<Postgres>;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lifeboat-stores-'));
    const file = path.join(folder, 'rehearsal.sql');
    await writeFile(file, data);
    postgres = startPostgres(file, folder);
    await postgres;
  }, 60_000);
  afterAll(async () => {
    await (await postgres).close();
    await rm(folder, { recursive: true });
  });
  return () => postgres;
}
