import { elasticacheDurations } from '../../../shared/aws/elasticache-durations.ts';
import type { ComponentOf } from '../../../shared/plan/components.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import { addMetric } from '../../world/metrics.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { primaryOf, processOf } from './nodes.ts';
import { elasticacheState, keyOf, type SimulatedStore, say } from './state.ts';

/** Global Datastores: which member is the primary, and how far the other lies behind. */

/** ElastiCache User Guide, "Replication across AWS Regions using global datastores": typically under a second. */
const lag = { minSeconds: 0.2, likelySeconds: 0.6, maxSeconds: 1.5 };

export function addStore(
  world: World,
  plan: Plan,
  component: ComponentOf<'elasticache-global-datastore'>,
): void {
  const member = (id: string) => {
    const found = plan.components[id];
    return found?.type === 'elasticache-replication-group'
      ? { region: found.region, id: found.identifier }
      : undefined;
  };
  const primary = member(component.primary);
  const secondary = member(component.secondary);
  if (!primary || !secondary) return;
  const store: SimulatedStore = {
    id: component.identifier,
    status: 'available',
    members: [primary, secondary],
    primary,
    lagSeconds: world.duration(lag, `elasticache-lag/${component.identifier}`),
    frozenAtMs: undefined,
  };
  elasticacheState(world).stores.push(store);
  setRoles(world, store);
  addMetric(world, {
    region: secondary.region,
    namespace: 'AWS/ElastiCache',
    name: 'GlobalDatastoreReplicationLag',
    dimensions: { CacheClusterId: `${secondary.id}-001` },
    valueAt: atMs =>
      store.frozenAtMs !== undefined && atMs > store.frozenAtMs ? undefined : store.lagSeconds,
  });
}

function setRoles(world: World, store: SimulatedStore): void {
  for (const { region, id } of store.members) {
    const group = elasticacheState(world).groups.get(keyOf(region, id));
    if (!group) continue;
    group.shown.GlobalReplicationGroupInfo = {
      GlobalReplicationGroupId: store.id,
      GlobalReplicationGroupMemberRole:
        store.primary.id === id && store.primary.region === region ? 'PRIMARY' : 'SECONDARY',
    };
  }
}

export function freezeStores(world: World, region: string): void {
  for (const store of elasticacheState(world).stores) {
    if (store.primary.region === region) store.frozenAtMs ??= world.nowMs();
  }
}

export function describeStores(world: World, call: Call): unknown {
  const wanted = call.input.GlobalReplicationGroupId;
  const found = elasticacheState(world).stores.filter(
    ({ id, members }) =>
      members.some(({ region }) => region === call.region) && (wanted === undefined || wanted === id),
  );
  if (wanted !== undefined && found.length === 0) throw storeNotFound(String(wanted));
  return { GlobalReplicationGroups: found.map(store => shown(store)) };
}

function shown(store: SimulatedStore) {
  return {
    GlobalReplicationGroupId: store.id,
    Status: store.status,
    Engine: 'redis',
    Members: store.members.map(({ region, id }) => ({
      ReplicationGroupId: id,
      ReplicationGroupRegion: region,
      Role: store.primary.id === id && store.primary.region === region ? 'PRIMARY' : 'SECONDARY',
      Status: 'associated',
    })),
  };
}

/** FailoverGlobalReplicationGroup. */
export function failoverStore(world: World, call: Call): unknown {
  const { GlobalReplicationGroupId, PrimaryRegion, PrimaryReplicationGroupId } = call.input;
  const store = elasticacheState(world).stores.find(({ id }) => id === GlobalReplicationGroupId);
  if (!store) throw storeNotFound(String(GlobalReplicationGroupId));
  const target = store.members.find(
    ({ region, id }) => region === PrimaryRegion && id === PrimaryReplicationGroupId,
  );
  if (!target || store.status !== 'available' || target === store.primary) {
    const message = `Global replication group ${store.id} is not in a valid state for a failover.`;
    throw new SimulatedAwsError('InvalidGlobalReplicationGroupStateFault', message);
  }
  store.status = 'modifying';
  world.changed(
    `elasticache/${store.id}`,
    `The failover of ${store.id} to ${target.region} begins`,
    'lifeboat',
  );
  const seconds = world.duration(elasticacheDurations.globalFailover, `elasticache-global/${store.id}`);
  world.after(seconds, `elasticache/${store.id}`, `${target.id} is the primary of ${store.id}`, () => {
    const [next, old] = [target, store.primary].map(({ region, id }) => {
      const group = elasticacheState(world).groups.get(keyOf(region, id));
      return group && processOf(world, group, primaryOf(group));
    });
    if (next) next.masterId = undefined;
    if (next && old) old.masterId = next.id;
    store.primary = target;
    store.status = 'available';
    setRoles(world, store);
    say(world, target.region, target.id, `Failover of the global datastore ${store.id} complete`);
  });
  return { GlobalReplicationGroup: shown(store) };
}

function storeNotFound(id: string): SimulatedAwsError {
  return new SimulatedAwsError(
    'GlobalReplicationGroupNotFoundFault',
    `The global replication group ${id} does not exist.`,
    404,
  );
}
