import pg from 'pg';
import type { SqlConnection, SqlOptions } from '../ports.ts';
import { isLoopback } from './is-loopback.ts';
import { sqlError } from './sql-errors.ts';

/** `connectSql` for PostgreSQL, with `pg`. */
export async function connectPostgres(options: SqlOptions): Promise<SqlConnection> {
  const { hostname, searchParams } = new URL(options.url);
  const client = new pg.Client({
    connectionString: options.url,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // The server's own limit comes first; this one is for a server that no longer answers.
    query_timeout: options.statementTimeoutMs + 2_000,
    application_name: 'lifeboat',
    ...(!searchParams.has('sslmode') && { ssl: isLoopback(hostname) ? false : { rejectUnauthorized: true } }),
  });
  // Without a listener a connection that breaks while idle would end the process; the next query reports it.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    throw translate(error, hostname);
  }
  return {
    async query(text) {
      try {
        // The extended protocol takes one statement only: a text can't end the transaction that it was put into.
        const statement: pg.QueryConfig & { queryMode: 'extended' } = { text, queryMode: 'extended' };
        const { rows } = await client.query(statement);
        return { rows };
      } catch (error) {
        throw translate(error, hostname);
      }
    },
    end: () => client.end().catch(() => {}),
  };
}

function translate(error: unknown, hostname: string): Error {
  const message = error instanceof Error ? error.message || error.name : String(error);
  const code = error instanceof pg.DatabaseError ? error.code : undefined;
  return sqlError(hostname, { message, code, cause: error });
}
