import type { SqlDialect } from './dialect.ts';
import { mysql } from './mysql.ts';
import { postgres } from './postgres.ts';

/** By the engine's name in RDS; what is not in it can't be asked anything. */
const byEngine: Record<string, SqlDialect> = {
  postgres,
  'aurora-postgresql': postgres,
  mysql,
  mariadb: mysql,
  'aurora-mysql': mysql,
  // What Aurora MySQL 1 was called, and is in old snapshots.
  aurora: mysql,
};

/** What an engine of RDS speaks; undefined for SQL Server, Oracle and Db2, and for what nobody knows yet. */
export function dialectOf(engine: string): SqlDialect | undefined {
  return Object.hasOwn(byEngine, engine) ? byEngine[engine] : undefined;
}

/** What a database of the plan speaks. Components without an engine are PostgreSQL. */
export function dialectOfDatabase(database: { engine?: string | undefined }): SqlDialect {
  return dialectOf(database.engine ?? 'postgres') ?? postgres;
}

/** What the server behind a connection URL speaks. */
export function dialectOfUrl(url: string): SqlDialect {
  return new URL(url).protocol === mysql.protocol ? mysql : postgres;
}
