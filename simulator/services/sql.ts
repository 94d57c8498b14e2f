import type { Component } from '../../shared/plan/components.ts';
import { isDamaged, record } from '../world/sql-journal.ts';
import type { SimulatedService, World } from '../world/world.ts';
import { endpointOf } from './rds.ts';

/**
 * The data in PostgreSQL databases, whoever runs them. It answers no calls of AWS; it plays the disaster in which the
 * data itself is wrong.
 */
export const service: SimulatedService = {
  name: 'sql',
  operations: {},
  strike(world, blow) {
    if (blow.type !== 'corruption') return undefined;
    const place = placeOf(blow.component);
    if (!place) return undefined;
    const atMs = world.outageStartedAtMs - blow.noticedAfter * 1000;
    record(world, place.host, place.database, { atMs, text: blow.damage, damage: true });
    world.changed(`sql/${blow.component.id}`, `The data of ${blow.component.id} has been wrong for a while`);
    return () => isDamaged(world, place.host, place.database);
  },
};

/** Where a component's data is asked for; undefined for a component that is no database. */
export function placeOf(component: Component): { host: string; database: string } | undefined {
  if (component.type === 'rds-instance') {
    const { region, identifier, database } = component;
    return { host: endpointOf(region, identifier), database };
  }
  if ('host' in component && 'database' in component) {
    const { host, database } = component;
    if (typeof host === 'string' && typeof database === 'string') return { host, database };
  }
  return undefined;
}

/** Whether the database of a component holds the damage now. */
export function componentIsDamaged(world: World, component: Component): boolean {
  const place = placeOf(component);
  return place !== undefined && isDamaged(world, place.host, place.database);
}
