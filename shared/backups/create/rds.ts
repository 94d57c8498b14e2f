import { RefusedError } from '../../errors.ts';
import type { BackupOf } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { backupTags, snapshotName } from '../names.ts';
import { expired, type Kept, makesRoom } from '../retention.ts';
import { copySnapshot, deleteSnapshot, isFull, isThere, takeSnapshot } from '../snapshots/change.ts';
import { readSnapshotsOf, type Snapshot } from '../snapshots/read.ts';
import { type Source, sourceOfBackup } from '../snapshots/source.ts';
import type { Made, Making } from './made.ts';

/** Takes a snapshot, and removes those of its class whose time is over. */
export async function makeSnapshot(
  runtime: Runtime,
  making: Making,
  backup: BackupOf<'rds-snapshot'>,
): Promise<Made> {
  const { plan, clock } = runtime;
  const source = sourceOfBackup(plan, backup);
  const id = snapshotName(source, making.backup, making.dueAt);
  const place = { region: source.region, kind: source.kind };
  const own = await ownSnapshots(runtime, making.backup, source.region, source);
  if (!own.some(one => one.id === id)) {
    await withRoom(runtime, place, making.keepsOld ? [] : own, () =>
      takeSnapshot(runtime, source, id, tagsOf(runtime, making, backup)),
    );
  }
  const removed = making.keepsOld ? [] : await removeExpired(runtime, place, own, backup.retention);
  return { status: 'made', id, sourceTime: clock.now().toISOString(), removed };
}

/** Copies the newest finished snapshot of a class to another region, encrypted with a key of that region. */
export async function makeCopy(
  runtime: Runtime,
  making: Making,
  backup: BackupOf<'rds-snapshot-copy'>,
): Promise<Made> {
  const { plan } = runtime;
  const source = sourceOfBackup(plan, backup);
  const ofClass =
    plan.backups[backup.of]?.type === 'rds-automated'
      ? ({ type }: Snapshot) => type === 'automated'
      : ({ madeFor }: Snapshot) => madeFor === backup.of;
  const all = await readSnapshotsOf(runtime, source.region, source);
  const newest = all.find(one => one.usable === true && ofClass(one));
  const arn = newest?.arn;
  if (!newest || arn === undefined) throw nothingToCopy(backup, source.region);
  const id = snapshotName(source, making.backup, making.dueAt);
  const place = { region: backup.region, kind: source.kind };
  const own = await ownSnapshots(runtime, making.backup, backup.region, source);
  if (!own.some(one => one.id === id)) {
    const copy = { arn, id, kmsKey: backup.kmsKey, tags: tagsOf(runtime, making, backup) };
    await withRoom(runtime, place, making.keepsOld ? [] : own, () =>
      copySnapshot(runtime, source.kind, backup.region, copy),
    );
  }
  const removed = making.keepsOld ? [] : await removeExpired(runtime, place, own, backup.retention);
  return { status: 'made', id, sourceTime: newest.at.toISOString(), removed };
}

function tagsOf({ plan, clock }: Runtime, { backup }: Making, { retention }: { retention: number }) {
  return backupTags(plan.system.id, backup, new Date(clock.now().getTime() + retention * 1000));
}

async function ownSnapshots(runtime: Runtime, id: string, region: string, source: Source) {
  return (await readSnapshotsOf(runtime, region, source)).filter(({ madeFor }) => madeFor === id);
}

type Place = { region: string; kind: Source['kind'] };

const keptOf = (own: readonly Snapshot[]): Kept[] =>
  own.map(({ id, at, usable }) => ({ id, at, usable: usable === true }));

/** Makes it; when the quota of snapshots is reached, the oldest of its own class makes room once. */
async function withRoom(
  runtime: Runtime,
  { kind, region }: Place,
  own: readonly Snapshot[],
  make: () => Promise<unknown>,
): Promise<void> {
  try {
    await make();
  } catch (error) {
    if (isThere(error)) return;
    const oldest = isFull(error) ? makesRoom(keptOf(own)) : undefined;
    if (!oldest) throw error;
    await deleteSnapshot(runtime, kind, region, oldest.id);
    await make();
  }
}

async function removeExpired(
  runtime: Runtime,
  { kind, region }: Place,
  own: readonly Snapshot[],
  retention: number,
): Promise<string[]> {
  const over = expired(keptOf(own), retention, runtime.clock.now());
  for (const { id } of over) await deleteSnapshot(runtime, kind, region, id);
  return over.map(({ id }) => id);
}

function nothingToCopy(backup: BackupOf<'rds-snapshot-copy'>, region: string): RefusedError {
  const what = `There is no finished snapshot of "${backup.of}" in ${region} to copy`;
  return new RefusedError(what, {
    nextStep: `Make one first: lifeboat backups PLAN create --class ${backup.of}`,
    reasons: [what],
  });
}
