import type { Plan } from '../../shared/plan/schema.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { redisPlane } from '../world/redis-nodes.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';
import {
  createGroup,
  createSnapshot,
  deleteGroup,
  deleteSnapshot,
  modifyGroup,
  noticeLater,
  testFailover,
} from './elasticache/changes.ts';
import { membersOf, primaryOf, primaryServes, processOf, showNodes, stopNodes } from './elasticache/nodes.ts';
import { accountId, elasticacheState, keyOf, type SimulatedGroup } from './elasticache/state.ts';
import { addStore, describeStores, failoverStore, freezeStores } from './elasticache/stores.ts';

/** Nodes of the plan's caches, as behind their endpoints in `world/redis-nodes.ts`. */
const nodesOfPlan = 3;

/** Amazon ElastiCache: replication groups, their nodes, snapshots and Global Datastores. */
export const service: SimulatedService = {
  name: 'elasticache',
  operations: {
    DescribeReplicationGroups: describeGroups,
    DescribeCacheClusters: (_world, { input }) => {
      throw new SimulatedAwsError(
        'CacheClusterNotFoundFault',
        `CacheCluster not found: ${input.CacheClusterId}`,
        404,
      );
    },
    DescribeCacheSubnetGroups: describeSubnetGroup,
    DescribeSnapshots: describeSnapshots,
    DescribeEvents: describeEvents,
    DescribeGlobalReplicationGroups: describeStores,
    ListTagsForResource: listTags,
    CreateReplicationGroup: createGroup,
    ModifyReplicationGroup: modifyGroup,
    TestFailover: testFailover,
    DeleteReplicationGroup: deleteGroup,
    CreateSnapshot: createSnapshot,
    DeleteSnapshot: deleteSnapshot,
    FailoverGlobalReplicationGroup: failoverStore,
  },
  arrange,
  loseRegion: freezeStores,
  loseZone,
  strike,
};

function arrange(world: World, plan: Plan): void {
  redisPlane(world);
  const state = elasticacheState(world);
  for (const component of Object.values(plan.components)) {
    if (component.type === 'elasticache-target') {
      state.subnetGroups.add(`${component.region}/${component.subnetGroup}`);
    }
    if (component.type !== 'elasticache-replication-group') continue;
    const { region, identifier, endpoint, port } = component;
    const group: SimulatedGroup = {
      region,
      tags: [],
      serving: true,
      shown: {
        ReplicationGroupId: identifier,
        ARN: `arn:aws:elasticache:${region}:${accountId}:replicationgroup:${identifier}`,
        Status: 'available',
        AutomaticFailover: 'enabled',
        MultiAZ: 'enabled',
        ClusterEnabled: false,
      },
    };
    showNodes(group, nodesOfPlan, endpoint, port);
    state.groups.set(keyOf(region, identifier), group);
  }
  for (const component of Object.values(plan.components)) {
    if (component.type === 'elasticache-global-datastore') addStore(world, plan, component);
  }
  keepHistory(world, 'elasticache', () => state.groups);
}

function describeGroups(world: World, call: Call): unknown {
  const wanted = call.input.ReplicationGroupId;
  const groups = seenState(world, 'elasticache', elasticacheState(world).groups);
  const found = [...groups.values()].filter(
    ({ region, shown }) =>
      region === call.region && (wanted === undefined || shown.ReplicationGroupId === wanted),
  );
  if (wanted !== undefined && found.length === 0) {
    throw new SimulatedAwsError(
      'ReplicationGroupNotFoundFault',
      `ReplicationGroup ${wanted} not found.`,
      404,
    );
  }
  return { ReplicationGroups: structuredClone(found.map(({ shown }) => shown)) };
}

function describeSubnetGroup(world: World, { region, input }: Call): unknown {
  const name = String(input.CacheSubnetGroupName);
  if (!elasticacheState(world).subnetGroups.has(`${region}/${name}`)) {
    throw new SimulatedAwsError(
      'CacheSubnetGroupNotFoundFault',
      `Cache Subnet Group ${name} does not exist.`,
      404,
    );
  }
  return { CacheSubnetGroups: [{ CacheSubnetGroupName: name }] };
}

function describeSnapshots(world: World, { region, input }: Call): unknown {
  const wanted = input.SnapshotName;
  const found = elasticacheState(world).snapshots.filter(
    one => one.region === region && (wanted === undefined || one.shown.SnapshotName === wanted),
  );
  if (wanted !== undefined && found.length === 0) {
    throw new SimulatedAwsError('SnapshotNotFoundFault', `Snapshot ${wanted} not found.`, 404);
  }
  return { Snapshots: structuredClone(found.map(({ shown }) => shown)) };
}

function describeEvents(world: World, { region, input }: Call): unknown {
  const from = input.StartTime instanceof Date ? input.StartTime.getTime() : world.nowMs() - 3_600_000;
  const events = elasticacheState(world).events.filter(
    event => event.region === region && event.id === input.SourceIdentifier && event.atMs >= from,
  );
  return {
    Events: events.map(({ id, message, atMs }) => ({
      SourceIdentifier: id,
      SourceType: 'replication-group',
      Message: message,
      Date: new Date(atMs),
    })),
  };
}

function listTags(world: World, { input }: Call): unknown {
  const { groups, snapshots } = elasticacheState(world);
  const found = [...groups.values(), ...snapshots].find(({ shown }) => shown.ARN === input.ResourceName);
  if (found) return { TagList: structuredClone(found.tags) };
  throw new SimulatedAwsError('ReplicationGroupNotFoundFault', `${input.ResourceName} not found.`, 404);
}

function loseZone(world: World, region: string, letter: string): (() => boolean) | undefined {
  const hit = [...elasticacheState(world).groups.values()].filter(group => {
    const lost = membersOf(group).filter(
      node => group.region === region && node.PreferredAvailabilityZone === `${region}${letter}`,
    );
    for (const { CacheClusterId } of lost) {
      const node = processOf(world, group, CacheClusterId);
      if (node) node.serving = false;
    }
    if (lost.length > 0 && !primaryServes(world, group)) noticeLater(world, group);
    return lost.length > 0;
  });
  return hit.length === 0 ? undefined : () => hit.some(group => !primaryServes(world, group));
}

/** `selfHealing`: automatic failover does its work; without it the primary stays down until somebody promotes. */
function strike(world: World, blow: Blow): (() => boolean) | undefined {
  const { component, type } = blow;
  if (component.type !== 'elasticache-replication-group' || (type !== 'failure' && type !== 'loss'))
    return undefined;
  const { region, identifier } = component;
  const { groups } = elasticacheState(world);
  const group = groups.get(keyOf(region, identifier));
  if (!group) throw new Error(`The simulated world has no cache ${identifier} in ${region}`);
  if (type === 'loss') {
    stopNodes(world, group);
    groups.delete(keyOf(region, identifier));
    world.changed(`elasticache/${identifier}`, `The cache ${identifier} was deleted`, 'person');
    // Another cache in that region, such as one that a run has made, takes its place.
    return () =>
      ![...groups.values()].some(one => one.region === region && one.serving && primaryServes(world, one));
  }
  const primary = processOf(world, group, primaryOf(group));
  if (primary) primary.serving = false;
  world.changed(`elasticache/${identifier}`, `The primary ${primaryOf(group)} of ${identifier} fails`);
  if (blow.selfHealing) noticeLater(world, group);
  return () => !primaryServes(world, group);
}
