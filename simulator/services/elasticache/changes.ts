import { elasticacheDurations } from '../../../shared/aws/elasticache-durations.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import {
  makePrimary,
  nextPrimary,
  primaryOf,
  primaryServes,
  processOf,
  showNodes,
  startNodes,
  stopNodes,
} from './nodes.ts';
import {
  accountId,
  elasticacheState,
  existingGroup,
  keyOf,
  mustBeAvailable,
  type SimulatedGroup,
  say,
} from './state.ts';

/** What changes replication groups and snapshots. */

const tagsOf = (call: Call) =>
  (Array.isArray(call.input.Tags) ? call.input.Tags : []).map(tag => ({
    Key: String(tag.Key),
    Value: String(tag.Value),
  }));

const groupArn = (region: string, id: string) =>
  `arn:aws:elasticache:${region}:${accountId}:replicationgroup:${id}`;

/** CreateReplicationGroup. A cache without AUTH lets everybody in; with it, the secret of the plan is asked for. */
export function createGroup(world: World, call: Call): unknown {
  const { region, input } = call;
  const id = String(input.ReplicationGroupId);
  const state = elasticacheState(world);
  if (state.groups.has(keyOf(region, id))) {
    throw new SimulatedAwsError(
      'ReplicationGroupAlreadyExistsFault',
      `Replication group ${id} already exists.`,
    );
  }
  if (!state.subnetGroups.has(`${region}/${input.CacheSubnetGroupName}`)) {
    throw new SimulatedAwsError(
      'CacheSubnetGroupNotFoundFault',
      `Cache Subnet Group ${input.CacheSubnetGroupName} does not exist.`,
      404,
    );
  }
  if (input.AuthToken !== undefined && input.TransitEncryptionEnabled !== true) {
    throw new SimulatedAwsError('InvalidParameterCombinationException', 'AUTH needs in-transit encryption.');
  }
  const snapshot = state.snapshots.find(
    one => one.region === region && one.shown.SnapshotName === input.SnapshotName,
  );
  if (input.SnapshotName !== undefined && !snapshot) {
    throw new SimulatedAwsError('SnapshotNotFoundFault', `Snapshot ${input.SnapshotName} not found.`, 404);
  }
  const group: SimulatedGroup = {
    region,
    tags: tagsOf(call),
    serving: false,
    shown: {
      ReplicationGroupId: id,
      ARN: groupArn(region, id),
      Status: 'creating',
      AutomaticFailover: input.AutomaticFailoverEnabled === true ? 'enabled' : 'disabled',
      MultiAZ: input.MultiAZEnabled === true ? 'enabled' : 'disabled',
      ClusterEnabled: false,
      CacheNodeType: String(input.CacheNodeType),
      AuthTokenEnabled: input.AuthToken !== undefined,
      TransitEncryptionEnabled: input.TransitEncryptionEnabled === true,
    },
  };
  state.groups.set(keyOf(region, id), group);
  world.changed(`elasticache/${id}`, `The cache ${id} is being made in ${region}`, 'lifeboat');
  const seconds = world.duration(elasticacheDurations.create, `elasticache-create/${id}`);
  world.after(seconds, `elasticache/${id}`, `The cache ${id} is available`, () => {
    const port = typeof input.Port === 'number' ? input.Port : 6379;
    showNodes(
      group,
      Number(input.NumCacheClusters ?? 1),
      `master.${id}.simulated.${region}.cache.amazonaws.com`,
      port,
    );
    startNodes(world, group, credentialsFor(world, region, id, input.AuthToken), snapshot?.keys ?? []);
    group.serving = true;
    group.shown.Status = 'available';
  });
  return { ReplicationGroup: structuredClone(group.shown) };
}

/** The secret whose token was given: that of the plan's target that the name begins with. */
function credentialsFor(world: World, region: string, id: string, token: unknown): string | undefined {
  if (token === undefined) return undefined;
  const target = Object.values(world.plan.components).find(
    one => one.type === 'elasticache-target' && one.region === region && id.startsWith(one.identifier),
  );
  return target?.type === 'elasticache-target' ? target.credentials : undefined;
}

/** ModifyReplicationGroup: automatic failover on or off, or another primary. */
export function modifyGroup(world: World, call: Call): unknown {
  const group = existingGroup(world, call);
  mustBeAvailable(group);
  const { shown } = group;
  const {
    PrimaryClusterId: target,
    AutomaticFailoverEnabled: automatic,
    MultiAZEnabled: multiAz,
  } = call.input;
  if (typeof target === 'string' && shown.AutomaticFailover !== 'disabled') {
    throw new SimulatedAwsError(
      'InvalidParameterCombinationException',
      'Cannot manually promote a new primary cache cluster while automatic failover is enabled.',
    );
  }
  shown.Status = 'modifying';
  const id = shown.ReplicationGroupId;
  world.changed(`elasticache/${id}`, `A change of ${id} begins`, 'lifeboat');
  const seconds = world.duration(elasticacheDurations.modify, `elasticache-modify/${id}/${world.nowMs()}`);
  world.after(seconds, `elasticache/${id}`, `The change of ${id} is made`, () => {
    if (typeof automatic === 'boolean') shown.AutomaticFailover = automatic ? 'enabled' : 'disabled';
    if (typeof multiAz === 'boolean') shown.MultiAZ = multiAz ? 'enabled' : 'disabled';
    if (typeof target === 'string') moveTo(world, group, target);
    shown.Status = 'available';
  });
  return { ReplicationGroup: structuredClone(shown) };
}

