import type { World } from '../../world/world.ts';
import { clusterAt } from './clusters.ts';
import type { DatabaseAt } from './database-at.ts';
import { replayedMs } from './lineage.ts';
import { isSetReadOnly } from './parameter-groups.ts';
import { rdsState } from './state.ts';

/** The DB instance or cluster with this endpoint, or undefined if none has it. */
export function databaseAt(world: World, host: string): DatabaseAt | undefined {
  const cluster = clusterAt(world, host);
  if (cluster) return cluster;
  for (const instance of rdsState(world).instances.values()) {
    if (instance.shown.Endpoint?.Address !== host) continue;
    const setReadOnly = isSetReadOnly(world, instance);
    const reachable = instance.serving && !world.isLost(instance.region);
    return {
      instance: instance.shown.DBInstanceIdentifier,
      region: instance.region,
      engine: instance.shown.Engine ?? 'postgres',
      reachable,
      writable: reachable && instance.replica === undefined && !setReadOnly,
      setReadOnly,
      cutAt: instance.cutAtMs === undefined ? undefined : new Date(instance.cutAtMs),
      replayedAtMs: instance.replica && replayedMs(instance.replica, world.nowMs()),
      receives: instance.replica !== undefined && instance.replica.frozenAtMs === undefined,
    };
  }
  return undefined;
}
