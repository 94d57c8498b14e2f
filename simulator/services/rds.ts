import { rdsDurations } from '../../shared/aws/rds-durations.ts';
import { appDependencies } from '../world/dependencies.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';
import { arrangeRds } from './rds/arrange.ts';
import { freezeBackups } from './rds/backups.ts';
import { failPrimaryZone, reboot } from './rds/failover.ts';
import { lineageOf, lineageOfServer } from './rds/lineage.ts';
import {
  describeBackups,
  describeEvents,
  describeInstances,
  describeParameterGroups,
  describeSnapshots,
  describeSubnetGroups,
  notFound,
} from './rds/reads.ts';
import { restoreFromSnapshot, restoreToPointInTime } from './rds/restore.ts';
import { change, endpointOf, keyOf, rdsState, remember, type SimulatedInstance } from './rds/state.ts';

export { failPrimaryZone } from './rds/failover.ts';
export { endpointOf } from './rds/state.ts';

/** What stands behind a database host name, for the rehearsal's SQL connections. */
export type DatabaseAt = {
  instance: string;
  region: string;
  /** Whether a connection succeeds now. */
  reachable: boolean;
  /** Whether it is the writer; a restored copy is, like any single instance that serves. */
  writable: boolean;
  /** The last moment whose data a restored copy holds; undefined for one that was never cut off. */
  cutAt: Date | undefined;
};

/** The DB instance with this endpoint, or undefined if no instance has it. */
export function databaseAt(world: World, host: string): DatabaseAt | undefined {
  for (const instance of rdsState(world).instances.values()) {
    if (instance.shown.Endpoint?.Address !== host) continue;
    const reachable = instance.serving && !world.isLost(instance.region);
    return {
      instance: instance.shown.DBInstanceIdentifier,
      region: instance.region,
      reachable,
      writable: reachable,
      cutAt: instance.cutAtMs === undefined ? undefined : new Date(instance.cutAtMs),
    };
  }
  return undefined;
}

export const service: SimulatedService = {
  name: 'rds',
  operations: {
    DescribeDBInstances: describeInstances,
    DescribeDBInstanceAutomatedBackups: describeBackups,
    DescribeDBSnapshots: describeSnapshots,
    DescribeEvents: describeEvents,
    DescribeDBSubnetGroups: describeSubnetGroups,
    DescribeDBParameterGroups: describeParameterGroups,
    // Which classes a region offers is not simulated: it offers what is asked for.
    DescribeOrderableDBInstanceOptions: (_world, { input }) => ({
      OrderableDBInstanceOptions: [
        { Engine: input.Engine, DBInstanceClass: input.DBInstanceClass, MultiAZCapable: true, Vpc: true },
      ],
    }),
    RestoreDBInstanceToPointInTime: restoreToPointInTime,
    RestoreDBInstanceFromDBSnapshot: restoreFromSnapshot,
    RebootDBInstance: (world, call) => {
      const instance = existing(world, call);
      reboot(world, instance, call.input.ForceFailover === true);
      return shown(instance);
    },
    StopDBInstance: stop,
    StartDBInstance: start,
    ModifyDBInstance: modify,
    DeleteDBInstance: remove,
  },
  arrange(world, plan) {
    arrangeRds(world, plan);
    const dependencies = appDependencies(world);
    dependencies.databaseAt = host => {
      const found = databaseAt(world, host);
      return found?.reachable ? { writable: found.writable } : undefined;
    };
    dependencies.serverAt = host => lineageOf(world, host) ?? { id: host };
    dependencies.serverOf = id => lineageOfServer(world, id) ?? { id };
  },
  loseRegion: (world, region) => freezeBackups(world, region),
  returnRegion: stopAll,
  strike(world, { type, component, ...how }) {
    if (component.type !== 'rds-instance' || type !== 'failure') return undefined;
    const { region, identifier } = component;
    failPrimaryZone(world, { region, identifier, selfFailover: 'selfHealing' in how && how.selfHealing });
    return () => databaseAt(world, endpointOf(region, identifier))?.reachable !== true;
  },
};

/** What an open fence asks for: the old writer is stopped before anybody reaches it again. */
function stopAll(world: World, region: string): void {
  for (const instance of rdsState(world).instances.values()) {
    if (instance.region !== region || instance.shown.DBInstanceStatus === 'stopped') continue;
    instance.serving = false;
    change(world, instance, { DBInstanceStatus: 'stopped' });
    const id = instance.shown.DBInstanceIdentifier;
    world.changed(`rds/${id}`, `${id} was stopped before its region answered again`, 'person');
  }
}

function stop(world: World, call: Call): unknown {
  const instance = existing(world, call);
  inState(instance, 'available');
  const id = instance.shown.DBInstanceIdentifier;
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

function start(world: World, call: Call): unknown {
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

function modify(world: World, call: Call): unknown {
  const instance = existing(world, call);
  const id = instance.shown.DBInstanceIdentifier;
  if (typeof call.input.DeletionProtection === 'boolean') {
    change(world, instance, { DeletionProtection: call.input.DeletionProtection });
    world.changed(`rds/${id}`, `Deletion protection of ${id}: ${call.input.DeletionProtection}`, 'lifeboat');
  }
  return shown(instance);
}

function remove(world: World, call: Call): unknown {
  const instance = existing(world, call);
  const { region } = instance;
  const id = instance.shown.DBInstanceIdentifier;
  if (instance.shown.DeletionProtection) {
    throw new SimulatedAwsError(
      'InvalidParameterCombination',
      'Cannot delete protected DB Instance, please disable deletion protection and try again.',
    );
  }
  if (['creating', 'deleting', 'rebooting'].includes(instance.shown.DBInstanceStatus)) {
    throw new SimulatedAwsError(
      'InvalidDBInstanceStateFault',
      `Instance ${id} is ${instance.shown.DBInstanceStatus}.`,
    );
  }
  instance.serving = false;
  change(world, instance, { DBInstanceStatus: 'deleting' });
  world.changed(`rds/${id}`, `${id} is being deleted`, 'lifeboat');
  world.after(world.duration(rdsDurations.delete, `rds-delete/${id}`), `rds/${id}`, `${id} is gone`, () => {
    rdsState(world).instances.delete(keyOf(region, id));
    remember(world);
  });
  return shown(instance);
}

function existing(world: World, call: Call): SimulatedInstance {
  const id = String(call.input.DBInstanceIdentifier);
  const instance = rdsState(world).instances.get(keyOf(call.region, id));
  if (!instance) throw notFound(id);
  return instance;
}

function inState(instance: SimulatedInstance, status: string): void {
  const { DBInstanceIdentifier: id, DBInstanceStatus: present } = instance.shown;
  if (present !== status) {
    throw new SimulatedAwsError(
      'InvalidDBInstanceStateFault',
      `Instance ${id} is ${present}, not ${status}.`,
    );
  }
}

function shown(instance: SimulatedInstance): unknown {
  return { DBInstance: structuredClone(instance.shown) };
}
