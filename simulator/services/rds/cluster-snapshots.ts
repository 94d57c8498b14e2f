import type { DBClusterSnapshot } from '@aws-sdk/client-rds';
import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { keyArnOf, keyIsEnabled } from '../kms.ts';
import { clusterState, existingCluster } from './clusters.ts';
import { tagsOf, textOf } from './input.ts';
import { accountId } from './state.ts';

/** Manual cluster snapshots a region and account may have (Amazon Aurora User Guide, "Quotas and constraints"). */
const manualQuota = 100;

export function clusterSnapshotArn(region: string, id: string): string {
  return `arn:aws:rds:${region}:${accountId}:cluster-snapshot:${id}`;
}

/** CreateDBClusterSnapshot. */
export function createClusterSnapshot(world: World, call: Call): unknown {
  const { region, shown } = existingCluster(world, call);
  if (shown.Status !== 'available') {
    throw new SimulatedAwsError(
      'InvalidDBClusterStateFault',
      `DbCluster ${shown.DBClusterIdentifier} is ${shown.Status}.`,
    );
  }
  const id = textOf(call, 'DBClusterSnapshotIdentifier');
  return add(world, region, id, 'createSnapshot', {
    DBClusterIdentifier: shown.DBClusterIdentifier,
    Engine: shown.Engine,
    EngineVersion: shown.EngineVersion,
    StorageEncrypted: true,
    KmsKeyId: shown.KmsKeyId,
    SnapshotCreateTime: world.now(),
    TagList: tagsOf(call),
  });
}

/** CopyDBClusterSnapshot, asked of the region that the copy goes to; a copy keeps the time of its original. */
export function copyClusterSnapshot(world: World, call: Call): unknown {
  const { region, input } = call;
  const from = textOf(call, 'SourceDBClusterSnapshotIdentifier');
  const original = clusterState(world).snapshots.find(
    one =>
      one.shown.DBClusterSnapshotArn === from ||
      (one.region === region && one.shown.DBClusterSnapshotIdentifier === from),
  );
  if (!original || world.isLost(original.region)) throw notFound(from);
  const { shown } = original;
  if (shown.Status !== 'available') throw wrongState(from, shown.Status);
  const key = typeof input.KmsKeyId === 'string' ? input.KmsKeyId : (shown.KmsKeyId ?? '');
  if (!keyIsEnabled(world, region, key)) {
    throw new SimulatedAwsError(
      'KMSKeyNotAccessibleFault',
      `The KMS key [${key}] can't be used in ${region}.`,
    );
  }
  return add(world, region, textOf(call, 'TargetDBClusterSnapshotIdentifier'), 'copySnapshot', {
    ...shown,
    KmsKeyId: keyArnOf(world, region, key),
    SourceDBClusterSnapshotArn: shown.DBClusterSnapshotArn,
    TagList: tagsOf(call),
  });
}

/** DeleteDBClusterSnapshot. */
export function deleteClusterSnapshot(world: World, call: Call): unknown {
  const id = textOf(call, 'DBClusterSnapshotIdentifier');
  const state = clusterState(world);
  const found = state.snapshots.find(
    ({ region, shown }) => region === call.region && shown.DBClusterSnapshotIdentifier === id,
  );
  if (!found) throw notFound(id);
  if (found.shown.Status !== 'available') throw wrongState(id, found.shown.Status);
  state.snapshots = state.snapshots.filter(one => one !== found);
  world.changed(`rds-snapshot/${id}`, `Snapshot ${id} is deleted`, 'lifeboat');
  return { DBClusterSnapshot: { ...found.shown, Status: 'deleted' } };
}

function add(
  world: World,
  region: string,
  id: string,
  takes: 'createSnapshot' | 'copySnapshot',
  of: DBClusterSnapshot,
): unknown {
  const { snapshots } = clusterState(world);
  const here = snapshots.filter(one => one.region === region);
  if (here.some(({ shown }) => shown.DBClusterSnapshotIdentifier === id)) {
    throw new SimulatedAwsError('DBClusterSnapshotAlreadyExistsFault', `${id} exists already.`);
  }
  if (here.filter(({ shown }) => shown.SnapshotType === 'manual').length >= manualQuota) {
    throw new SimulatedAwsError(
      'SnapshotQuotaExceededFault',
      `Cannot create more than ${manualQuota} manual snapshots in ${region}.`,
    );
  }
  const shown: DBClusterSnapshot = {
    ...of,
    DBClusterSnapshotIdentifier: id,
    DBClusterSnapshotArn: clusterSnapshotArn(region, id),
    SnapshotType: 'manual',
    Status: 'creating',
  };
  snapshots.push({ region, shown });
  world.changed(`rds-snapshot/${id}`, `Snapshot ${id} is begun in ${region}`, 'lifeboat');
  const seconds = world.duration(rdsDurations[takes], `rds-cluster-snapshot/${region}/${id}`);
  world.after(seconds, `rds-snapshot/${id}`, `Snapshot ${id} is available`, () => {
    if (!world.isLost(region)) shown.Status = 'available';
  });
  return { DBClusterSnapshot: structuredClone(shown) };
}

function notFound(id: string): SimulatedAwsError {
  return new SimulatedAwsError('DBClusterSnapshotNotFoundFault', `DBClusterSnapshot ${id} not found.`, 404);
}

function wrongState(id: string, status: string | undefined): SimulatedAwsError {
  return new SimulatedAwsError('InvalidDBClusterSnapshotStateFault', `DBClusterSnapshot ${id} is ${status}.`);
}
