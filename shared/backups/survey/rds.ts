import {
  type DBSnapshot,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { request } from '../../aws/aws-errors.ts';
import { readKey } from '../../aws/kms-keys.ts';
import { pages, readInstance, readReplicatedBackups, readSnapshots } from '../../aws/rds-reader.ts';
import { restorePoints } from '../../aws/rds-restore-points.ts';
import type { ComponentOf } from '../../plan/components.ts';
import type { BackupOf } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { backupTag } from '../names.ts';
import { type FoundBackup, newestFirst, type Survey } from './found.ts';

type Port = Pick<Runtime, 'aws' | 'plan'>;
const dayseconds = 86_400;

export function databaseOf(plan: Runtime['plan'], id: string): ComponentOf<'rds-instance'> {
  const component = plan.components[id];
  if (component?.type === 'rds-instance') return { ...component, id };
  // The plan was checked before it was deployed.
  throw new Error(`The plan has no rds-instance "${id}"`);
}

/** RDS's own automated backups: how far they reach, and whether they are on at all. */
export async function surveyAutomated(
  { aws, plan }: Port,
  backup: BackupOf<'rds-automated'>,
): Promise<Survey> {
  const { region, identifier } = databaseOf(plan, backup.component);
  const instance = await readInstance(aws, region, identifier);
  const latest = instance?.LatestRestorableTime ?? (await ownBackup({ aws, plan }, region, identifier));
  const days = instance?.BackupRetentionPeriod ?? 0;
  return {
    found: latest
      ? [
          {
            id: `${identifier} at ${latest.toISOString()}`,
            at: latest,
            usable: true,
            encrypted: instance?.StorageEncrypted,
          },
        ]
      : [],
    keptSeconds: days * dayseconds,
    faults:
      instance && days === 0
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
  const { region, identifier } = databaseOf(plan, backup.component);
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
  { aws, plan }: Port,
  id: string,
  backup: BackupOf<'rds-snapshot'>,
): Promise<Survey> {
  const { region, identifier } = databaseOf(plan, backup.component);
  const snapshots = await readSnapshots(aws, region, { identifier, region });
  return { found: snapshots.filter(isOfClass(id)).map(asFound).sort(newestFirst), faults: [] };
}

/** Copies in the other region, whoever made them: what counts is that they are there. */
export async function surveyCopies(
  { aws, plan }: Port,
  backup: BackupOf<'rds-snapshot-copy'>,
): Promise<Survey> {
  const source = plan.backups[backup.of];
  const component = source && 'component' in source ? source.component : '';
  const { region, identifier } = databaseOf(plan, component);
  const snapshots = await readSnapshots(aws, backup.region, { identifier, region });
  const found = snapshots
    .filter(snapshot => snapshot.SnapshotType === 'manual')
    .map(asFound)
    .sort(newestFirst);
  return { found, key: await readKey(aws, backup.region, backup.kmsKey), faults: [] };
}

/** The newest snapshots of many databases; each of them has to have one. */
export async function surveyFleet({ aws }: Port, backup: BackupOf<'rds-fleet'>): Promise<Survey> {
  const snapshots = await readAllSnapshots({ aws }, backup.region);
  const pattern = globOf(backup.instances);
  const found = snapshots
    .filter(({ DBInstanceIdentifier = '' }) => pattern.test(DBInstanceIdentifier))
    .map(snapshot => ({ ...asFound(snapshot), of: snapshot.DBInstanceIdentifier ?? '' }))
    .sort(newestFirst);
  return { found, expected: [...new Set(found.map(({ of }) => of))].sort(), faults: [] };
}

/** Automated and manual snapshots in a region: all of them, or those of one database. */
export async function readAllSnapshots(
  { aws }: Pick<Runtime, 'aws'>,
  region: string,
  identifier?: string,
): Promise<DBSnapshot[]> {
  const client = aws.client(RDSClient, region);
  const Filters = identifier === undefined ? undefined : [{ Name: 'db-instance-id', Values: [identifier] }];
  return pages(marker =>
    request({ call: 'rds.DescribeDBSnapshots', region }, () =>
      client.send(new DescribeDBSnapshotsCommand({ Marker: marker, Filters })),
    ).then(reply => ({ items: reply.DBSnapshots, marker: reply.Marker })),
  );
}

/** `tenant-*` as a pattern for the whole of a name. */
export function globOf(glob: string): RegExp {
  return new RegExp(`^${glob.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}

export const isOfClass =
  (id: string) =>
  ({ TagList }: DBSnapshot): boolean =>
    TagList?.some(({ Key, Value }) => Key === backupTag && Value === id) ?? false;

export function asFound(snapshot: DBSnapshot): FoundBackup {
  const at =
    snapshot.SnapshotDatabaseTime ?? snapshot.OriginalSnapshotCreateTime ?? snapshot.SnapshotCreateTime;
  return {
    id: snapshot.DBSnapshotIdentifier ?? 'unknown',
    at: at ?? new Date(0),
    usable: snapshot.Status === 'available' ? true : (snapshot.Status ?? 'unknown'),
    ...(snapshot.AllocatedStorage !== undefined && { bytes: snapshot.AllocatedStorage * 2 ** 30 }),
    encrypted: snapshot.Encrypted ?? false,
  };
}
