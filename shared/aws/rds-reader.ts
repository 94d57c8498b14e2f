import {
  type DBInstance,
  type DBInstanceAutomatedBackup,
  type DBSnapshot,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  DescribeEventsCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { ifFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { pages } from './pages.ts';
import { type RdsEvent, rdsEventId } from './rds-events.ts';

/** One DB instance, or undefined if AWS says that there is none. Throws Lifeboat errors otherwise. */
export async function readInstance(
  aws: AwsClients,
  region: string,
  identifier: string,
): Promise<DBInstance | undefined> {
  return ifFound(['DBInstanceNotFoundFault'], async () => {
    const reply = await request({ call: 'rds.DescribeDBInstances', region }, () =>
      aws
        .client(RDSClient, region)
        .send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier })),
    );
    return reply.DBInstances?.[0];
  });
}

/** The failover events of one instance since a time, oldest first; RDS keeps them for 14 days. */
export async function readEvents(
  aws: AwsClients,
  region: string,
  identifier: string,
  window: { from: Date; to: Date },
): Promise<RdsEvent[]> {
  const messages = await readMessages(aws, region, identifier, window);
  return messages.flatMap(({ message, at }) => {
    const id = rdsEventId(message);
    return id === undefined ? [] : [{ id, at }];
  });
}

/** What RDS said of one instance in a time, oldest first. `DescribeEvents` gives no event ids. */
export async function readMessages(
  aws: AwsClients,
  region: string,
  identifier: string,
  window: { from: Date; to: Date },
): Promise<{ message: string; at: Date }[]> {
  const client = aws.client(RDSClient, region);
  const events = await pages(marker =>
    request({ call: 'rds.DescribeEvents', region }, () =>
      client.send(
        new DescribeEventsCommand({
          SourceIdentifier: identifier,
          SourceType: 'db-instance',
          StartTime: window.from,
          EndTime: window.to,
          Marker: marker,
        }),
      ),
    ).then(reply => ({ items: reply.Events, marker: reply.Marker })),
  );
  return events
    .flatMap(event => (event.Date === undefined ? [] : [{ message: event.Message ?? '', at: event.Date }]))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}

/**
 * Automated backups in `region` of the given instance: replicated ones, or in its own region its own, also after it was
 * deleted with its backups retained. They are filtered here and not by
 * `DBInstanceIdentifier`, because that parameter must name an instance that exists, and there is none in the recovery
 * region (there are at most 20 replicated backups per region and account).
 */
export async function readReplicatedBackups(
  aws: AwsClients,
  region: string,
  source: { identifier: string; region: string },
): Promise<DBInstanceAutomatedBackup[]> {
  const client = aws.client(RDSClient, region);
  const backups = await pages(marker =>
    request({ call: 'rds.DescribeDBInstanceAutomatedBackups', region }, () =>
      client.send(new DescribeDBInstanceAutomatedBackupsCommand({ Marker: marker })),
    ).then(reply => ({ items: reply.DBInstanceAutomatedBackups, marker: reply.Marker })),
  );
  return backups.filter(
    backup => backup.DBInstanceIdentifier === source.identifier && backup.Region === source.region,
  );
}

/** One snapshot by its identifier, or by its ARN if it is shared; undefined if there is none. */
export async function readSnapshot(
  aws: AwsClients,
  region: string,
  snapshot: string,
): Promise<DBSnapshot | undefined> {
  return ifFound(['DBSnapshotNotFoundFault'], async () => {
    const reply = await request({ call: 'rds.DescribeDBSnapshots', region }, () =>
      aws.client(RDSClient, region).send(
        new DescribeDBSnapshotsCommand({
          DBSnapshotIdentifier: snapshot,
          ...(snapshot.startsWith('arn:') && { IncludeShared: true }),
        }),
      ),
    );
    return reply.DBSnapshots?.[0];
  });
}

/** Automated, manual and AWS Backup snapshots in `region` that were taken of the given instance. */
export async function readSnapshots(
  aws: AwsClients,
  region: string,
  source: { identifier: string; region: string },
): Promise<DBSnapshot[]> {
  const client = aws.client(RDSClient, region);
  // Without a type RDS answers with automated and manual snapshots only; those of AWS Backup are asked for by name.
  const lists = await Promise.all(
    [undefined, 'awsbackup'].map(type =>
      pages(marker =>
        request({ call: 'rds.DescribeDBSnapshots', region }, () =>
          client.send(
            new DescribeDBSnapshotsCommand({
              SnapshotType: type,
              Filters: [{ Name: 'db-instance-id', Values: [source.identifier] }],
              Marker: marker,
            }),
          ),
        ).then(reply => ({ items: reply.DBSnapshots, marker: reply.Marker })),
      ),
    ),
  );
  const byId = new Map<string, DBSnapshot>();
  for (const snapshot of lists.flat()) {
    // A snapshot that says nothing about its origin counts: copies made by some tools carry the identifier only.
    const origin = snapshot.SourceRegion ?? snapshot.SourceDBSnapshotIdentifier?.split(':')[3];
    const ofSource =
      snapshot.DBInstanceIdentifier === source.identifier && (origin ?? source.region) === source.region;
    if (ofSource && snapshot.DBSnapshotIdentifier) byId.set(snapshot.DBSnapshotIdentifier, snapshot);
  }
  return [...byId.values()];
}
