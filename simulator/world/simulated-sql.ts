import { sqlError } from '../../shared/network/sql-errors.ts';
import type { SqlConnection, SqlOptions } from '../../shared/ports.ts';
import { appDependencies } from './dependencies.ts';
import { EmbeddedSqlError, type Postgres } from './postgres.ts';
import { sleep } from './sleep.ts';
import type { World } from './world.ts';

/**
 * `Network.sql` of a rehearsal. Whether a host answers is decided in the simulated world; what a query answers, by a
 * real PostgreSQL that stands for all of them. Nothing that is written is kept: each transaction is rolled back, so
 * that every run finds the same data.
 */
export function simulatedSql(
  world: World,
  postgres: Promise<Postgres>,
): (options: SqlOptions) => Promise<SqlConnection> {
  return async options => {
    const { hostname } = new URL(options.url);
    await reach(world, hostname, options.connectTimeoutMs);
    const database = await world.real(postgres);
    let release: (() => void) | undefined;
    let inTransaction = false;

    const run = async (text: string) => {
      try {
        return await world.real(database.query(text, world.nowMs()));
      } catch (error) {
        throw translate(error, hostname);
      }
    };
    const query = async (text: string): Promise<{ rows: Record<string, unknown>[] }> => {
      const found = await reach(world, hostname, options.statementTimeoutMs);
      release ??= await database.acquire();
      if (endsTransaction(text)) {
        inTransaction = false;
        return run('ROLLBACK');
      }
      if (beginsTransaction(text)) {
        inTransaction = true;
        return run(text);
      }
      if (inTransaction) return run(text);
      await run(found.writable ? 'BEGIN' : 'BEGIN TRANSACTION READ ONLY');
      try {
        return await run(text);
      } finally {
        await run('ROLLBACK');
      }
    };
    const end = async () => {
      if (inTransaction) await run('ROLLBACK');
      inTransaction = false;
      release?.();
      release = undefined;
    };
    return { query, end };
  };
}

/** Waits in virtual time and throws when nothing answers at the host. */
async function reach(world: World, hostname: string, timeoutMs: number): Promise<{ writable: boolean }> {
  const found = appDependencies(world).databaseAt(hostname);
  if (found) return found;
  await sleep(timeoutMs);
  throw sqlError(hostname, { message: `nothing within ${timeoutMs} ms` });
}

function beginsTransaction(text: string): boolean {
  return /^\s*(begin|start\s+transaction)\b/i.test(text);
}

function endsTransaction(text: string): boolean {
  return /^\s*(commit|end|rollback|abort)\b/i.test(text);
}

/** What the embedded database says is an answer of the simulated one. */
function translate(error: unknown, hostname: string): unknown {
  if (!(error instanceof EmbeddedSqlError)) return error;
  return sqlError(hostname, { message: error.message, code: error.code, cause: error });
}
