import type { DatabaseServer } from '../../world/dependencies.ts';
import type { World } from '../../world/world.ts';
import { clusterState, type SimulatedCluster } from './clusters.ts';
import { globalServer } from './global-clusters.ts';
import { endpointOf } from './state.ts';

/**
 * Whose data is behind an endpoint of a cluster or of one of its instances: all of them share one storage. A secondary
 * of a global database holds what the primary had a moment ago.
 */
export function clusterLineage(world: World, host: string): DatabaseServer | undefined {
  const cluster = [...clusterState(world).clusters.values()].find(
    ({ region, shown }) =>
      shown.Endpoint === host ||
      shown.ReaderEndpoint === host ||
      shown.DBClusterMembers.some(({ DBInstanceIdentifier: id = '' }) => endpointOf(region, id) === host),
  );
  if (!cluster) return undefined;
  const server = globalServer(world, cluster.region, cluster.shown.DBClusterIdentifier) ?? ownServer(cluster);
  clusterState(world).servers.set(server.id, server);
  return server;
}

/** The same by the id of a server that has, or had, a copy. */
export function clusterLineageOf(world: World, id: string): DatabaseServer | undefined {
  return clusterState(world).servers.get(id);
}

function ownServer({ region, shown, copyOf }: SimulatedCluster): DatabaseServer {
  return { id: `cluster/${region}/${shown.DBClusterIdentifier}`, ...(copyOf && { copyOf }) };
}
