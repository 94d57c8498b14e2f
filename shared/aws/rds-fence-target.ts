import {
  RDSClient,
  StartDBClusterCommand,
  StartDBInstanceCommand,
  StopDBClusterCommand,
  StopDBInstanceCommand,
} from '@aws-sdk/client-rds';
import type { ActionContext, Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { isUnreachable, request } from './aws-errors.ts';
import { readCluster } from './rds-cluster-reader.ts';
import { readInstance } from './rds-reader.ts';

/** What `rds.fence` stops: a DB instance, or a whole cluster with all its instances. */
export type Fenced = ComponentOf<'rds-instance'> | ComponentOf<'rds-cluster'>;

/** `never` says why RDS would refuse to stop it, whatever its status. */
export type Seen = { status: string; restartsAt: string | undefined; never?: Reason };

export async function look(
  context: ActionContext,
  database: Fenced,
): Promise<Seen | 'missing' | 'unreachable'> {
  try {
    return (await read(context, database)) ?? 'missing';
  } catch (error) {
    if (isUnreachable(error)) return 'unreachable';
    throw error;
  }
}

async function read(context: ActionContext, database: Fenced): Promise<Seen | undefined> {
  const { region, identifier } = database;
  if (database.type === 'rds-instance') {
    const instance = await readInstance(context.aws, region, identifier);
    return (
      instance && {
        status: instance.DBInstanceStatus ?? 'unknown',
        restartsAt: instance.AutomaticRestartTime?.toISOString(),
      }
    );
  }
  const cluster = await readCluster(context.aws, region, identifier);
  if (cluster === undefined) return undefined;
  const global = cluster.GlobalClusterIdentifier;
  return {
    status: cluster.Status ?? 'unknown',
    restartsAt: cluster.AutomaticRestartTime?.toISOString(),
    // Source: Aurora User Guide, "Stopping and starting an Amazon Aurora DB cluster", limitations.
    ...(global && {
      never: {
        what: `${identifier} is a member of the global database ${global}, and RDS stops no member of one`,
        mend: 'Use rds.switchover-global-cluster while its region answers: it takes the writer away from this cluster and loses nothing. Where nothing takes its place, as for wrong data, make it read-only with sql.exec and end its sessions.',
      },
    }),
  };
}

/** The call that stops it, and the one that starts it again, with the names of the ledger. */
export const fenceCalls = {
  'rds-instance': { stop: 'rds.StopDBInstance', start: 'rds.StartDBInstance' },
  'rds-cluster': { stop: 'rds.StopDBCluster', start: 'rds.StartDBCluster' },
} as const;

/** Errors that say "not in this state", for either. */
export const wrongState = ['InvalidDBInstanceStateFault', 'InvalidDBClusterStateFault'];

export async function stop(context: ActionContext, { type, region, identifier }: Fenced): Promise<void> {
  const client = context.aws.client(RDSClient, region);
  await request({ call: fenceCalls[type].stop, region }, async () => {
    if (type === 'rds-instance') {
      await client.send(new StopDBInstanceCommand({ DBInstanceIdentifier: identifier }));
    } else {
      await client.send(new StopDBClusterCommand({ DBClusterIdentifier: identifier }));
    }
  });
}

export async function start(context: ActionContext, { type, region, identifier }: Fenced): Promise<void> {
  const client = context.aws.client(RDSClient, region);
  await request({ call: fenceCalls[type].start, region }, async () => {
    if (type === 'rds-instance') {
      await client.send(new StartDBInstanceCommand({ DBInstanceIdentifier: identifier }));
    } else {
      await client.send(new StartDBClusterCommand({ DBClusterIdentifier: identifier }));
    }
  });
}
