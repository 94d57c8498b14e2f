import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { keyArnOf, keyIsEnabled } from '../kms.ts';
import { versionOf } from './engines.ts';
import { existing, inState } from './existing.ts';
import { tagsOf, textOf } from './input.ts';
import { copyFrom } from './lineage.ts';
import { accountId, rdsState, type SimulatedInstance, type SimulatedSnapshot } from './state.ts';

/** Manual snapshots a region and account may have (RDS User Guide, "Quotas and constraints"). */
const manualQuota = 100;

/** CreateDBSnapshot. */
export function createSnapshot(world: World, call: Call): unknown {
  const instance = existing(world, call);
  inState(instance, 'available');
  const id = textOf(call, 'DBSnapshotIdentifier');
  const snapshot = takeSnapshot(world, instance, id, tagsOf(call));
  return { DBSnapshot: structuredClone(snapshot.shown) };
}

/** Begins a manual snapshot of what the instance holds now. */
export function takeSnapshot(
  world: World,
  instance: SimulatedInstance,
  id: string,
  tags: { Key: string; Value: string }[],
): SimulatedSnapshot {
  const { region } = instance;
  checkName(world, region, id);
  const now = world.now();
  const snapshot: SimulatedSnapshot = {
    region,
    copyOf: copyFrom(instance, world.nowMs()),
    shown: {
      DBSnapshotIdentifier: id,
      DBSnapshotArn: snapshotArn(region, id),
      DBInstanceIdentifier: instance.shown.DBInstanceIdentifier,
      DbiResourceId: instance.shown.DbiResourceId,
      SnapshotType: 'manual',
      Status: 'creating',
      PercentProgress: 0,
      Engine: instance.shown.Engine,
      EngineVersion: versionOf(instance.shown.Engine),
      Encrypted: true,
      KmsKeyId: instance.shown.KmsKeyId,
      SnapshotCreateTime: now,
      OriginalSnapshotCreateTime: now,
      SnapshotDatabaseTime: now,
      TagList: tags,
    },
  };
  add(world, snapshot, world.duration(rdsDurations.createSnapshot, `rds-snapshot/${region}/${id}`));
  return snapshot;
}

/** CopyDBSnapshot, asked of the region that the copy goes to; a lost source region gives nothing. */
export function copySnapshot(world: World, call: Call): unknown {
  const { region, input } = call;
  const from = textOf(call, 'SourceDBSnapshotIdentifier');
  const id = textOf(call, 'TargetDBSnapshotIdentifier');
  const original = rdsState(world).snapshots.find(
    one =>
      one.shown.DBSnapshotArn === from || (one.region === region && one.shown.DBSnapshotIdentifier === from),
  );
  if (!original || world.isLost(original.region)) {
    throw new SimulatedAwsError('DBSnapshotNotFoundFault', `DBSnapshot ${from} not found.`, 404);
  }
  checkName(world, region, id);
  if (original.shown.Status !== 'available') {
    throw new SimulatedAwsError('InvalidDBSnapshotStateFault', `DBSnapshot ${from} is not available.`);
  }
  const key = typeof input.KmsKeyId === 'string' ? input.KmsKeyId : (original.shown.KmsKeyId ?? '');
  if (!keyIsEnabled(world, region, key)) {
    throw new SimulatedAwsError(
      'KMSKeyNotAccessibleFault',
      `The KMS key [${key}] can't be used in ${region}.`,
    );
  }
  const copy: SimulatedSnapshot = {
    region,
    copyOf: original.copyOf,
    shown: {
      ...original.shown,
      DBSnapshotIdentifier: id,
      DBSnapshotArn: snapshotArn(region, id),
      SnapshotType: 'manual',
      Status: 'creating',
      PercentProgress: 0,
      KmsKeyId: keyArnOf(world, region, key),
      SourceRegion: original.region,
      SourceDBSnapshotIdentifier: original.shown.DBSnapshotArn,
      OriginalSnapshotCreateTime:
        original.shown.OriginalSnapshotCreateTime ?? original.shown.SnapshotCreateTime,
      SnapshotCreateTime: world.now(),
      TagList: tagsOf(call),
    },
  };
  add(world, copy, world.duration(rdsDurations.copySnapshot, `rds-copy/${region}/${id}`));
  return { DBSnapshot: structuredClone(copy.shown) };
}

/** DeleteDBSnapshot. */
export function deleteSnapshot(world: World, call: Call): unknown {
  const id = textOf(call, 'DBSnapshotIdentifier');
  const state = rdsState(world);
  const found = state.snapshots.find(
    one => one.region === call.region && one.shown.DBSnapshotIdentifier === id,
  );
  if (!found) throw new SimulatedAwsError('DBSnapshotNotFoundFault', `DBSnapshot ${id} not found.`, 404);
  if (found.shown.Status !== 'available') {
    throw new SimulatedAwsError('InvalidDBSnapshotStateFault', `DBSnapshot ${id} is ${found.shown.Status}.`);
  }
  state.snapshots = state.snapshots.filter(one => one !== found);
  world.changed(`rds-snapshot/${id}`, `Snapshot ${id} is deleted`, 'lifeboat');
  return { DBSnapshot: { ...found.shown, Status: 'deleted' } };
}

function add(world: World, snapshot: SimulatedSnapshot, seconds: number): void {
  const id = snapshot.shown.DBSnapshotIdentifier;
  rdsState(world).snapshots.push(snapshot);
  world.changed(`rds-snapshot/${id}`, `Snapshot ${id} is begun in ${snapshot.region}`, 'lifeboat');
  world.after(seconds, `rds-snapshot/${id}`, `Snapshot ${id} is available`, () => {
    if (world.isLost(snapshot.region)) return;
    Object.assign(snapshot.shown, { Status: 'available', PercentProgress: 100 });
  });
}

function checkName(world: World, region: string, id: string): void {
  const here = rdsState(world).snapshots.filter(one => one.region === region);
  if (here.some(one => one.shown.DBSnapshotIdentifier === id)) {
    throw new SimulatedAwsError('DBSnapshotAlreadyExistsFault', `DBSnapshot ${id} exists already.`);
  }
  if (here.filter(({ shown }) => shown.SnapshotType === 'manual').length >= manualQuota) {
    throw new SimulatedAwsError(
      'SnapshotQuotaExceededFault',
      `Cannot create more than ${manualQuota} manual snapshots in ${region}.`,
    );
  }
}

export function snapshotArn(region: string, id: string): string {
  return `arn:aws:rds:${region}:${accountId}:snapshot:${id}`;
}
