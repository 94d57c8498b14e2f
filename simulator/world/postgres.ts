import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { InvalidInputError } from '../../shared/errors.ts';

/** What the worker is started with, and what passes between it and this thread. Request 0 is the start itself. */
export type PostgresStart = { sql: string; folder: string; asOfMs: number };
export type PostgresRequest = { id: number; text: string; nowMs?: number } & Around;
/** What runs in the same message as a statement: each message costs two turns of two threads. */
export type Around = {
  before?: readonly TimedText[];
  /** Ends what `before` began, also after an error. */
  after?: string;
};
/** Statements, one or several, that are to run at their own time. */
export type TimedText = { text: string; atMs: number };
export type PostgresReply =
  | { id: number; rows: Record<string, unknown>[]; error?: undefined }
  | { id: number; error: SqlFailure };
/** `early`: something in `before` was refused, and the statement itself was not run. */
type SqlFailure = { message: string; code?: string; early?: boolean };

/** A statement that the embedded PostgreSQL refused. `code` is the SQLSTATE. */
export class EmbeddedSqlError extends Error {
  readonly code: string;
  readonly early: boolean;

  constructor(failure: SqlFailure) {
    super(failure.message);
    // XX000 is PostgreSQL's own code for an internal error.
    this.code = failure.code ?? 'XX000';
    this.early = failure.early ?? false;
  }
}

/** One session of an embedded PostgreSQL. It does not keep the process alive while nothing is asked of it. */
export type Postgres = {
  /**
   * Runs one statement; `now()` answers `nowMs` if it is given. What is in `before` runs first, each at its own time.
   * Rejects with EmbeddedSqlError.
   */
  query(text: string, nowMs?: number, around?: Around): Promise<{ rows: Record<string, unknown>[] }>;
  /** Lets the next statement begin with a ROLLBACK: nobody waits for one, and a message of its own is saved. */
  rollBack(): void;
  /** Waits until nobody else has the session, and keeps it until the returned function is called. */
  acquire(): Promise<() => void>;
  close(): Promise<void>;
};

/** When rehearsals begin that name no other time. */
const usualMoment = Date.parse('2026-03-10T16:42:00Z');
const cacheFolder = path.join(import.meta.dirname, '../../.lifeboat/cache');
const running = new Map<string, Promise<Postgres>>();

/**
 * Starts an embedded PostgreSQL (PGlite) that holds the data of a rehearsal, once per process and SQL text. It runs in
 * a thread of its own, so call it early and await it late: it starts while other modules load. The data directory is
 * made at the first use (about 2 s) and kept under `.lifeboat/cache`; later starts take about 0.3 s.
 * `sqlFile` is the plan's `rehearsal.database`; without it the database is empty. `read` gives the SQL of a file in
 * another language in PostgreSQL's words. `asOfMs` is what `now()` answers while the data is made: without a fixed moment
 * a rehearsal on another day would have other data. Rejects with InvalidInputError when the file's SQL is wrong.
 */
export async function startPostgres(
  sqlFile?: string,
  folder = cacheFolder,
  read = (sql: string) => sql,
  asOfMs = usualMoment,
): Promise<Postgres> {
  // Read at once, so that the thread starts before the caller goes on to load modules.
  const sql = sqlFile === undefined ? '' : read(readFileSync(sqlFile, 'utf8'));
  const key = `${folder}\n${asOfMs}\n${sql}`;
  const known = running.get(key);
  if (known) return known;
  const forget = () => running.delete(key);
  const started = start({ sql, folder, asOfMs }, forget);
  running.set(key, started);
  started.catch(forget);
  return started;
}

async function start(workerData: PostgresStart, onClose: () => void): Promise<Postgres> {
  const worker = new Worker(new URL('./postgres-worker.ts', import.meta.url), { workerData });
  const { ask, expect } = exchangeWith(worker);
  try {
    await expect(0);
  } catch (cause) {
    await worker.terminate();
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidInputError(`PostgreSQL refuses the data of the rehearsal: ${said}`, {
      nextStep: 'Mend the SQL file that `rehearsal.database` in the plan names.',
      cause,
    });
  }
  let last = Promise.resolve();
  let owesRollback = false;
  return {
    async query(text, nowMs, around) {
      const first = owesRollback ? [{ text: 'ROLLBACK', atMs: nowMs ?? Date.now() }] : [];
      owesRollback = false;
      const before = [...first, ...(around?.before ?? [])];
      return { rows: await ask({ text, nowMs, before, after: around?.after }) };
    },
    rollBack() {
      owesRollback = true;
    },
    async acquire() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      return resolve;
    },
    async close() {
      onClose();
      await worker.terminate();
    },
  };
}

/** Pairs replies with requests, and keeps the process alive only while a reply is awaited. */
function exchangeWith(worker: Worker) {
  type Rows = Record<string, unknown>[];
  const waiting = new Map<number, PromiseWithResolvers<Rows>>();
  let requests = 0;
  let ended: Error | undefined;

  const expect = (id: number): Promise<Rows> => {
    if (ended) return Promise.reject(ended);
    const pending = Promise.withResolvers<Rows>();
    waiting.set(id, pending);
    worker.ref();
    return pending.promise;
  };
  worker.on('message', (reply: PostgresReply) => {
    const pending = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker.unref();
    if (reply.error) pending?.reject(new EmbeddedSqlError(reply.error));
    else pending?.resolve(reply.rows);
  });
  const failAll = (error: Error) => {
    ended = error;
    for (const pending of waiting.values()) pending.reject(error);
    waiting.clear();
  };
  worker.on('error', failAll);
  worker.on('exit', () => failAll(new Error('the embedded PostgreSQL has ended')));

  const ask = (request: Omit<PostgresRequest, 'id'>): Promise<Rows> => {
    requests += 1;
    const reply = expect(requests);
    worker.postMessage({ id: requests, ...request } satisfies PostgresRequest);
    return reply;
  };
  return { ask, expect };
}
