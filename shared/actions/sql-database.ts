import * as z from 'zod';
import { ServiceUnavailableError } from '../errors.ts';
import { connectionUrl } from '../network/connection-url.ts';
import { withConnection } from '../network/with-connection.ts';
import {
  mysqlServer,
  postgresServer,
  rdsCluster,
  rdsClusterRestoreTarget,
  rdsInstance,
  rdsRestoreTarget,
} from '../plan/components.ts';
import type { SqlConnection } from '../ports.ts';
import type { SqlDialect } from '../sql/dialects/dialect.ts';
import { dialectOfDatabase } from '../sql/dialects/dialects.ts';
import type { ActionContext, Reason } from './contract.ts';

/** What steps of the kind `sql.*` work on. */
export const sqlDatabase = z.discriminatedUnion('type', [
  rdsInstance,
  rdsRestoreTarget,
  rdsCluster,
  rdsClusterRestoreTarget,
  mysqlServer,
  postgresServer,
]);
export type SqlDatabase = z.output<typeof sqlDatabase>;

export const sqlDatabaseTypes = [
  'rds-instance',
  'rds-restore-target',
  'rds-cluster',
  'rds-cluster-restore-target',
  'postgres-server',
  'mysql-server',
] as const;

/** Where a database is asked for, when it is not where its credentials say. */
export const hostParameter = z.string().optional().meta({
  description: 'Host to connect to instead of the one in the credentials, such as a restored instance',
});

export type SqlPlace = {
  database: SqlDatabase;
  host?: string;
  /** Another database of the same server. */
  name?: string;
};

export const connectTimeoutMs = 5_000;

/** What the database speaks. */
export function dialectAt({ database }: Pick<SqlPlace, 'database'>): SqlDialect {
  return dialectOfDatabase({ engine: engineOf(database) });
}

const engineOf = (database: SqlDatabase) => ('engine' in database ? database.engine : undefined);

/** Refuses what only PostgreSQL can do; `instead` says how it is done with another engine. */
export function needsPostgres(database: SqlDatabase, kind: string, instead: string): Reason | undefined {
  const engine = engineOf(database);
  if (dialectOfDatabase({ engine }).name === 'PostgreSQL') return undefined;
  return { what: `${database.id} runs ${engine}, and ${kind} is for PostgreSQL only.`, mend: instead };
}

/** Connection URL of a place. Throws InvalidInputError when the credentials can't be used. Never log it. */
export async function urlOf(context: ActionContext, { database, host, name }: SqlPlace): Promise<string> {
  const secret = await context.secret(database.credentials, database.region);
  const own = 'host' in database ? database.host : undefined;
  const at = {
    host: host ?? own,
    port: database.port,
    database: database.database,
    engine: engineOf(database),
  };
  const url = connectionUrl(secret, at);
  if (name === undefined) return url;
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(name)}`;
  return other.href;
}

/** Connects, hands the connection over and closes it, whatever happens. */
export async function withSql<T>(
  context: ActionContext,
  place: SqlPlace,
  statementTimeoutMs: number,
  work: (connection: SqlConnection, host: string) => Promise<T>,
): Promise<T> {
  const url = await urlOf(context, place);
  return withConnection(context.network, { url, connectTimeoutMs, statementTimeoutMs }, connection =>
    work(connection, new URL(url).hostname),
  );
}

/** Rows of one query in a transaction that can't write. */
export async function readOnly(connection: SqlConnection, query: string): Promise<Record<string, unknown>[]> {
  await connection.query('START TRANSACTION READ ONLY');
  const { rows } = await connection.query(query);
  await connection.query('ROLLBACK');
  return rows;
}

/** The first column of the first row; undefined when there is no row. */
export function firstValue(rows: readonly Record<string, unknown>[]): ReturnType<typeof toValue> | undefined {
  const [row] = rows;
  return row && toValue(Object.values(row)[0]);
}

/** A JSON value of what the driver gives; a bigint or numeric, which the drivers give as text, becomes a number if it fits. */
export function toValue(raw: unknown): string | number | boolean | null {
  if (raw === null || raw === undefined) return null;
  if (typeof raw === 'number' || typeof raw === 'boolean') return raw;
  if (raw instanceof Date) return raw.toISOString();
  const text = typeof raw === 'object' ? JSON.stringify(raw) : String(raw);
  const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : text;
}

/** What a database says that does not answer; other errors are thrown on. */
export function silenceOf(error: unknown): string {
  if (error instanceof ServiceUnavailableError) return error.message;
  throw error;
}
