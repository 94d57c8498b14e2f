import {
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  ModifyDBClusterCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { isNamed, isNotFound, request } from '../../aws/aws-errors.ts';
import { pages } from '../../aws/pages.ts';
import { readCluster, readClusterSnapshots, readMembers, writerOf } from '../../aws/rds-cluster-reader.ts';
import { createClusterInstance, isAurora, startClusterRestore } from '../../aws/rds-cluster-restore.ts';
import { meaningOfClusterStatus, serves } from '../../aws/rds-cluster-status.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import type { Runtime } from '../../runtime.ts';
import type { Point } from './points.ts';
import type { ClusterTarget } from './steps.ts';
import { type Found, quotaErrors, type Started } from './throw-away-state.ts';
import { isThrowAway, type Tags } from './throw-away-tags.ts';

type Port = Pick<Runtime, 'aws'>;

/** Asks RDS for the throw-away cluster. An Aurora cluster has no instance yet: `observeCluster` makes it. */
export async function startCluster(
  { aws }: Port,
  target: ClusterTarget,
  identifier: string,
  point: Point,
  tags: Tags,
): Promise<Started> {
  const from =
    point.method === 'cluster-time'
      ? { cluster: point.from, restoreTime: point.useLatest ? undefined : new Date(point.at) }
      : { snapshot: point.from, engineVersion: await versionOf({ aws }, target, point.from) };
  try {
    await startClusterRestore(aws, { identifier, target, from, deletionProtection: false, tags });
    return 'started';
  } catch (error) {
    // An earlier request was carried out and its reply was lost.
    if (isNamed(error, 'DBClusterAlreadyExistsFault')) return 'started';
    if (isNamed(error, ...quotaErrors)) return 'full';
    throw error;
  }
}

/** Without a version RDS takes its default one, which may be a major version further. */
async function versionOf({ aws }: Port, target: ClusterTarget, snapshot: string) {
  const known = await readClusterSnapshots(aws, target.region, target.sourceIdentifier);
  return known.find(
    one => one.DBClusterSnapshotIdentifier === snapshot || one.DBClusterSnapshotArn === snapshot,
  )?.EngineVersion;
}

/**
 * What has become of the cluster, and its next step: an Aurora cluster that was restored is `available` without an
 * instance, and its password is the source's until RDS makes one. Up means that an instance is its writer.
 */
export async function observeCluster(
  port: Port,
  target: ClusterTarget,
  identifier: string,
  tags: Tags,
): Promise<Found> {
  const { region } = target;
  const cluster = await readCluster(port.aws, region, identifier);
  if (!cluster) return { state: 'missing' };
  const meaning = meaningOfClusterStatus(cluster.Status, identifier);
  if (meaning.kind === 'stuck') return { state: 'stuck', reason: meaning.reason };
  if (meaning.kind === 'moving') return { state: 'moving', creating: cluster.Status === 'creating' };
  const members = await readMembers(port.aws, region, identifier);
  if (isAurora(target) && members.length === 0) {
    const names = { cluster: identifier, instance: memberName(identifier) };
    await unlessBusy(() => createClusterInstance(port.aws, target, names, tags));
    return { state: 'moving', creating: true };
  }
  for (const { DBInstanceStatus, DBInstanceIdentifier = '' } of members) {
    const state = meaningOfStatus(DBInstanceStatus, DBInstanceIdentifier);
    if (state.kind === 'stuck') return { state: 'stuck', reason: state.reason };
  }
  const secretArn = cluster.MasterUserSecret?.SecretArn;
  if (secretArn === undefined) {
    await unlessBusy(() => makePassword(port, region, identifier));
    return { state: 'moving', creating: false };
  }
  const writer = writerOf(cluster)?.DBInstanceIdentifier;
  const serving = members.some(one => one.DBInstanceIdentifier === writer && serves(one.DBInstanceStatus));
  const host = cluster.Endpoint;
  if (!serving || host === undefined) return { state: 'moving', creating: false };
  return { state: 'up', endpoint: { host, port: cluster.Port ?? target.port }, secretArn };
}

/** The only instance of a throw-away cluster: its writer. */
export const memberName = (cluster: string) => `${cluster}-1`;

/** A restore takes no password; RDS makes one afterwards, and nobody else ever sees it. */
async function makePassword({ aws }: Port, region: string, identifier: string): Promise<void> {
  await request({ call: 'rds.ModifyDBCluster', region }, () =>
    aws.client(RDSClient, region).send(
      new ModifyDBClusterCommand({
        DBClusterIdentifier: identifier,
        ManageMasterUserPassword: true,
        ApplyImmediately: true,
      }),
    ),
  );
}

/** RDS refuses while something else is being made or changed; the next look tries again. */
async function unlessBusy(change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    const busy = isNamed(error, 'InvalidDBClusterStateFault', 'InvalidDBInstanceStateFault', ...quotaErrors);
    if (!busy) throw error;
  }
}

/** Deletes the instances of the cluster, then the cluster, without a snapshot. `gone` once there is none. */
export async function removeCluster(
  port: Port,
  region: string,
  cluster: DBCluster,
): Promise<'gone' | 'going'> {
  const identifier = cluster.DBClusterIdentifier ?? '';
  if (cluster.Status === 'deleting') return 'going';
  const client = port.aws.client(RDSClient, region);
  try {
    for (const member of await readMembers(port.aws, region, identifier)) {
      // RDS deletes no Aurora cluster while an instance of it is not being deleted.
      if (!isThrowAway(member) || member.DBInstanceStatus === 'deleting') continue;
      await request({ call: 'rds.DeleteDBInstance', region }, () =>
        client.send(
          new DeleteDBInstanceCommand({
            DBInstanceIdentifier: member.DBInstanceIdentifier,
            SkipFinalSnapshot: true,
          }),
        ),
      );
    }
    await request({ call: 'rds.DeleteDBCluster', region }, () =>
      client.send(
        new DeleteDBClusterCommand({
          DBClusterIdentifier: identifier,
          SkipFinalSnapshot: true,
          DeleteAutomatedBackups: true,
        }),
      ),
    );
    return 'going';
  } catch (error) {
    if (isNotFound(error, 'DBClusterNotFoundFault')) return 'gone';
    const busy = isNamed(
      error,
      'InvalidDBInstanceStateFault',
      'InvalidDBInstanceState',
      'InvalidDBClusterStateFault',
      'DBInstanceNotFoundFault',
    );
    if (busy) return 'going';
    throw error;
  }
}

export async function listClusters({ aws }: Port, region: string): Promise<DBCluster[]> {
  const client = aws.client(RDSClient, region);
  return pages(marker =>
    request({ call: 'rds.DescribeDBClusters', region }, () =>
      client.send(new DescribeDBClustersCommand({ Marker: marker })),
    ).then(reply => ({ items: reply.DBClusters, marker: reply.Marker })),
  );
}
