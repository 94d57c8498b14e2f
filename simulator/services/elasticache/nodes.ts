import { addNode, cacheNodeId, type RedisNode, redisPlane } from '../../world/redis-nodes.ts';
import type { World } from '../../world/world.ts';
import type { SimulatedGroup } from './state.ts';

/** The nodes of a replication group: what the API shows of them, and the Redis processes behind. */

const zones = ['a', 'b', 'c'];

/** Makes what DescribeReplicationGroups shows of the nodes; the first one is the primary. */
export function showNodes(group: SimulatedGroup, count: number, endpoint: string, port: number): void {
  const { shown, region } = group;
  const ids = Array.from({ length: count }, (_, index) => `${shown.ReplicationGroupId}-00${index + 1}`);
  shown.MemberClusters = ids;
  shown.NodeGroups = [
    {
      NodeGroupId: '0001',
      Status: 'available',
      PrimaryEndpoint: { Address: endpoint, Port: port },
      NodeGroupMembers: ids.map((id, index) => ({
        CacheClusterId: id,
        CacheNodeId: '0001',
        PreferredAvailabilityZone: `${region}${zones[index % zones.length]}`,
        CurrentRole: index === 0 ? 'primary' : 'replica',
      })),
    },
  ];
}

export const membersOf = ({ shown }: SimulatedGroup) => shown.NodeGroups?.[0]?.NodeGroupMembers ?? [];

export function primaryOf(group: SimulatedGroup): string | undefined {
  return membersOf(group).find(({ CurrentRole }) => CurrentRole === 'primary')?.CacheClusterId;
}

export function processOf(
  world: World,
  group: SimulatedGroup,
  node: string | undefined,
): RedisNode | undefined {
  const number = membersOf(group).findIndex(({ CacheClusterId }) => CacheClusterId === node) + 1;
  return redisPlane(world).nodes.get(cacheNodeId(group.region, group.shown.ReplicationGroupId, number));
}

/** Starts the processes of a group that was made, empty or with the keys of a snapshot. */
export function startNodes(
  world: World,
  group: SimulatedGroup,
  credentials: string | undefined,
  keys: readonly [string, string][],
): void {
  const { region, shown } = group;
  const endpoint = shown.NodeGroups?.[0]?.PrimaryEndpoint;
  const plane = redisPlane(world);
  membersOf(group).forEach((_, index) => {
    const first = cacheNodeId(region, shown.ReplicationGroupId, 1);
    addNode(plane, {
      id: cacheNodeId(region, shown.ReplicationGroupId, index + 1),
      region,
      managed: true,
      host: `${shown.ReplicationGroupId}-00${index + 1}.${endpoint?.Address}`,
      port: endpoint?.Port ?? 6379,
      credentials,
      keys: new Map(keys),
      ...(index > 0 && { masterId: first }),
    });
  });
  plane.hosts.set(endpoint?.Address ?? '', cacheNodeId(region, shown.ReplicationGroupId, 1));
}

export function stopNodes(world: World, group: SimulatedGroup): void {
  for (const { CacheClusterId } of membersOf(group)) {
    const node = processOf(world, group, CacheClusterId);
    if (node) node.serving = false;
  }
}

/** Gives the role of the primary, and the endpoint, to another node; the others follow it from now on. */
export function makePrimary(world: World, group: SimulatedGroup, target: string): void {
  const plane = redisPlane(world);
  const old = processOf(world, group, primaryOf(group));
  const next = processOf(world, group, target);
  if (!next) return;
  const upstream = old?.masterId;
  for (const member of membersOf(group)) {
    member.CurrentRole = member.CacheClusterId === target ? 'primary' : 'replica';
    const node = processOf(world, group, member.CacheClusterId);
    if (node) node.masterId = node.id === next.id ? upstream : next.id;
  }
  next.lastHeardMs = undefined;
  // A node whose host failed is replaced, and follows the new primary.
  if (old && !old.serving && !world.isLost(group.region)) {
    old.serving = true;
    old.keys = new Map(next.keys);
  }
  plane.hosts.set(group.shown.NodeGroups?.[0]?.PrimaryEndpoint?.Address ?? '', next.id);
}

/** The first replica that works. */
export function nextPrimary(world: World, group: SimulatedGroup): string | undefined {
  return membersOf(group).find(
    ({ CurrentRole, CacheClusterId }) =>
      CurrentRole === 'replica' && processOf(world, group, CacheClusterId)?.serving,
  )?.CacheClusterId;
}

export function primaryServes(world: World, group: SimulatedGroup): boolean {
  return processOf(world, group, primaryOf(group))?.serving === true && !world.isLost(group.region);
}
