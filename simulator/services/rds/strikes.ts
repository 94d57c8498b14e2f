import type { ComponentOf } from '../../../shared/plan/components.ts';
import type { Blow, World } from '../../world/world.ts';
import { lostZones } from './create.ts';
import { emitRdsEvent } from './events.ts';
import { failPrimaryZone } from './failover.ts';
import { forget } from './lifecycle.ts';
import { lineageOf, lineageOfServer } from './lineage.ts';
import { endpointOf, keyOf, rdsState, type SimulatedInstance } from './state.ts';
import { databaseAt } from './who-answers.ts';

/** Plays what a disaster does to a DB instance. The answer tells whether the damage is still there. */
export function strikeInstance(world: World, blow: Blow): (() => boolean) | undefined {
  const { component } = blow;
  if (component.type !== 'rds-instance') return undefined;
  switch (blow.type) {
    case 'failure':
      return fail(world, component, blow.selfHealing);
    case 'loss':
      return lose(world, component);
    // What is in the data is the SQL's matter.
    case 'corruption':
    case 'intrusion':
      return undefined;
  }
}

/** RDS says that an instance is deleted when its storage is gone too, some minutes after it stopped answering. */
const deletionSeconds = { minSeconds: 60, likelySeconds: 150, maxSeconds: 300 };

type Database = ComponentOf<'rds-instance'>;

function fail(world: World, { region, identifier }: Database, selfFailover: boolean): () => boolean {
  failPrimaryZone(world, { region, identifier, selfFailover });
  return () => unreachable(world, region, identifier);
}

/**
 * Somebody deleted the instance, without a final snapshot. Its automated backups are retained, which is what the
 * console offers first; with the fault `backups-deleted` they went with it, which is what the API does unless told
 * otherwise. Manual snapshots and copies in other regions stay. A copy of its data that takes writes in its region, such
 * as a promoted replica, takes its place.
 */
function lose(world: World, { region, identifier }: Database): () => boolean {
  const { instances } = rdsState(world);
  const instance = instances.get(keyOf(region, identifier));
  if (!instance) throw new Error(`The simulated world has no DB instance ${identifier} in ${region}`);
  forget(world, instance, world.faults.has('backups-deleted'));
  world.changed(`rds/${identifier}`, `${identifier} in ${region} is deleted by mistake`, 'person');
  const seconds = world.duration(deletionSeconds, `deletion/${region}/${identifier}`);
  setTimeout(() => emitRdsEvent(world, region, identifier, 'RDS-EVENT-0003'), Math.round(seconds * 1000));
  const isReplaced = () =>
    [...instances.values()].some(
      other =>
        other.region === region &&
        other.serving &&
        other.replica === undefined &&
        dataOf(world, other) === instance.server,
    );
  return () => unreachable(world, region, identifier) && !isReplaced();
}

/** The server that the data of an instance came from at first. */
function dataOf(world: World, { shown }: SimulatedInstance): string | undefined {
  let server = lineageOf(world, shown.Endpoint?.Address ?? '');
  while (server?.copyOf) server = lineageOfServer(world, server.copyOf.id);
  return server?.id;
}

function unreachable(world: World, region: string, identifier: string): boolean {
  return databaseAt(world, endpointOf(region, identifier))?.reachable !== true;
}

/** A lost zone takes the writers in it along; Multi-AZ instances fail over by themselves. */
export function loseZone(world: World, region: string, letter: string): (() => boolean) | undefined {
  const zone = `${region}${letter}`;
  lostZones(world).add(zone);
  const hit = [...rdsState(world).instances.values()].filter(
    ({ region: where, shown }) =>
      where === region && shown.AvailabilityZone === zone && !shown.DBClusterIdentifier,
  );
  for (const { shown } of hit) {
    failPrimaryZone(world, { region, identifier: shown.DBInstanceIdentifier, selfFailover: true });
  }
  if (hit.length === 0) return undefined;
  return () => hit.some(instance => !instance.serving);
}
