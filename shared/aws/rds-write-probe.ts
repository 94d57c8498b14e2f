import type { ActionContext } from '../actions/contract.ts';
import { InvalidInputError, RequestRejectedError } from '../errors.ts';
import { isReadOnlyRefusal } from '../network/sql-errors.ts';
import type { SqlConnection } from '../ports.ts';
import { dialectOfDatabase } from '../sql/dialects/dialects.ts';
import {
  askAt,
  type ConnectedDatabase,
  databaseUrl,
  type Endpoint,
  type Fault,
  faultOf,
} from './rds-connection.ts';

/** What a probe needs of a component of type rds-instance or rds-restore-target. */
export type ProbedDatabase = ConnectedDatabase & { writeProbe: string };
/**
 * `told` is false when the probe itself is at fault (its credentials, its statement): it says nothing of the writer.
 * `mend` is there when that does not pass by itself. `readOnly`: the server answered, and lets this user write nothing.
 */
export type ProbeResult = { ok: true } | ({ ok: false; told: boolean; readOnly?: true } & Fault);

/**
 * Proves that the database at `endpoint` is the writer: it says so itself, and the plan's write probe succeeds.
 * A failure comes back as a sentence without any part of the credentials. With `writes: false` it is only asked, where a
 * write would be one more that a replica has to get. Throws when the secret could not be read.
 */
export async function probeWriter(
  context: Pick<ActionContext, 'network' | 'secret'>,
  database: ProbedDatabase,
  { host, port }: { host: string | undefined; port: number },
  { writes = true } = {},
): Promise<ProbeResult> {
  if (host === undefined) return { ok: false, told: true, why: 'it has no endpoint' };
  const endpoint = { host, port };
  const failed = `the write probe at ${host} failed`;
  let url: string;
  try {
    url = await databaseUrl(context, database, endpoint);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { ok: false, told: false, ...faultOf(error, failed) };
  }
  try {
    return await askAt(context, url, connection => tryToWrite(connection, database, endpoint, writes));
  } catch (error) {
    const readOnly = isReadOnlyRefusal(error);
    return { ok: false, told: !isOwnFault(error), ...faultOf(error, failed), ...(readOnly && { readOnly }) };
  }
}

async function tryToWrite(
  connection: SqlConnection,
  database: ProbedDatabase,
  { host }: Endpoint,
  writes: boolean,
): Promise<ProbeResult> {
  const { writer } = dialectOfDatabase(database);
  const standsBy = writer.standsBy((await connection.query(writer.query)).rows[0]);
  if (standsBy !== undefined) {
    const why = `${host} ${standsBy.why}, so it accepts no writes`;
    return { ok: false, told: true, why, ...(standsBy.readOnly && { readOnly: true }) };
  }
  if (writes) await connection.query(database.writeProbe);
  return { ok: true };
}

/**
 * Proves that the database at `endpoint` answers a read with the plan's credentials, whether it writes or stands by.
 * Throws when the secret could not be read.
 */
export async function probeReader(
  context: Pick<ActionContext, 'network' | 'secret'>,
  database: ConnectedDatabase,
  { host, port }: { host: string | undefined; port: number },
): Promise<{ ok: true } | ({ ok: false } & Fault)> {
  if (host === undefined) return { ok: false, why: 'it has no endpoint' };
  const failed = `${host} answers no query`;
  let url: string;
  try {
    url = await databaseUrl(context, database, { host, port });
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { ok: false, ...faultOf(error, failed) };
  }
  try {
    await askAt(context, url, connection => connection.query(dialectOfDatabase(database).writer.query));
    return { ok: true };
  } catch (error) {
    return { ok: false, ...faultOf(error, failed) };
  }
}

/** The database answered and refused; only that it takes no writes is about the writer and not about the probe. */
function isOwnFault(error: unknown): boolean {
  return error instanceof RequestRejectedError && !isReadOnlyRefusal(error);
}
