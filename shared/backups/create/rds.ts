import {
  CopyDBSnapshotCommand,
  CreateDBSnapshotCommand,
  type DBSnapshot,
  DeleteDBSnapshotCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { isNamed, isNotFound, request } from '../../aws/aws-errors.ts';
import { readSnapshots } from '../../aws/rds-reader.ts';
import { RefusedError } from '../../errors.ts';
import type { BackupOf } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { backupTags, snapshotName } from '../names.ts';
import { expired, type Kept, makesRoom } from '../retention.ts';
import { asFound, databaseOf, isOfClass } from '../survey/rds.ts';
import type { Made, Making } from './made.ts';

const alreadyThere = ['DBSnapshotAlreadyExistsFault', 'DBSnapshotAlreadyExists'];
const quotaReached = ['SnapshotQuotaExceededFault', 'SnapshotQuotaExceeded'];

/** Takes a snapshot, and removes those of its class whose time is over. */
export async function makeSnapshot(
  runtime: Runtime,
  making: Making,
  backup: BackupOf<'rds-snapshot'>,
): Promise<Made> {
  const { aws, plan, clock } = runtime;
  const { region, identifier } = databaseOf(plan, backup.component);
  const id = snapshotName(identifier, making.backup, making.dueAt);
  const own = await ownSnapshots(runtime, making.backup, region, { identifier, region });
  if (!own.some(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier === id)) {
    const tags = backupTags(
      plan.system.id,
      making.backup,
      new Date(clock.now().getTime() + backup.retention * 1000),
    );
    await withRoom(runtime, region, making.keepsOld ? [] : own, () =>
      request({ call: 'rds.CreateDBSnapshot', region }, () =>
        aws.client(RDSClient, region).send(
          new CreateDBSnapshotCommand({
            DBInstanceIdentifier: identifier,
            DBSnapshotIdentifier: id,
            Tags: tags,
          }),
        ),
      ),
    );
  }
  const removed = making.keepsOld ? [] : await removeExpired(runtime, region, own, backup.retention);
  return { status: 'made', id, sourceTime: clock.now().toISOString(), removed };
}

/** Copies the newest finished snapshot of a class to another region, encrypted with a key of that region. */
export async function makeCopy(
  runtime: Runtime,
  making: Making,
  backup: BackupOf<'rds-snapshot-copy'>,
): Promise<Made> {
  const { aws, plan, clock } = runtime;
  const source = plan.backups[backup.of];
  const { region: sourceRegion, identifier } = databaseOf(
    plan,
    source && 'component' in source ? source.component : '',
  );
  const all = await readSnapshots(aws, sourceRegion, { identifier, region: sourceRegion });
  const ofClass = all.filter(
    source?.type === 'rds-automated'
      ? ({ SnapshotType }) => SnapshotType === 'automated'
      : isOfClass(backup.of),
  );
  const newest = ofClass
    .filter(({ Status }) => Status === 'available')
    .sort((a, b) => asFound(b).at.getTime() - asFound(a).at.getTime())[0];
  if (!newest?.DBSnapshotArn) throw nothingToCopy(backup, sourceRegion);
  const id = snapshotName(identifier, making.backup, making.dueAt);
  const own = await ownSnapshots(runtime, making.backup, backup.region, { identifier, region: sourceRegion });
  if (!own.some(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier === id)) {
    const tags = backupTags(
      plan.system.id,
      making.backup,
      new Date(clock.now().getTime() + backup.retention * 1000),
    );
    await withRoom(runtime, backup.region, making.keepsOld ? [] : own, () =>
      request({ call: 'rds.CopyDBSnapshot', region: backup.region }, () =>
        aws.client(RDSClient, backup.region).send(
          new CopyDBSnapshotCommand({
            SourceDBSnapshotIdentifier: newest.DBSnapshotArn,
            TargetDBSnapshotIdentifier: id,
            KmsKeyId: backup.kmsKey,
            CopyTags: false,
            Tags: tags,
          }),
        ),
      ),
    );
  }
  const removed = making.keepsOld ? [] : await removeExpired(runtime, backup.region, own, backup.retention);
  return { status: 'made', id, sourceTime: asFound(newest).at.toISOString(), removed };
}

async function ownSnapshots(
  { aws }: Runtime,
  id: string,
  region: string,
  source: { identifier: string; region: string },
): Promise<DBSnapshot[]> {
  return (await readSnapshots(aws, region, source)).filter(isOfClass(id));
}

const keptOf = (own: readonly DBSnapshot[]): Kept[] =>
  own.map(snapshot => {
    const { id, at, usable } = asFound(snapshot);
    return { id, at, usable: usable === true };
  });

/** Makes it; when the quota of snapshots is reached, the oldest of its own class makes room once. */
async function withRoom(
  runtime: Runtime,
  region: string,
  own: readonly DBSnapshot[],
  make: () => Promise<unknown>,
): Promise<void> {
  try {
    await make();
  } catch (error) {
    if (isNamed(error, ...alreadyThere)) return;
    const oldest = isNamed(error, ...quotaReached) ? makesRoom(keptOf(own)) : undefined;
    if (!oldest) throw error;
    await removeSnapshot(runtime, region, oldest.id);
    await make();
  }
}

async function removeExpired(
  runtime: Runtime,
  region: string,
  own: readonly DBSnapshot[],
  retention: number,
): Promise<string[]> {
  const over = expired(keptOf(own), retention, runtime.clock.now());
  for (const { id } of over) await removeSnapshot(runtime, region, id);
  return over.map(({ id }) => id);
}

async function removeSnapshot({ aws }: Runtime, region: string, id: string): Promise<void> {
  try {
    await request({ call: 'rds.DeleteDBSnapshot', region }, () =>
      aws.client(RDSClient, region).send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: id })),
    );
  } catch (error) {
    if (!isNotFound(error, 'DBSnapshotNotFoundFault', 'DBSnapshotNotFound')) throw error;
  }
}

function nothingToCopy(backup: BackupOf<'rds-snapshot-copy'>, region: string): RefusedError {
  const what = `There is no finished snapshot of "${backup.of}" in ${region} to copy`;
  return new RefusedError(what, {
    nextStep: `Make one first: lifeboat backups PLAN create --class ${backup.of}`,
    reasons: [what],
  });
}
