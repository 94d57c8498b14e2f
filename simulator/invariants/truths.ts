import type { Mode } from '../../shared/runbook/contract.ts';
import { clustersOf } from '../kubernetes/cluster.ts';
import { databaseAt } from '../services/rds.ts';
import { recoveryServesTraffic, type Side, whereUsersGo } from '../world/traffic.ts';
import type { World } from '../world/world.ts';

/**
 * Databases that applications write to now: the database takes writes, and a ready pod is connected to it. A drill's
 * copy is no production writer, so in a drill only what users reach counts.
 */
export function writersOf(world: World, mode: Mode): string[] {
  const hosts = new Set<string>();
  for (const cluster of clustersOf(world)) {
    if (world.isLost(cluster.region)) continue;
    if (mode === 'drill' && cluster.region !== world.plan.regions.primary) continue;
    for (const { pods } of cluster.deployments) {
      for (const pod of pods) if (pod.ready && pod.databaseHost) hosts.add(pod.databaseHost);
    }
  }
  return [...hosts].filter(host => databaseAt(world, host)?.writable).sort();
}

/** Where the users of each name go, and whether the recovery side could serve them. */
export function trafficSides(world: World): Map<string, { goes: Side; ready: boolean }> {
  const names = Object.entries(world.plan.components).filter(
    ([, component]) => component.type === 'dns-name',
  );
  const ready = recoveryServesTraffic(world);
  return new Map(names.map(([id]) => [id, { goes: whereUsersGo(world, id), ready }]));
}
