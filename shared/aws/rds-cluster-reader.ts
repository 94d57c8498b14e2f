import {
  type DBCluster,
  type DBClusterMember,
  type DBClusterSnapshot,
  type DBInstance,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeEventsCommand,
  DescribeGlobalClustersCommand,
  type GlobalCluster,
  RDSClient,
} from '@aws-sdk/client-rds';
import { ifFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { pages } from './pages.ts';

/** One DB cluster, or undefined if AWS says that there is none. Throws Lifeboat errors otherwise. */
export async function readCluster(
  aws: AwsClients,
  region: string,
  identifier: string,
): Promise<DBCluster | undefined> {
  return ifFound(['DBClusterNotFoundFault'], async () => {
    const reply = await request({ call: 'rds.DescribeDBClusters', region }, () =>
      aws.client(RDSClient, region).send(new DescribeDBClustersCommand({ DBClusterIdentifier: identifier })),
    );
    return reply.DBClusters?.[0];
  });
}

/** The DB instances that are members of a cluster. */
export async function readMembers(aws: AwsClients, region: string, cluster: string): Promise<DBInstance[]> {
  return pages(marker =>
    request({ call: 'rds.DescribeDBInstances', region }, () =>
      aws.client(RDSClient, region).send(
        new DescribeDBInstancesCommand({
          Filters: [{ Name: 'db-cluster-id', Values: [cluster] }],
          Marker: marker,
        }),
      ),
    ).then(reply => ({ items: reply.DBInstances, marker: reply.Marker })),
  );
}

/** An Aurora Global Database as `region` shows it, or undefined if there is none. */
export async function readGlobalCluster(
  aws: AwsClients,
  region: string,
  identifier: string,
): Promise<GlobalCluster | undefined> {
  return ifFound(['GlobalClusterNotFoundFault'], async () => {
    const reply = await request({ call: 'rds.DescribeGlobalClusters', region }, () =>
      aws
        .client(RDSClient, region)
        .send(new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: identifier })),
    );
    return reply.GlobalClusters?.[0];
  });
}

/** Snapshots in `region` that were taken of the given cluster: automated, manual, and those of AWS Backup. */
export async function readClusterSnapshots(
  aws: AwsClients,
  region: string,
  cluster: string,
): Promise<DBClusterSnapshot[]> {
  // Without a type RDS answers with automated and manual snapshots only; those of AWS Backup are asked for by name.
  const lists = await Promise.all(
    [undefined, 'awsbackup'].map(type =>
      pages(marker =>
        request({ call: 'rds.DescribeDBClusterSnapshots', region }, () =>
          aws.client(RDSClient, region).send(
            new DescribeDBClusterSnapshotsCommand({
              SnapshotType: type,
              Filters: [{ Name: 'db-cluster-id', Values: [cluster] }],
              Marker: marker,
            }),
          ),
        ).then(reply => ({ items: reply.DBClusterSnapshots, marker: reply.Marker })),
      ),
    ),
  );
  return lists.flat();
}

/** When a failover of this cluster last ended in the window, as RDS reports it; events may come late or not at all. */
export async function lastClusterFailover(
  aws: AwsClients,
  region: string,
  cluster: string,
  window: { from: Date; to: Date },
): Promise<Date | undefined> {
  const events = await pages(marker =>
    request({ call: 'rds.DescribeEvents', region }, () =>
      aws.client(RDSClient, region).send(
        new DescribeEventsCommand({
          SourceIdentifier: cluster,
          SourceType: 'db-cluster',
          StartTime: window.from,
          EndTime: window.to,
          Marker: marker,
        }),
      ),
    ).then(reply => ({ items: reply.Events, marker: reply.Marker })),
  );
  // RDS-EVENT-0071. Source: Aurora User Guide, "Amazon RDS event categories and event messages for Aurora".
  const ends = events.flatMap(({ Message, Date: at }) =>
    at !== undefined && /completed failover to db instance/i.test(Message ?? '') ? [at] : [],
  );
  return ends.reduce<Date | undefined>(
    (last, at) => (last === undefined || at > last ? at : last),
    undefined,
  );
}

/** The member that writes, if there is one; a secondary cluster of a global database has none. */
export function writerOf(cluster: DBCluster): DBClusterMember | undefined {
  return cluster.DBClusterMembers?.find(member => member.IsClusterWriter === true);
}
