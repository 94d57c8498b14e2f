import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import {
  changeCluster,
  clusterState,
  existingCluster,
  memberInstance,
  type SimulatedCluster,
  wrongClusterState,
} from './clusters.ts';
import { makePassword } from './create.ts';
import { changeRange } from './serverless.ts';
import { accountId, change, keyOf, rdsState, remember } from './state.ts';

/** Starting, stopping, changing and deleting clusters. */

export function stopCluster(world: World, call: Call): unknown {
  const cluster = existingCluster(world, call);
  const id = cluster.shown.DBClusterIdentifier;
  if (!cluster.shown.Engine?.startsWith('aurora')) {
    throw new SimulatedAwsError('InvalidDBClusterStateFault', `${id} is not an Aurora DB cluster.`);
  }
  if (cluster.shown.GlobalClusterIdentifier) {
    throw wrongClusterState(cluster, 'one that can be stopped: it belongs to a global database');
  }
  if (cluster.shown.Status !== 'available') throw wrongClusterState(cluster, 'available');
  for (const instance of members(world, cluster)) {
    instance.serving = false;
    change(world, instance, { DBInstanceStatus: 'stopping' });
  }
  changeCluster(world, cluster, { Status: 'stopping' });
  world.changed(`rds/${id}`, `${id} is being stopped`, 'lifeboat');
  world.after(world.duration(rdsDurations.stop, `rds-stop/${id}`), `rds/${id}`, `${id} is stopped`, () => {
    // A stopped cluster is started again after seven days.
    const restart = new Date(world.nowMs() + 7 * 86_400_000);
    for (const instance of members(world, cluster)) change(world, instance, { DBInstanceStatus: 'stopped' });
    changeCluster(world, cluster, { Status: 'stopped', AutomaticRestartTime: restart });
  });
  return shownCluster(cluster);
}

export function startCluster(world: World, call: Call): unknown {
  const cluster = existingCluster(world, call);
  const id = cluster.shown.DBClusterIdentifier;
  if (cluster.shown.Status !== 'stopped') throw wrongClusterState(cluster, 'stopped');
  changeCluster(world, cluster, { Status: 'starting', AutomaticRestartTime: undefined });
  world.changed(`rds/${id}`, `${id} is being started`, 'lifeboat');
  world.after(world.duration(rdsDurations.start, `rds-start/${id}`), `rds/${id}`, `${id} is up`, () => {
    for (const instance of members(world, cluster)) {
      instance.serving = true;
      change(world, instance, { DBInstanceStatus: 'available' });
    }
    changeCluster(world, cluster, { Status: 'available' });
  });
  return shownCluster(cluster);
}

export function modifyCluster(world: World, call: Call): unknown {
  const cluster = existingCluster(world, call);
  const id = cluster.shown.DBClusterIdentifier;
  if (typeof call.input.DeletionProtection === 'boolean') {
    changeCluster(world, cluster, { DeletionProtection: call.input.DeletionProtection });
    world.changed(`rds/${id}`, `Deletion protection of ${id}: ${call.input.DeletionProtection}`, 'lifeboat');
  }
  changeRange(world, cluster, call);
  if (call.input.ManageMasterUserPassword === true) changePassword(world, cluster);
  return shownCluster(cluster);
}

/** RDS makes a new password and keeps it; meanwhile nothing else of the cluster can be changed. */
function changePassword(world: World, cluster: SimulatedCluster): void {
  const { region, shown } = cluster;
  const id = shown.DBClusterIdentifier;
  if (shown.Status !== 'available') throw wrongClusterState(cluster, 'available');
  changeCluster(world, cluster, { Status: 'resetting-master-credentials' });
  world.changed(`rds/${id}`, `RDS makes a password for ${id}`, 'lifeboat');
  const seconds = world.duration(rdsDurations.changePassword, `rds-password/${id}`);
  world.after(seconds, `rds/${id}`, `${id} has a new password`, () => {
    if (shown.Status !== 'resetting-master-credentials') return;
    changeCluster(world, cluster, { Status: 'available', ...makePassword(world, region, id, 'cluster') });
  });
}

export function deleteCluster(world: World, call: Call): unknown {
  const cluster = existingCluster(world, call);
  const { shown, region } = cluster;
  const id = shown.DBClusterIdentifier;
  if (shown.DeletionProtection) {
    throw new SimulatedAwsError(
      'InvalidParameterCombination',
      'Cannot delete protected Cluster, please disable deletion protection and try again.',
    );
  }
  if (shown.DBClusterMembers.length > 0 && shown.Engine?.startsWith('aurora')) {
    throw new SimulatedAwsError(
      'InvalidDBClusterStateFault',
      'Cluster cannot be deleted, it still contains DB instances in non-deleting state.',
    );
  }
  if (!['available', 'stopped', 'failed'].includes(shown.Status))
    throw wrongClusterState(cluster, 'available');
  const final = call.input.FinalDBSnapshotIdentifier;
  if (call.input.SkipFinalSnapshot !== true && typeof final === 'string') keepSnapshot(world, cluster, final);
  // The instances of a Multi-AZ DB cluster go with it.
  for (const instance of members(world, cluster)) {
    instance.serving = false;
    change(world, instance, { DBInstanceStatus: 'deleting' });
  }
  changeCluster(world, cluster, { Status: 'deleting' });
  world.changed(`rds/${id}`, `The cluster ${id} is being deleted`, 'lifeboat');
  world.after(world.duration(rdsDurations.delete, `rds-delete/${id}`), `rds/${id}`, `${id} is gone`, () => {
    for (const member of shown.DBClusterMembers) {
      rdsState(world).instances.delete(keyOf(region, member.DBInstanceIdentifier ?? ''));
    }
    clusterState(world).clusters.delete(keyOf(region, id));
    remember(world);
  });
  return shownCluster(cluster);
}

/** A cluster forgets an instance when its deletion begins. */
export function forgetMember(world: World, region: string, identifier: string): void {
  for (const cluster of clusterState(world).clusters.values()) {
    if (cluster.region !== region) continue;
    cluster.shown.DBClusterMembers = cluster.shown.DBClusterMembers.filter(
      member => member.DBInstanceIdentifier !== identifier,
    );
  }
}

function keepSnapshot(world: World, cluster: SimulatedCluster, name: string): void {
  const { shown, region } = cluster;
  clusterState(world).snapshots.push({
    region,
    shown: {
      DBClusterSnapshotIdentifier: name,
      DBClusterSnapshotArn: `arn:aws:rds:${region}:${accountId}:cluster-snapshot:${name}`,
      DBClusterIdentifier: shown.DBClusterIdentifier,
      SnapshotType: 'manual',
      Status: 'available',
      Engine: shown.Engine,
      EngineVersion: shown.EngineVersion,
      StorageEncrypted: true,
      KmsKeyId: shown.KmsKeyId,
      SnapshotCreateTime: world.now(),
    },
  });
}

function members(world: World, cluster: SimulatedCluster) {
  return cluster.shown.DBClusterMembers.flatMap(
    ({ DBInstanceIdentifier: id }) => memberInstance(world, cluster, id) ?? [],
  );
}

export function shownCluster(cluster: SimulatedCluster): unknown {
  return { DBCluster: structuredClone(cluster.shown) };
}
