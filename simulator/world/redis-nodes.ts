import type { Component } from '../../shared/plan/components.ts';
import type { World } from './world.ts';

/** One Redis process: a node of ElastiCache, or a server that the system runs itself. */
export type RedisNode = {
  id: string;
  region: string;
  /** ElastiCache knows some commands not: replication and saving are its own matter. */
  managed: boolean;
  host: string;
  port: number;
  /** Reference to the secret that it lets in by. */
  credentials: string | undefined;
  serving: boolean;
  /** Id of the node that it replicates; undefined for a master. */
  masterId: string | undefined;
  /** True until the first copy of a new master has arrived. */
  syncing: boolean;
  /** When it last heard of its master, ms since the epoch; undefined while it still does. */
  lastHeardMs: number | undefined;
  /** What has been replicated, as Redis counts it. */
  offset: number;
  keys: Map<string, string>;
};

type Plane = {
  nodes: Map<string, RedisNode>;
  /** Host names, and the node that each leads to. */
  hosts: Map<string, string>;
};

/** All Redis processes of the world; those of the plan are made on first use. */
export function redisPlane(world: World): Plane {
  const existing = world.state<Plane>('redis', () => ({ nodes: new Map(), hosts: new Map() }));
  const arranged = world.state('redis-arranged', () => ({ done: false }));
  if (!arranged.done) {
    arranged.done = true;
    for (const [id, component] of Object.entries(world.plan.components)) arrange(existing, id, component);
    connectReplicas(world, existing);
  }
  return existing;
}

/** Replicas behind each primary endpoint of the plan. */
const replicas = 2;

function arrange(plane: Plane, id: string, component: Component): void {
  if (component.type === 'redis-server') {
    const { region, host, port, credentials } = component;
    addNode(plane, { id: `redis/${id}`, region, managed: false, host, port, credentials });
  }
  if (component.type !== 'elasticache-replication-group') return;
  const { region, identifier, endpoint, port, credentials } = component;
  for (let number = 1; number <= replicas + 1; number++) {
    addNode(plane, {
      id: cacheNodeId(region, identifier, number),
      region,
      managed: true,
      host: `${identifier}-00${number}.${endpoint}`,
      port,
      credentials,
      ...(number > 1 && { masterId: cacheNodeId(region, identifier, 1) }),
    });
  }
  plane.hosts.set(endpoint, cacheNodeId(region, identifier, 1));
}

/** Servers that replicate each other by the plan, and the secondary of a global data store. */
function connectReplicas(world: World, plane: Plane): void {
  const { components } = world.plan;
  for (const [id, component] of Object.entries(components)) {
    if (component.type === 'redis-server' && component.replicaOf !== undefined) {
      follow(plane, plane.nodes.get(`redis/${id}`), plane.nodes.get(`redis/${component.replicaOf}`));
    }
    if (component.type !== 'elasticache-global-datastore') continue;
    const [primary, secondary] = [components[component.primary], components[component.secondary]];
    if (primary?.type !== 'elasticache-replication-group') continue;
    if (secondary?.type !== 'elasticache-replication-group') continue;
    follow(
      plane,
      plane.nodes.get(plane.hosts.get(secondary.endpoint) ?? ''),
      plane.nodes.get(plane.hosts.get(primary.endpoint) ?? ''),
    );
  }
}

export function cacheNodeId(region: string, group: string, number: number): string {
  return `elasticache/${region}/${group}-00${number}`;
}

/** A process with the keys that every cache of the simulated world has, unless it replicates another one. */
export function addNode(
  plane: Plane,
  node: Pick<RedisNode, 'id' | 'region' | 'managed' | 'host' | 'port' | 'credentials'> & {
    masterId?: string;
    keys?: Map<string, string>;
  },
): RedisNode {
  const made: RedisNode = {
    ...node,
    masterId: node.masterId,
    serving: true,
    syncing: false,
    lastHeardMs: undefined,
    offset: 1000,
    keys: node.keys ?? new Map(initialKeys()),
  };
  plane.nodes.set(made.id, made);
  plane.hosts.set(made.host, made.id);
  return made;
}

function* initialKeys(): Generator<[string, string]> {
  for (let number = 1; number <= 12; number++) yield [`session:${number}`, `user-${number}`];
  for (let number = 1; number <= 6; number++) yield [`page:${number}`, 'html'];
  yield ['queue:mails', '["welcome"]'];
  yield ['lock:nightly', 'held'];
}

function follow(plane: Plane, node: RedisNode | undefined, master: RedisNode | undefined): void {
  if (!node || !master) return;
  node.masterId = master.id;
  node.keys = new Map(plane.nodes.get(master.id)?.keys);
}

/** The process behind a host name now. */
export function nodeAt(world: World, host: string): RedisNode | undefined {
  const { nodes, hosts } = redisPlane(world);
  return nodes.get(hosts.get(host) ?? '');
}

/** The master of a node at the end of the chain, if every link up to it is there. */
export function linkedMaster(world: World, node: RedisNode): RedisNode | undefined {
  if (node.masterId === undefined || node.syncing) return undefined;
  const master = redisPlane(world).nodes.get(node.masterId);
  return master?.serving && !world.isLost(master.region) ? master : undefined;
}

/** Notes the moment from which a replica hears nothing more; what its master writes afterwards it never gets. */
export function noteLinks(world: World): void {
  for (const node of redisPlane(world).nodes.values()) {
    if (node.masterId === undefined || linkedMaster(world, node)) node.lastHeardMs = undefined;
    else node.lastHeardMs ??= world.nowMs();
  }
}

/** All nodes that replicate this one, directly or through another. */
export function followersOf(world: World, node: RedisNode): RedisNode[] {
  const direct = [...redisPlane(world).nodes.values()].filter(
    one => one.masterId === node.id && one.serving && !world.isLost(one.region) && !one.syncing,
  );
  return direct.flatMap(one => [one, ...followersOf(world, one)]);
}
