import {
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { isUnreachable, request } from '../../aws/aws-errors.ts';
import { readKey } from '../../aws/kms-keys.ts';
import { pages } from '../../aws/pages.ts';
import { readCluster } from '../../aws/rds-cluster-reader.ts';
import { readInstance, readReplicatedBackups } from '../../aws/rds-reader.ts';
import { restorePoints } from '../../aws/rds-restore-points.ts';
import type { BackupOf } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { ofInstance, readSnapshotsOf, type Snapshot } from '../snapshots/read.ts';
import { type Source, sourceOfBackup } from '../snapshots/source.ts';
import { type FoundBackup, newestFirst, type Survey } from './found.ts';

type Port = Pick<Runtime, 'aws' | 'plan'>;
const dayseconds = 86_400;

/** RDS's own automated backups: how far they reach, and whether they are on at all. */
export async function surveyAutomated(port: Port, backup: BackupOf<'rds-automated'>): Promise<Survey> {
  const source = sourceOfBackup(port.plan, backup);
  const { identifier, region } = source;
  const {
    there,
    latest,
    days = 0,
    encrypted,
  } = source.kind === 'cluster' ? await clusterBackup(port, source) : await instanceBackup(port, source);
  const id = `${identifier} at ${latest?.toISOString()}`;
  return {
    found: latest ? [{ id, at: latest, usable: true, encrypted }] : [],
    keptSeconds: days * dayseconds,
    faults:
      there && days === 0
        ? [
            {
              name: 'backups-off',
              what: `Automated backups of ${identifier} are off: its retention is 0 days`,
              mend: `aws rds modify-db-instance --db-instance-identifier ${identifier} --backup-retention-period 7 --apply-immediately --region ${region}`,
            },
          ]
        : [],
  };
}

type OwnBackup = { there: boolean; latest?: Date; days?: number; encrypted?: boolean };

/** Those of a cluster can't be turned off: they are kept for a day at the least. */
async function clusterBackup({ aws }: Port, { region, identifier }: Source): Promise<OwnBackup> {
  const cluster = await readCluster(aws, region, identifier);
  return {
    there: false,
    latest: cluster?.LatestRestorableTime,
    days: cluster?.BackupRetentionPeriod,
    encrypted: cluster?.StorageEncrypted,
  };
}

async function instanceBackup({ aws, plan }: Port, { region, identifier }: Source): Promise<OwnBackup> {
  const instance = await readInstance(aws, region, identifier);
  return {
    there: instance !== undefined,
    latest: instance?.LatestRestorableTime ?? (await ownBackup({ aws, plan }, region, identifier)),
    days: instance?.BackupRetentionPeriod,
    encrypted: instance?.StorageEncrypted,
  };
}

async function ownBackup({ aws }: Port, region: string, identifier: string): Promise<Date | undefined> {
  const reply = await request({ call: 'rds.DescribeDBInstanceAutomatedBackups', region }, () =>
    aws
      .client(RDSClient, region)
      .send(new DescribeDBInstanceAutomatedBackupsCommand({ DBInstanceIdentifier: identifier })),
  );
  return reply.DBInstanceAutomatedBackups?.find(
    one => one.DBInstanceIdentifier === identifier && one.Region === region,
  )?.RestoreWindow?.LatestTime;
}

export async function surveyReplicated(
  { aws, plan }: Port,
  backup: BackupOf<'rds-replicated-backups'>,
): Promise<Survey> {
  const { region, identifier } = sourceOfBackup(plan, backup);
  const backups = await readReplicatedBackups(aws, backup.region, { identifier, region });
  const found = restorePoints(backups, []).map(
    (point): FoundBackup => ({ id: point.from, at: point.at, usable: true, encrypted: point.encrypted }),
  );
  const kept = backups[0]?.BackupRetentionPeriod;
  return {
    found,
    key: await readKey(aws, backup.region, backup.kmsKey),
    ...(kept !== undefined && { keptSeconds: kept * dayseconds }),
    faults: [],
  };
}

/** Snapshots that Lifeboat has taken of the class, in the region of the database. */
export async function surveySnapshots(
  port: Port,
  id: string,
  backup: BackupOf<'rds-snapshot'>,
): Promise<Survey> {
  const source = sourceOfBackup(port.plan, backup);
  const snapshots = await readSnapshotsOf(port, source.region, source);
  return { found: snapshots.filter(({ madeFor }) => madeFor === id), faults: [] };
}

/** Copies in the other region, whoever made them: what counts is that they are there. */
export async function surveyCopies(port: Port, backup: BackupOf<'rds-snapshot-copy'>): Promise<Survey> {
  const snapshots = await readSnapshotsOf(port, backup.region, sourceOfBackup(port.plan, backup));
  const found = snapshots.filter(({ type }) => type === 'manual');
  return { found, key: await readKey(port.aws, backup.region, backup.kmsKey), faults: [] };
}

/** The newest snapshots of many databases; each of them has to have one, also one that never had any. */
export async function surveyFleet(port: Port, backup: BackupOf<'rds-fleet'>): Promise<Survey> {
  const pattern = globOf(backup.instances);
  const found = (await readAllSnapshots(port, backup.region)).filter(({ of }) => pattern.test(of));
  const running = (await databasesIn(port, port.plan.regions.primary)).filter(name => pattern.test(name));
  return { found, expected: [...new Set([...running, ...found.map(({ of }) => of)])].sort(), faults: [] };
}

/** Identifiers of the DB instances of a region; none when it does not answer, for then only snapshots are left. */
async function databasesIn({ aws }: Port, region: string): Promise<string[]> {
  const client = aws.client(RDSClient, region);
  try {
    const instances = await pages(marker =>
      request({ call: 'rds.DescribeDBInstances', region }, () =>
        client.send(new DescribeDBInstancesCommand({ Marker: marker })),
      ).then(reply => ({ items: reply.DBInstances, marker: reply.Marker })),
    );
    return instances.flatMap(({ DBInstanceIdentifier }) => DBInstanceIdentifier ?? []);
  } catch (error) {
    if (isUnreachable(error)) return [];
    throw error;
  }
}

/** Automated and manual snapshots in a region, the newest data first: all of them, or those of one instance. */
export async function readAllSnapshots(
  { aws }: Pick<Runtime, 'aws'>,
  region: string,
  identifier?: string,
): Promise<(Snapshot & { of: string })[]> {
  const client = aws.client(RDSClient, region);
  const Filters = identifier === undefined ? undefined : [{ Name: 'db-instance-id', Values: [identifier] }];
  const snapshots = await pages(marker =>
    request({ call: 'rds.DescribeDBSnapshots', region }, () =>
      client.send(new DescribeDBSnapshotsCommand({ Marker: marker, Filters })),
    ).then(reply => ({ items: reply.DBSnapshots, marker: reply.Marker })),
  );
  return snapshots
    .map(snapshot => ({ ...ofInstance(snapshot), of: snapshot.DBInstanceIdentifier ?? '' }))
    .sort(newestFirst);
}

/** `tenant-*` as a pattern for the whole of a name. */
export function globOf(glob: string): RegExp {
  return new RegExp(`^${glob.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}
