import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import type { Call, World } from '../../world/world.ts';
import type { ClusterComponent } from './cluster-components.ts';
import {
  changeCluster,
  clusterState,
  endpointOfCluster,
  existingCluster,
  memberInstance,
  type SimulatedCluster,
  writerIn,
  wrongClusterState,
} from './clusters.ts';
import { emitClusterEvent } from './events.ts';
import { nextInLine } from './promotion.ts';
import { change, keyOf, rdsState } from './state.ts';

/** FailoverDBCluster. */
export function failoverCluster(world: World, call: Call): unknown {
  const cluster = existingCluster(world, call);
  const target = nextWriter(world, cluster);
  if (cluster.shown.Status !== 'available') throw wrongClusterState(cluster, 'available');
  if (!writerIn(cluster) || !target) throw wrongClusterState(cluster, 'able to fail over: it has no reader');
  beginFailover(world, cluster);
  return { DBCluster: structuredClone(cluster.shown) };
}

/**
 * The host of the writer fails now. With `selfHealing` RDS notices and promotes a reader, as it does; without, the
 * cluster stays without a writer until a failover is forced.
 */
export function failWriter(world: World, region: string, identifier: string, selfHealing: boolean): void {
  const cluster = clusterState(world).clusters.get(keyOf(region, identifier));
  const writer = cluster && memberInstance(world, cluster, writerIn(cluster)?.DBInstanceIdentifier);
  if (!cluster || !writer) throw new Error(`The simulated world has no writer of ${identifier} in ${region}`);
  writer.serving = false;
  world.changed(
    `rds/${identifier}`,
    `The writer ${writer.shown.DBInstanceIdentifier} of ${identifier} fails`,
  );
  if (selfHealing) noticeLater(world, cluster);
}

/** Every instance in the zone stops; RDS promotes a reader where a writer was among them. */
export function loseClusterZone(world: World, region: string, letter: string): (() => boolean) | undefined {
  const hit = [...clusterState(world).clusters.values()].filter(cluster => {
    if (cluster.region !== region) return false;
    const lost = cluster.shown.DBClusterMembers.map(({ DBInstanceIdentifier: id }) =>
      memberInstance(world, cluster, id),
    ).filter(instance => instance?.shown.AvailabilityZone === `${region}${letter}`);
    for (const instance of lost) if (instance) instance.serving = false;
    if (!serves(world, cluster) && writerIn(cluster)) noticeLater(world, cluster);
    return lost.length > 0;
  });
  return hit.length === 0 ? undefined : () => hit.some(cluster => !serves(world, cluster));
}

/** The cluster was deleted with its instances; what was copied elsewhere, and manual snapshots, stay. */
export function loseCluster(world: World, component: ClusterComponent): () => boolean {
  const { region, identifier } = component;
  const cluster = clusterState(world).clusters.get(keyOf(region, identifier));
  for (const member of cluster?.shown.DBClusterMembers ?? []) {
    rdsState(world).instances.delete(keyOf(region, member.DBInstanceIdentifier ?? ''));
  }
  clusterState(world).clusters.delete(keyOf(region, identifier));
  world.changed(`rds/${identifier}`, `${identifier} was deleted with all its instances`, 'person');
  return () => ![...clusterState(world).clusters.values()].some(one => restoredIn(world, one));
}

function restoredIn(world: World, cluster: SimulatedCluster): boolean {
  return cluster.cutAtMs !== undefined && serves(world, cluster);
}

export function serves(world: World, cluster: SimulatedCluster): boolean {
  const writer = memberInstance(world, cluster, writerIn(cluster)?.DBInstanceIdentifier);
  return writer?.serving === true && !world.isLost(cluster.region);
}

/** Whether the writer of a component does not serve, which is what alarms go by. */
export function clusterIsDown(world: World, component: ClusterComponent): boolean {
  const endpoint = endpointOfCluster(component);
  const cluster = [...clusterState(world).clusters.values()].find(({ shown }) => shown.Endpoint === endpoint);
  return !cluster || !serves(world, cluster);
}

function noticeLater(world: World, cluster: SimulatedCluster): void {
  const id = cluster.shown.DBClusterIdentifier;
  const seconds = world.duration(rdsDurations.detectClusterFailure, `rds-cluster-detect/${id}`);
  world.after(seconds, `rds/${id}`, `RDS notices that the writer of ${id} fails`, () => {
    // Somebody may have forced it in the meantime.
    if (cluster.shown.Status === 'available' && !serves(world, cluster) && nextWriter(world, cluster)) {
      beginFailover(world, cluster);
    }
  });
}

function nextWriter(world: World, cluster: SimulatedCluster) {
  const next = nextInLine(world, cluster);
  return next === undefined
    ? undefined
    : cluster.shown.DBClusterMembers.find(({ DBInstanceIdentifier: id }) => id === next);
}

function beginFailover(world: World, cluster: SimulatedCluster): void {
  const { shown, region } = cluster;
  const id = shown.DBClusterIdentifier;
  const old = writerIn(cluster);
  const next = nextWriter(world, cluster);
  const oldInstance = memberInstance(world, cluster, old?.DBInstanceIdentifier);
  const oldWasUp = oldInstance?.serving === true;
  if (oldInstance) oldInstance.serving = false;
  changeCluster(world, cluster, { Status: 'failing-over' });
  emitClusterEvent(world, region, id, 'RDS-EVENT-0073', next?.DBInstanceIdentifier ?? '');
  world.changed(`rds/${id}`, `The failover of the cluster ${id} begins`);
  // Aurora's instances share their storage, and so do those of DocumentDB and Neptune.
  const isMultiAz = shown.Engine === 'postgres' || shown.Engine === 'mysql';
  const duration = isMultiAz ? rdsDurations.multiAzClusterFailover : rdsDurations.auroraFailover;
  world.after(
    world.duration(duration, `rds-cluster-failover/${id}/${world.nowMs()}`),
    `rds/${id}`,
    `The cluster ${id} has failed over to ${next?.DBInstanceIdentifier}`,
    () => {
      if (old) old.IsClusterWriter = false;
      if (next) next.IsClusterWriter = true;
      // A writer that was only asked to step back restarts as a reader; one whose host failed is replaced later.
      if (oldInstance && oldWasUp) oldInstance.serving = true;
      if (oldInstance) change(world, oldInstance, {});
      changeCluster(world, cluster, { Status: 'available' });
      emitClusterEvent(world, region, id, 'RDS-EVENT-0071', next?.DBInstanceIdentifier ?? '');
    },
  );
}
