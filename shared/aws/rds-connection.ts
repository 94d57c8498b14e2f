import type { ActionContext } from '../actions/contract.ts';
import { fail, type NotYet, pending } from '../actions/outcomes.ts';
import { connectionUrl } from '../network/connection-url.ts';
import { isLasting } from '../network/sql-errors.ts';
import { withConnection } from '../network/with-connection.ts';
import type { SqlConnection } from '../ports.ts';

/** What a connection needs of a component that a DB instance or a cluster is. */
export type ConnectedDatabase = {
  region: string;
  credentials: string;
  database: string;
  /** As RDS names it; PostgreSQL without one. */
  engine?: string | undefined;
};

export type Endpoint = { host: string; port: number };

const connectTimeoutMs = 5_000;
const statementTimeoutMs = 10_000;

/** URL of a database at an endpoint. Throws InvalidInputError for a secret that is of no use. Never log it. */
export async function databaseUrl(
  context: Pick<ActionContext, 'secret'>,
  { credentials, region, database, engine }: ConnectedDatabase,
  { host, port }: Endpoint,
): Promise<string> {
  return connectionUrl(await context.secret(credentials, region), { host, port, database, engine });
}

/** Works on the database at such a URL. */
export function askAt<T>(
  { network }: Pick<ActionContext, 'network'>,
  url: string,
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  return withConnection(network, { url, connectTimeoutMs, statementTimeoutMs }, work);
}

/** Works on the database at an endpoint, with the credentials of its component. */
export async function withDatabase<T>(
  context: Pick<ActionContext, 'network' | 'secret'>,
  database: ConnectedDatabase,
  endpoint: Endpoint,
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  return askAt(context, await databaseUrl(context, database, endpoint), work);
}

/** Why a database could not be asked. `mend`: how a person mends it, where it does not pass by itself. */
export type Fault = { why: string; mend?: string };

/** A failure as a sentence about `what`, without any part of the credentials. */
export function faultOf(error: unknown, what: string): Fault {
  return { why: `${what}: ${withoutUrl(error)}`, ...(isLasting(error) && { mend: error.nextStep }) };
}

/**
 * What an observing step says of a database that it could not ask: it waits for what may pass, such as a connection that
 * is refused, and fails with what does not, such as a wrong password.
 */
export function waitUnlessLasting(lead: string, { why, mend }: Fault): NotYet {
  const what = `${lead}, but ${why}`;
  return mend === undefined ? pending(what) : fail(what, mend);
}

/** The message of an error without any address, so that no part of a connection URL gets out. */
export function withoutUrl(error: unknown): string {
  const text = error instanceof Error ? error.message : 'unknown error';
  return text.replace(/\w+:\/\/\S+/g, '(address)').slice(0, 200);
}
