import { InvalidInputError } from '../../shared/errors.ts';
import { MysqlFailure, NotPlayed } from './mysql/expressions.ts';
import { mysqlFailure } from './mysql/failures.ts';
import { tablesOf } from './mysql/tables.ts';
import { toPostgres } from './mysql/to-postgres.ts';
import type { Postgres } from './postgres.ts';
import type { World } from './world.ts';

export type Failure = { message: string; code: string };

/** How a simulated server speaks: the embedded PostgreSQL is asked in its own words, and answers in the server's. */
export type SqlLanguage = {
  name: 'PostgreSQL' | 'MySQL';
  /** Databases that every server has. */
  ownDatabases: readonly string[];
  /** A statement as the embedded PostgreSQL reads it. Throws a MysqlFailure where the server itself says no. */
  read(text: string): string;
  /** What the server says where the embedded PostgreSQL says this. Throws what is not about the statement. */
  fail(failure: Failure, given: { text: string; askedReadOnly: boolean }): Failure;
  rows(rows: Record<string, unknown>[]): Record<string, unknown>[];
};

export const postgresLanguage: SqlLanguage = {
  name: 'PostgreSQL',
  ownDatabases: ['postgres'],
  read: text => text,
  fail: failure => failure,
  rows: rows => rows,
};

/** MySQL or MariaDB, which `engine` tells apart as RDS names it. */
export async function mysqlLanguage(
  world: World,
  embedded: Postgres,
  scope: { database: string; engine: string },
): Promise<SqlLanguage> {
  const tables = await world.real(tablesOf(embedded));
  return {
    name: 'MySQL',
    ownDatabases: ['information_schema', 'mysql', 'performance_schema', 'sys'],
    read(text) {
      try {
        return toPostgres(text, scope, tables);
      } catch (error) {
        if (error instanceof NotPlayed) throw notPlayed(text, error.message, error);
        throw error;
      }
    },
    fail(failure, { text, askedReadOnly }) {
      const said = mysqlFailure(failure, { engine: scope.engine, askedReadOnly });
      if (said === undefined) throw notPlayed(text, `PostgreSQL says: ${failure.message}`, failure);
      return said;
    },
    rows: rows => rows.map(withoutBooleans),
  };
}

export { MysqlFailure };

/** MySQL has no booleans: true is 1. */
function withoutBooleans(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'boolean' ? Number(value) : value]),
  );
}

function notPlayed(text: string, why: string, cause: unknown): InvalidInputError {
  const short = text.length > 160 ? `${text.slice(0, 160)}…` : text;
  return new InvalidInputError(`A rehearsal can't play this statement of MySQL: ${short} (${why})`, {
    nextStep:
      'A rehearsal reads MySQL with an embedded PostgreSQL, and knows what is usual. Say it more simply, or try it on a server of your own.',
    cause,
  });
}
