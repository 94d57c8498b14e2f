import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { PostgresReply, PostgresRequest, PostgresStart } from './postgres.ts';
import { rehearsalSchema, searchPath } from './rehearsal-schema.ts';
import { onRehearsalClock } from './sql-text.ts';

/**
 * The thread in which the embedded PostgreSQL runs. It has a clock of its own: PGlite takes the time from `Date.now`,
 * which here answers the virtual time of the statement, so that `now()` is the rehearsal's.
 */

/** Changed whenever the way of making a data directory changes. */
const layout = 6;

/** Small buffers and no spare log files: the database is tiny, and each megabyte is read again at every start. */
const settings = ['shared_buffers=1MB', 'min_wal_size=2MB', 'max_wal_size=4MB', 'wal_buffers=64kB'];
const startParams = [...PGlite.defaultStartParams, ...settings.flatMap(setting => ['-c', setting])];

// PGlite sets PostgreSQL's alarms (statistics, time-outs) with setTimeout. On a clock that is set by each statement they
// would go off at odd moments, and nothing here needs them.
Reflect.set(globalThis, 'setTimeout', () => undefined);

async function open({ sql, folder, asOfMs }: PostgresStart): Promise<PGlite> {
  const what = `${layout}\n${rehearsalSchema}\n${asOfMs}\n${sql}`;
  const key = createHash('sha256').update(what).digest('hex').slice(0, 16);
  const file = path.join(folder, `postgres-${pgliteVersion()}-${key}.tar`);
  const database = (await load(file)) ?? (await make(file, sql, asOfMs));
  await database.exec(searchPath);
  return database;
}

/** `undefined` when there is no cached data directory, or it can't be used (cut off, from another build). */
async function load(file: string): Promise<PGlite | undefined> {
  try {
    const loadDataDir = new Blob([await readFile(file)]);
    const database = new PGlite({ loadDataDir, startParams });
    await database.waitReady;
    return database;
  } catch {
    return undefined;
  }
}

/** Makes the data directory and leaves a copy in the cache. */
async function make(file: string, sql: string, asOfMs: number): Promise<PGlite> {
  const database = new PGlite({ startParams, initDbStartParams: ['--wal-segsize=1'] });
  await database.exec(rehearsalSchema);
  await database.exec(searchPath);
  Date.now = () => asOfMs;
  await database.exec(onRehearsalClock(sql));
  await database.exec('RESET search_path');
  // The template databases are two thirds of a small data directory, and nothing creates a database here.
  await database.exec('UPDATE pg_database SET datistemplate = false');
  await database.exec('DROP DATABASE template0');
  await database.exec('DROP DATABASE template1');
  await database.exec('CHECKPOINT');
  const copy = await database.dumpDataDir('none');
  await keep(file, new Uint8Array(await copy.arrayBuffer()));
  return database;
}

/** A cache that can't be written (a read-only checkout) costs two seconds at the next start and nothing else. */
async function keep(file: string, data: Uint8Array): Promise<void> {
  const partial = `${file}.${randomUUID()}`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(partial, data);
    await rename(partial, file);
  } catch {
    return;
  }
}

function pgliteVersion(): string {
  const require = createRequire(import.meta.url);
  const manifest = path.join(path.dirname(require.resolve('@electric-sql/pglite')), '../package.json');
  return String(require(manifest).version);
}

async function answer(
  database: PGlite,
  { id, text, nowMs, before = [], after }: PostgresRequest,
): Promise<PostgresReply> {
  let early = true;
  try {
    for (const earlier of before) {
      Date.now = () => earlier.atMs;
      await database.exec(earlier.text);
    }
    early = false;
    if (nowMs !== undefined) Date.now = () => nowMs;
    const { rows } = await database.query<Record<string, unknown>>(text);
    return { id, rows };
  } catch (error) {
    return { id, error: { ...describe(error), early } };
  } finally {
    if (after !== undefined) await database.exec(after);
  }
}

function describe(error: unknown): { message: string; code?: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  return { message: error.message, ...('code' in error && { code: String(error.code) }) };
}

/** The first transaction fills PostgreSQL's caches; it is cheapest while the other thread is busy with itself. */
async function warmUp(database: PGlite): Promise<void> {
  for (const text of ['BEGIN TRANSACTION READ ONLY', 'SELECT count(*) FROM pg_class', 'ROLLBACK']) {
    await database.query(text);
  }
}

function tell(reply: PostgresReply): void {
  parentPort?.postMessage(reply);
}

const database = open(workerData as PostgresStart);
// One statement after the other, in the order in which they came.
let last: Promise<unknown> = database.then(
  opened => {
    tell({ id: 0, rows: [] });
    return warmUp(opened);
  },
  error => tell({ id: 0, error: describe(error) }),
);
parentPort?.on('message', (request: PostgresRequest) => {
  last = last.then(async () => tell(await answer(await database, request)));
});
