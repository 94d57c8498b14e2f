import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { SimulatedAwsError, type World } from '../../world/world.ts';
import { emitRdsEvent } from './events.ts';
import { change, keyOf, rdsState, type SimulatedInstance } from './state.ts';

/**
 * RDS abandons a requested failover shortly after another one (RDS-EVENT-0034). AWS does not say how long "recently"
 * is; this is an assumption.
 */
const recentlyMs = 5 * 60_000;

/**
 * The zone of a database's writer fails now: nothing connects any more. With `selfFailover` RDS notices and fails over
 * by itself, as a Multi-AZ instance should; without, it stays down until a failover is forced.
 */
export function failPrimaryZone(
  world: World,
  database: { region: string; identifier: string; selfFailover: boolean },
): void {
  const { region, identifier } = database;
  const instance = rdsState(world).instances.get(keyOf(region, identifier));
  if (instance === undefined)
    throw new Error(`The simulated world has no DB instance ${identifier} in ${region}`);
  instance.serving = false;
  world.changed(`rds/${identifier}`, `The zone ${instance.shown.AvailabilityZone} of ${identifier} fails`);
  if (!database.selfFailover || instance.shown.MultiAZ !== true) return;
  const seconds = world.duration(rdsDurations.detectZoneLoss, `rds-detect/${identifier}`);
  world.after(seconds, `rds/${identifier}`, `RDS notices that the zone of ${identifier} fails`, () => {
    // Somebody may have forced it in the meantime.
    if (!instance.serving && instance.shown.DBInstanceStatus === 'available') beginFailover(world, instance);
  });
}

/** RebootDBInstance. */
export function reboot(world: World, instance: SimulatedInstance, force: boolean): void {
  const { shown, region } = instance;
  const identifier = shown.DBInstanceIdentifier;
  if (shown.DBInstanceStatus !== 'available' || isFailingOver(world, instance)) {
    throw new SimulatedAwsError(
      'InvalidDBInstanceStateFault',
      `DB Instance ${identifier} is not in available state.`,
    );
  }
  if (!force) {
    throw new SimulatedAwsError('InvalidParameterValue', 'The simulator only reboots with failover.');
  }
  if (shown.MultiAZ !== true) {
    throw new SimulatedAwsError(
      'InvalidParameterCombination',
      `The DB instance ${identifier} is not a Multi-AZ instance, so a failover can't be forced.`,
    );
  }
  const last = instance.lastFailoverAtMs;
  if (last !== undefined && world.nowMs() - last < recentlyMs) {
    emitRdsEvent(world, region, identifier, 'RDS-EVENT-0034');
    return;
  }
  change(world, instance, { DBInstanceStatus: 'rebooting' });
  beginFailover(world, instance);
}

function isFailingOver(world: World, instance: SimulatedInstance): boolean {
  return failingOver(world).has(instance);
}

function failingOver(world: World): Set<SimulatedInstance> {
  return world.state('rds-failing-over', () => new Set<SimulatedInstance>());
}

/** The status stays `available` when RDS fails over by itself, and is `rebooting` when it was asked to. */
function beginFailover(world: World, instance: SimulatedInstance): void {
  const { shown, region } = instance;
  const identifier = shown.DBInstanceIdentifier;
  instance.serving = false;
  failingOver(world).add(instance);
  emitRdsEvent(world, region, identifier, 'RDS-EVENT-0013');
  world.changed(`rds/${identifier}`, `The failover of ${identifier} begins`);
  const seconds = world.duration(rdsDurations.multiAzFailover, `rds-failover/${identifier}/${world.nowMs()}`);
  world.after(seconds, `rds/${identifier}`, `${identifier} has failed over`, () => {
    failingOver(world).delete(instance);
    instance.serving = true;
    instance.lastFailoverAtMs = world.nowMs();
    change(world, instance, {
      DBInstanceStatus: 'available',
      AvailabilityZone: shown.SecondaryAvailabilityZone,
      SecondaryAvailabilityZone: shown.AvailabilityZone,
    });
    emitRdsEvent(world, region, identifier, 'RDS-EVENT-0006');
    emitRdsEvent(world, region, identifier, 'RDS-EVENT-0049');
  });
}
