import type { DBInstance } from '@aws-sdk/client-rds';
import type { ActionContext, Permission } from '../actions/contract.ts';
import { dialectOfDatabase } from '../sql/dialects/dialects.ts';
import { isUnreachable } from './aws-errors.ts';
import { metricReadPermission } from './newest-data-point.ts';
import { type Endpoint, type Fault, faultOf, withDatabase } from './rds-connection.ts';
import { readInstance } from './rds-reader.ts';
import { replayedByMetric } from './rds-replica-metric.ts';
import { type ProbedDatabase, probeWriter } from './rds-write-probe.ts';

/** What a replica says of itself: up to which commit of its source it has replayed; or why that is not known. */
export type Replayed = { known: true; at: Date } | ({ known: false } & Fault);

/**
 * Asks a replica itself, so that it needs neither CloudWatch nor the source. Where it does not know, as a MariaDB whose
 * source is lost, the newest value of its metric ReplicaLag from before the outage is taken.
 */
export async function readReplayed(
  context: Pick<ActionContext, 'network' | 'secret' | 'aws' | 'clock' | 'run'>,
  database: ProbedDatabase,
  replica: Endpoint & { identifier: string },
): Promise<Replayed> {
  const { host, port, identifier } = replica;
  const dialect = dialectOfDatabase(database);
  const unknown = (fault: Fault) =>
    dialect.name === 'MySQL'
      ? replayedByMetric(context, database.region, identifier, fault)
      : { known: false as const, ...fault };
  try {
    const found = await withDatabase(context, database, { host, port }, connection =>
      dialect.replica.replayed(connection, context.clock.now()),
    );
    return 'at' in found ? { known: true, at: found.at } : await unknown({ why: `${host} ${found.why}` });
  } catch (error) {
    return unknown(faultOf(error, `${host} could not be asked`));
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
  readOnlyAt?: Endpoint;
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
  // A replica of another one is read-only as well, and its source may write.
  if (probe.readOnly && found.ReadReplicaSourceDBInstanceIdentifier === undefined) {
    const readOnlyAt = { host, port: found.Endpoint?.Port ?? database.port };
    return { kind: 'fenced', what: `${identifier} in ${region} answers and is read-only`, readOnlyAt };
  }
  return {
    kind: 'unknown',
    what: `${identifier} in ${region} is ${found.DBInstanceStatus}, and ${probe.why}`,
  };
}

/**
 * Lets a promoted replica of PostgreSQL take writes again. A source that was made read-only before the promotion has
 * passed that on: the setting is part of the database, and is replicated with it. That of MySQL is not.
 */
export async function allowWrites(
  context: Pick<ActionContext, 'network' | 'secret' | 'changed'>,
  component: ProbedDatabase,
  endpoint: Endpoint,
): Promise<void> {
  const { region, database } = component;
  const dialect = dialectOfDatabase(component);
  if (dialect.name !== 'PostgreSQL') return;
  await withDatabase(context, component, endpoint, async connection => {
    await context.changed({
      call: 'sql.Execute',
      region,
      resource: endpoint.host,
      what: `${database} is not read-only by default any more, which it had from its source`,
    });
    await connection.query('START TRANSACTION READ WRITE');
    await connection.query(
      `ALTER DATABASE ${dialect.quoteName(database)} RESET default_transaction_read_only`,
    );
    await connection.query('COMMIT');
  });
}

/**
 * Whether a replica has replayed everything that its source holds. The source is read-only, so its log does not grow
 * any more. False also when one of them can't be asked: then nothing is known.
 */
export async function hasAllOf(
  context: Pick<ActionContext, 'network' | 'secret'>,
  database: ProbedDatabase,
  source: Endpoint,
  replica: Endpoint,
): Promise<boolean> {
  const { replica: log } = dialectOfDatabase(database);
  try {
    const position = await withDatabase(context, database, source, log.position);
    if (position === undefined) return false;
    return await withDatabase(context, database, replica, one => log.hasReached(one, position));
  } catch {
    return false;
  }
}

/** What `readReplayed` needs besides the credentials. */
export const lagPermissions = (database: { engine?: string | undefined }): Permission[] =>
  dialectOfDatabase(database).name === 'MySQL' ? [metricReadPermission] : [];
