import type { ActionContext } from '../actions/contract.ts';
import { InvalidInputError, RequestRejectedError } from '../errors.ts';
import { connectionUrl } from '../network/connection-url.ts';

/** What a probe needs of a component of type rds-instance or rds-restore-target. */
export type ProbedDatabase = {
  region: string;
  credentials: string;
  database: string;
  writeProbe: string;
};
/** `told` is false when the probe itself is at fault (its credentials, its statement): it says nothing of the writer. */
export type ProbeResult = { ok: true } | { ok: false; told: boolean; why: string };

const connectTimeoutMs = 5_000;
const statementTimeoutMs = 10_000;

/**
 * Proves that PostgreSQL at `endpoint` is the writer: it is not in recovery, and the plan's write probe succeeds.
 * A failure comes back as a sentence without any part of the credentials.
 */
export async function probeWriter(
  context: Pick<ActionContext, 'network' | 'secret'>,
  database: ProbedDatabase,
  endpoint: { host: string; port: number },
): Promise<ProbeResult> {
  const secret = await context.secret(database.credentials, database.region);
  let url: string;
  try {
    url = connectionUrl(secret, { ...endpoint, database: database.database });
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
      const recovery = await connection.query('SELECT pg_is_in_recovery() AS in_recovery');
      if (recovery.rows[0]?.in_recovery !== false) {
        return {
          ok: false,
          told: true,
          why: `${endpoint.host} is still in recovery, so it accepts no writes`,
        };
      }
      await connection.query(database.writeProbe);
      return { ok: true };
    } finally {
      await connection.end();
    }
  } catch (error) {
    const why = `the write probe at ${endpoint.host} failed: ${withoutUrl(error)}`;
    return { ok: false, told: !isOwnFault(error), why };
  }
}

/** PostgreSQL answered and refused; only "read-only transaction" (25006) is about the writer and not about the probe. */
function isOwnFault(error: unknown): boolean {
  return error instanceof RequestRejectedError && !error.message.includes('(25006)');
}

/** The message of an error without any address, so that no part of a connection URL gets out. */
export function withoutUrl(error: unknown): string {
  const text = error instanceof Error ? error.message : 'unknown error';
  return text.replace(/\w+:\/\/\S+/g, '(address)').slice(0, 200);
}
