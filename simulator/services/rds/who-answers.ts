import type { World } from '../../world/world.ts';
import { clusterAt } from './clusters.ts';
import { replayedMs } from './lineage.ts';
import { rdsState } from './state.ts';

/** What stands behind a database host name, for the rehearsal's SQL connections. */
export type DatabaseAt = {
  instance: string;
  region: string;
  /** Whether a connection succeeds now. */
  reachable: boolean;
  /** Whether it is the writer; a restored copy is, like any single instance that serves, and a read replica is not. */
  writable: boolean;
  /** The last moment whose data a restored copy or a promoted replica holds; undefined for one that was never cut off. */
  cutAt: Date | undefined;
  /** For a read replica: up to when it has what its source committed, ms since the epoch. */
  replayedAtMs: number | undefined;
};

/** The DB instance or cluster with this endpoint, or undefined if none has it. */
export function databaseAt(world: World, host: string): DatabaseAt | undefined {
  const cluster = clusterAt(world, host);
  if (cluster) return cluster;
  for (const instance of rdsState(world).instances.values()) {
    if (instance.shown.Endpoint?.Address !== host) continue;
    const reachable = instance.serving && !world.isLost(instance.region);
    return {
      instance: instance.shown.DBInstanceIdentifier,
      region: instance.region,
      reachable,
      writable: reachable && instance.replica === undefined,
      cutAt: instance.cutAtMs === undefined ? undefined : new Date(instance.cutAtMs),
      replayedAtMs: instance.replica && replayedMs(instance.replica, world.nowMs()),
    };
  }
  return undefined;
}
