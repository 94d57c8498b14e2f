import type { ActionContext } from '../actions/contract.ts';
import { InvalidInputError, RequestRejectedError } from '../errors.ts';
import { connectionUrl } from '../network/connection-url.ts';
import { isReadOnlyRefusal } from '../network/sql-errors.ts';
import { dialectOfDatabase } from '../sql/dialects/dialects.ts';

/** What a probe needs of a component of type rds-instance or rds-restore-target. */
export type ProbedDatabase = {
  region: string;
  credentials: string;
  database: string;
  writeProbe: string;
  /** As RDS names it; PostgreSQL without one. */
  engine?: string | undefined;
};
/**
 * `told` is false when the probe itself is at fault (its credentials, its statement): it says nothing of the writer.
 * `readOnly`: the server answered, and lets this user write nothing.
 */
export type ProbeResult = { ok: true } | { ok: false; told: boolean; why: string; readOnly?: true };

const connectTimeoutMs = 5_000;
const statementTimeoutMs = 10_000;

/**
 * Proves that the database at `endpoint` is the writer: it says so itself, and the plan's write probe succeeds.
 * A failure comes back as a sentence without any part of the credentials. With `writes: false` it is only asked, where a
 * write would be one more that a replica has to get.
 */
export async function probeWriter(
  context: Pick<ActionContext, 'network' | 'secret'>,
  database: ProbedDatabase,
  endpoint: { host: string; port: number },
  { writes = true } = {},
): Promise<ProbeResult> {
  const { writer } = dialectOfDatabase(database);
  const secret = await context.secret(database.credentials, database.region);
  let url: string;
  try {
    url = connectionUrl(secret, { ...endpoint, database: database.database, engine: database.engine });
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { ok: false, told: false, why: error.message };
  }
  try {
    const connection = await context.network.sql({
      url,
      connectTimeoutMs,
      statementTimeoutMs,
    });
    try {
      const standsBy = writer.standsBy((await connection.query(writer.query)).rows[0]);
      if (standsBy !== undefined) {
        const why = `${endpoint.host} ${standsBy.why}, so it accepts no writes`;
        return { ok: false, told: true, why, ...(standsBy.readOnly && { readOnly: true }) };
      }
      if (writes) await connection.query(database.writeProbe);
      return { ok: true };
    } finally {
      await connection.end();
    }
  } catch (error) {
    const why = `the write probe at ${endpoint.host} failed: ${withoutUrl(error)}`;
    const readOnly = isReadOnlyRefusal(error);
    return { ok: false, told: !isOwnFault(error), why, ...(readOnly && { readOnly }) };
  }
}

/** The database answered and refused; only that it takes no writes is about the writer and not about the probe. */
function isOwnFault(error: unknown): boolean {
  return error instanceof RequestRejectedError && !isReadOnlyRefusal(error);
}

/** The message of an error without any address, so that no part of a connection URL gets out. */
export function withoutUrl(error: unknown): string {
  const text = error instanceof Error ? error.message : 'unknown error';
  return text.replace(/\w+:\/\/\S+/g, '(address)').slice(0, 200);
}
