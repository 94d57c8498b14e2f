import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { endBackups } from './backups.ts';
import { forgetMember } from './cluster-lifecycle.ts';
import { existing, inState, shown } from './existing.ts';
import { forgetReplica, orphan } from './replicas.ts';
import { takeSnapshot } from './snapshots.ts';
import { change, keyOf, rdsState, remember, type SimulatedInstance } from './state.ts';

/** StopDBInstance. RDS stops no instance that has read replicas or is one. */
export function stop(world: World, call: Call): unknown {
  const instance = existing(world, call);
  inState(instance, 'available');
  const id = instance.shown.DBInstanceIdentifier;
  if (instance.replica || (instance.shown.ReadReplicaDBInstanceIdentifiers ?? []).length > 0) {
    throw new SimulatedAwsError(
      'InvalidDBInstanceStateFault',
      `Cannot stop or start a read replica instance or an instance that has read replicas: ${id}.`,
    );
  }
  instance.serving = false;
  change(world, instance, { DBInstanceStatus: 'stopping' });
  world.changed(`rds/${id}`, `${id} is being stopped`, 'lifeboat');
  world.after(world.duration(rdsDurations.stop, `rds-stop/${id}`), `rds/${id}`, `${id} is stopped`, () => {
    // RDS starts a stopped instance again after seven days.
    const restart = new Date(world.nowMs() + 7 * 86_400_000);
    change(world, instance, { DBInstanceStatus: 'stopped', AutomaticRestartTime: restart });
  });
  return shown(instance);
}

/** StartDBInstance. */
export function start(world: World, call: Call): unknown {
  const instance = existing(world, call);
  inState(instance, 'stopped');
  const id = instance.shown.DBInstanceIdentifier;
  change(world, instance, { DBInstanceStatus: 'starting', AutomaticRestartTime: undefined });
  world.changed(`rds/${id}`, `${id} is being started`, 'lifeboat');
  world.after(
    world.duration(rdsDurations.start, `rds-start/${id}`),
    `rds/${id}`,
    `${id} is available`,
    () => {
      instance.serving = true;
      change(world, instance, { DBInstanceStatus: 'available' });
    },
  );
  return shown(instance);
}

/** What an open fence asks for: the old writer is stopped before anybody reaches it again. */
export function stopAll(world: World, region: string): void {
  const running = [...rdsState(world).instances.values()].filter(
    instance =>
      instance.region === region &&
      instance.shown.DBInstanceStatus !== 'stopped' &&
      !instance.shown.DBClusterIdentifier,
  );
  // All of them before anybody looks: none serves between the stops of two others.
  for (const instance of running) instance.serving = false;
  for (const instance of running) {
    change(world, instance, { DBInstanceStatus: 'stopped' });
    const id = instance.shown.DBInstanceIdentifier;
    world.changed(`rds/${id}`, `${id} was stopped before its region answered again`, 'person');
  }
}

/** DeleteDBInstance, with its final snapshot and what becomes of its automated backups. */
export function remove(world: World, call: Call): unknown {
  const instance = existing(world, call);
  const { input } = call;
  const { DBInstanceIdentifier: id, DBInstanceStatus: status } = instance.shown;
  if (instance.shown.DeletionProtection) {
    throw new SimulatedAwsError(
      'InvalidParameterCombination',
      'Cannot delete protected DB Instance, please disable deletion protection and try again.',
    );
  }
  if (['creating', 'deleting', 'rebooting', 'renaming', 'modifying'].includes(status)) {
    throw new SimulatedAwsError('InvalidDBInstanceStateFault', `Instance ${id} is ${status}.`);
  }
  // An instance of a cluster has no snapshots of its own: the data is the cluster's.
  if (input.SkipFinalSnapshot !== true && !instance.replica && !instance.shown.DBClusterIdentifier) {
    if (input.FinalDBSnapshotIdentifier === undefined) {
      throw new SimulatedAwsError(
        'InvalidParameterCombination',
        'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.',
      );
    }
    takeSnapshot(
      world,
      instance,
      String(input.FinalDBSnapshotIdentifier),
      instance.shown.TagList?.map(tagOf) ?? [],
    );
  }
  instance.serving = false;
  forgetMember(world, instance.region, id);
  change(world, instance, { DBInstanceStatus: 'deleting' });
  world.changed(`rds/${id}`, `${id} is being deleted`, 'lifeboat');
  const deleteBackups = input.DeleteAutomatedBackups !== false;
  world.after(world.duration(rdsDurations.delete, `rds-delete/${id}`), `rds/${id}`, `${id} is gone`, () =>
    forget(world, instance, deleteBackups),
  );
  return shown(instance);
}

/** The instance is no more; what is kept of it is in snapshots and retained backups. */
export function forget(world: World, instance: SimulatedInstance, deleteBackups: boolean): void {
  const { region, replica } = instance;
  const id = instance.shown.DBInstanceIdentifier;
  instance.serving = false;
  rdsState(world).gone.push(instance);
  endBackups(world, instance, deleteBackups);
  orphan(world, instance);
  if (replica) forgetReplica(replica.source, region, id);
  rdsState(world).instances.delete(keyOf(region, id));
  remember(world);
}

const tagOf = ({ Key = '', Value = '' }: { Key?: string; Value?: string }) => ({ Key, Value });