/** TestFailover. */
export function testFailover(world: World, call: Call): unknown {
  const group = existingGroup(world, call);
  mustBeAvailable(group);
  if (group.shown.AutomaticFailover !== 'enabled') {
    throw new SimulatedAwsError('InvalidReplicationGroupStateFault', 'Automatic failover is not enabled.');
  }
  say(world, group.region, group.shown.ReplicationGroupId, 'Test Failover API called for node group 0001');
  beginFailover(world, group);
  return { ReplicationGroup: structuredClone(group.shown) };
}

/** The primary is gone; ElastiCache promotes a replica. */
export function beginFailover(world: World, group: SimulatedGroup): void {
  const { shown } = group;
  const id = shown.ReplicationGroupId;
  const target = nextPrimary(world, group);
  if (target === undefined) return;
  shown.Status = 'modifying';
  world.changed(`elasticache/${id}`, `The failover of ${id} begins`);
  const seconds = world.duration(
    elasticacheDurations.failover,
    `elasticache-failover/${id}/${world.nowMs()}`,
  );
  world.after(seconds, `elasticache/${id}`, `${id} has failed over to ${target}`, () => {
    moveTo(world, group, target);
    shown.Status = 'available';
  });
}

function moveTo(world: World, group: SimulatedGroup, target: string): void {
  const old = primaryOf(group);
  makePrimary(world, group, target);
  const message = `Failover from primary node ${old} to replica node ${target} completed`;
  say(world, group.region, group.shown.ReplicationGroupId, message);
}

/** Automatic failover notices that the primary does not answer. */
export function noticeLater(world: World, group: SimulatedGroup): void {
  const id = group.shown.ReplicationGroupId;
  if (group.shown.AutomaticFailover !== 'enabled') return;
  world.after(20, `elasticache/${id}`, `ElastiCache notices that the primary of ${id} fails`, () => {
    if (group.shown.Status === 'available' && !primaryServes(world, group)) beginFailover(world, group);
  });
}

export function deleteGroup(world: World, call: Call): unknown {
  const group = existingGroup(world, call);
  const { region, shown } = group;
  const id = shown.ReplicationGroupId;
  if (shown.Status !== 'create-failed') mustBeAvailable(group);
  const final = call.input.FinalSnapshotIdentifier;
  if (typeof final === 'string') keepSnapshot(world, group, final, []);
  stopNodes(world, group);
  shown.Status = 'deleting';
  world.changed(`elasticache/${id}`, `The cache ${id} is being deleted`, 'lifeboat');
  world.after(
    world.duration(elasticacheDurations.delete, `elasticache-delete/${id}`),
    `elasticache/${id}`,
    `${id} is gone`,
    () => {
      elasticacheState(world).groups.delete(keyOf(region, id));
    },
  );
  return { ReplicationGroup: structuredClone(shown) };
}

export function createSnapshot(world: World, call: Call): unknown {
  const { ReplicationGroupId: asked, CacheClusterId: node } = call.input;
  if ((asked === undefined) === (node === undefined)) {
    throw new SimulatedAwsError(
      'InvalidParameterCombinationException',
      'Only one of CacheClusterId or ReplicationGroupId can be provided.',
    );
  }
  const ReplicationGroupId = asked ?? String(node).replace(/-\d{3}$/, '');
  const group = existingGroup(world, { ...call, input: { ReplicationGroupId } });
  mustBeAvailable(group);
  const name = String(call.input.SnapshotName);
  const known = elasticacheState(world).snapshots.some(
    one => one.region === call.region && one.shown.SnapshotName === name,
  );
  if (known) throw new SimulatedAwsError('SnapshotAlreadyExistsFault', `Snapshot ${name} already exists.`);
  const snapshot = keepSnapshot(world, group, name, tagsOf(call));
  snapshot.shown.SnapshotStatus = 'creating';
  world.changed(`elasticache/${name}`, `The snapshot ${name} is being taken`, 'lifeboat');
  const seconds = world.duration(elasticacheDurations.snapshot, `elasticache-snapshot/${name}`);
  world.after(seconds, `elasticache/${name}`, `The snapshot ${name} is available`, () => {
    snapshot.shown.SnapshotStatus = 'available';
  });
  return { Snapshot: structuredClone(snapshot.shown) };
}

function keepSnapshot(
  world: World,
  group: SimulatedGroup,
  name: string,
  tags: { Key: string; Value: string }[],
) {
  const snapshot = {
    region: group.region,
    tags,
    keys: [...(processOf(world, group, primaryOf(group))?.keys ?? [])],
    shown: {
      SnapshotName: name,
      ReplicationGroupId: group.shown.ReplicationGroupId,
      SnapshotStatus: 'available',
      SnapshotSource: 'manual',
      ARN: `arn:aws:elasticache:${group.region}:${accountId}:snapshot:${name}`,
      NodeSnapshots: [{ SnapshotCreateTime: world.now() }],
    },
  };
  elasticacheState(world).snapshots.push(snapshot);
  return snapshot;
}

export function deleteSnapshot(world: World, call: Call): unknown {
  const { snapshots } = elasticacheState(world);
  const name = String(call.input.SnapshotName);
  const index = snapshots.findIndex(one => one.region === call.region && one.shown.SnapshotName === name);
  const found = snapshots[index];
  if (!found) throw new SimulatedAwsError('SnapshotNotFoundFault', `Snapshot ${name} not found.`, 404);
  if (found.shown.SnapshotStatus !== 'available') {
    throw new SimulatedAwsError(
      'InvalidSnapshotStateFault',
      `Snapshot ${name} is ${found.shown.SnapshotStatus}.`,
    );
  }
  snapshots.splice(index, 1);
  world.changed(`elasticache/${name}`, `The snapshot ${name} is gone`, 'lifeboat');
  return { Snapshot: found.shown };
}
