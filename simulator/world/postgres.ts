import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { InvalidInputError } from '../../shared/errors.ts';

/** One session of an embedded PostgreSQL. */
export type Postgres = {
  query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
  /** Waits until nobody else has the session, and keeps it until the returned function is called. */
  acquire(): Promise<() => void>;
  close(): Promise<void>;
};

const cacheFolder = path.join(import.meta.dirname, '../../.lifeboat/cache');

/** Changed whenever the way of making a data directory changes. */
const layout = 2;

/** Small buffers and no spare log files: the database is tiny, and each megabyte is read again at every start. */
const settings = ['shared_buffers=1MB', 'min_wal_size=2MB', 'max_wal_size=4MB', 'wal_buffers=64kB'];

const running = new Map<string, Promise<Postgres>>();

/**
 * Starts an embedded PostgreSQL (PGlite) that holds the data of a rehearsal, once per process and SQL text. The data
 * directory is made at the first use and kept under `.lifeboat/cache`; later starts load it in about 0.25 s. Call it
 * early and await it late, since it can start while other modules are loading.
 * `sqlFile` is the plan's `rehearsal.database`; without it the database is empty.
 */
export async function startPostgres(sqlFile?: string, folder = cacheFolder): Promise<Postgres> {
  const sql = sqlFile === undefined ? '' : await readFile(sqlFile, 'utf8');
  const key = createHash('sha256').update(`${layout}\n${sql}`).digest('hex').slice(0, 16);
  const file = path.join(folder, `postgres-${pgliteVersion()}-${key}.tar`);
  const known = running.get(file);
  if (known) return known;
  const started = open(file, sql);
  running.set(file, started);
  started.catch(() => running.delete(file));
  return started;
}

async function open(file: string, sql: string): Promise<Postgres> {
  const database = (await load(file)) ?? (await make(file, sql));
  let last = Promise.resolve();
  return {
    query: async text => ({ rows: (await database.query<Record<string, unknown>>(text)).rows }),
    async acquire() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      return resolve;
    },
    async close() {
      running.delete(file);
      await database.close();
    },
  };
}

/** `undefined` when there is no cached data directory, or it can't be used (cut off, from another build). */
async function load(file: string): Promise<PGlite | undefined> {
  try {
    const loadDataDir = new Blob([await readFile(file)]);
    const database = new PGlite({ loadDataDir, startParams: startParams() });
    await database.waitReady;
    return database;
  } catch {
    return undefined;
  }
}

/** Makes the data directory and leaves a copy in the cache. A cache that can't be written costs time, nothing else. */
async function make(file: string, sql: string): Promise<PGlite> {
  const database = new PGlite({ startParams: startParams(), initDbStartParams: ['--wal-segsize=1'] });
  try {
    await database.exec(sql);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidInputError(`PostgreSQL refuses the data of the rehearsal: ${said}`, {
      nextStep: 'Mend the SQL file that `rehearsal.database` in the plan names.',
      cause,
    });
  }
  await dropTemplates(database);
  await database.exec('CHECKPOINT');
  try {
    const copy = await database.dumpDataDir('none');
    await mkdir(path.dirname(file), { recursive: true });
    const partial = `${file}.${randomUUID()}`;
    await writeFile(partial, new Uint8Array(await copy.arrayBuffer()));
    await rename(partial, file);
  } catch {
    return database;
  }
  return database;
}

/** The template databases are two thirds of a small data directory, and nothing creates a database here. */
async function dropTemplates(database: PGlite): Promise<void> {
  await database.exec('UPDATE pg_database SET datistemplate = false');
  await database.exec('DROP DATABASE template0');
  await database.exec('DROP DATABASE template1');
}

function startParams(): string[] {
  return [...PGlite.defaultStartParams, ...settings.flatMap(setting => ['-c', setting])];
}

function pgliteVersion(): string {
  const require = createRequire(import.meta.url);
  const manifest = path.join(path.dirname(require.resolve('@electric-sql/pglite')), '../package.json');
  return String(require(manifest).version);
}
