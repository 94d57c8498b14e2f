import type { DBInstance } from '@aws-sdk/client-rds';
import type { ActionContext } from '../actions/contract.ts';
import { connectionUrl } from '../network/connection-url.ts';
import { isUnreachable } from './aws-errors.ts';
import { readInstance } from './rds-reader.ts';
import { type ProbedDatabase, probeWriter, withoutUrl } from './rds-write-probe.ts';

/** What a replica says of itself: up to which commit of its source it has replayed; or why that is not known. */
export type Replayed = { known: true; at: Date } | { known: false; why: string };

const connectTimeoutMs = 5_000;
const statementTimeoutMs = 10_000;

/**
 * Asks a PostgreSQL replica itself, so that it needs neither CloudWatch nor the source. RDS measures its metric
 * ReplicaLag in the same way. A source without writes of its own looks up to five minutes older than it is, so the
 * loss that follows from it is "at most".
 */
export async function readReplayed(
  context: Pick<ActionContext, 'network' | 'secret'>,
  database: ProbedDatabase,
  endpoint: { host: string; port: number },
): Promise<Replayed> {
  try {
    const secret = await context.secret(database.credentials, database.region);
    const url = connectionUrl(secret, { ...endpoint, database: database.database });
    const connection = await context.network.sql({ url, connectTimeoutMs, statementTimeoutMs });
    try {
      const { rows } = await connection.query(
        'SELECT pg_is_in_recovery() AS in_recovery, extract(epoch FROM pg_last_xact_replay_timestamp())::float8 AS replayed_at',
      );
      const { in_recovery: replica, replayed_at: at } = rows[0] ?? {};
      if (replica !== true) return { known: false, why: `${endpoint.host} is not in recovery` };
      if (typeof at !== 'number') return { known: false, why: `${endpoint.host} has replayed nothing yet` };
      return { known: true, at: new Date(Math.round(at * 1000)) };
    } finally {
      await connection.end();
    }
  } catch (error) {
    return { known: false, why: `${endpoint.host} could not be asked: ${withoutUrl(error)}` };
  }
}

/** Where a replica's source is: RDS names it by its identifier within a region, and by its ARN across regions. */
export function sourceOf(
  replica: DBInstance,
  region: string,
): { identifier: string; region: string } | undefined {
  const name = replica.ReadReplicaSourceDBInstanceIdentifier;
  if (!name) return undefined;
  if (!name.startsWith('arn:')) return { identifier: name, region };
  const parts = name.split(':');
  return { identifier: parts[6] ?? name, region: parts[3] ?? region };
}

/**
 * Whether the source of a replica can still write. `fenced` has its proof; `open` is seen to take writes; `unknown`
 * is all else, since what can't be reached from here may still serve its own users.
 */
export type SourceState = {
  kind: 'fenced' | 'open' | 'unknown';
  what: string;
  /** Where a source answers that is read-only, so that it can be asked how far its log goes. */
  readOnlyAt?: { host: string; port: number };
};

/** `database` is the replica's component: a replica has its source's users and passwords. */
export async function judgeSource(
  context: ActionContext,
  database: ProbedDatabase & { port: number },
  source: { identifier: string; region: string },
): Promise<SourceState> {
  const { identifier, region } = source;
  let found: DBInstance | undefined;
  try {
    found = await readInstance(context.aws, region, identifier);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return {
      kind: 'unknown',
      what: `RDS in ${region} does not answer, so nobody can say whether ${identifier} is down`,
    };
  }
  if (found === undefined)
    return { kind: 'fenced', what: `RDS in ${region} says that there is no ${identifier} any more` };
  if (found.DBInstanceStatus === 'stopped') {
    return { kind: 'fenced', what: `RDS in ${region} says that ${identifier} is stopped` };
  }
  const host = found.Endpoint?.Address;
  if (host === undefined)
    return { kind: 'unknown', what: `${identifier} is ${found.DBInstanceStatus} and has no endpoint` };
  const probe = await probeWriter(context, database, { host, port: found.Endpoint?.Port ?? database.port });
  if (probe.ok)
    return { kind: 'open', what: `${identifier} in ${region} is ${found.DBInstanceStatus} and takes writes` };
  // 25006: the server answers, and lets this user write nothing.
  if (probe.why.includes('(25006)')) {
    const readOnlyAt = { host, port: found.Endpoint?.Port ?? database.port };
    return { kind: 'fenced', what: `${identifier} in ${region} answers and is read-only`, readOnlyAt };
  }
  return {
    kind: 'unknown',
    what: `${identifier} in ${region} is ${found.DBInstanceStatus}, and ${probe.why}`,
  };
}

/**
 * Lets a promoted replica take writes again. A source that was made read-only before the promotion has passed that on:
 * the setting is part of the database, and is replicated with it.
 */
export async function allowWrites(
  context: Pick<ActionContext, 'network' | 'secret' | 'changed'>,
  { region, credentials, database }: ProbedDatabase,
  endpoint: { host: string; port: number },
): Promise<void> {
  const url = connectionUrl(await context.secret(credentials, region), { ...endpoint, database });
  const connection = await context.network.sql({ url, connectTimeoutMs, statementTimeoutMs });
  try {
    await context.changed({
      call: 'sql.Execute',
      region,
      resource: endpoint.host,
      what: `${database} is not read-only by default any more, which it had from its source`,
    });
    await connection.query('BEGIN READ WRITE');
    const name = `"${database.replaceAll('"', '""')}"`;
    await connection.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await connection.query('COMMIT');
  } finally {
    await connection.end();
  }
}

/**
 * Whether a replica has replayed everything that its source holds. The source is read-only, so its log does not grow
 * any more. False also when one of them can't be asked: then nothing is known.
 */
export async function hasAllOf(
  context: Pick<ActionContext, 'network' | 'secret'>,
  database: ProbedDatabase,
  source: { host: string; port: number },
  replica: { host: string; port: number },
): Promise<boolean> {
  const secret = await context.secret(database.credentials, database.region);
  const ask = async (endpoint: { host: string; port: number }, query: string) => {
    const url = connectionUrl(secret, { ...endpoint, database: database.database });
    const connection = await context.network.sql({ url, connectTimeoutMs, statementTimeoutMs });
    try {
      return (await connection.query(query)).rows[0] ?? {};
    } finally {
      await connection.end();
    }
  };
  try {
    const { position } = await ask(source, 'SELECT pg_current_wal_lsn()::text AS position');
    if (typeof position !== 'string' || !/^[0-9a-f]+\/[0-9a-f]+$/i.test(position)) return false;
    const query = `SELECT pg_last_wal_replay_lsn() >= '${position}'::pg_lsn AS has_all`;
    return (await ask(replica, query)).has_all === true;
  } catch {
    return false;
  }
}
