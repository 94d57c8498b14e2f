import { followersOf, linkedMaster, nodeAt, noteLinks, type RedisNode, redisPlane } from './redis-nodes.ts';
import type { World } from './world.ts';

type Reply = { text: string } | { error: string };

/** Commands that ElastiCache does not have. Source: ElastiCache User Guide, "Supported and restricted commands". */
const restricted = new Set([
  'REPLICAOF',
  'SLAVEOF',
  'FAILOVER',
  'BGSAVE',
  'SAVE',
  'SYNC',
  'PSYNC',
  'SHUTDOWN',
]);

/** How long a replica needs for the first copy of a small cache. Experience. */
const syncSeconds = { minSeconds: 1, likelySeconds: 4, maxSeconds: 15 };

/** What Redis answers to a command; errors have Redis's own texts. */
export function runRedisCommand(world: World, node: RedisNode, command: readonly string[]): Reply {
  const [word = '', ...args] = command;
  const name = word.toUpperCase();
  const unknown = { error: `ERR unknown command '${word}', with args beginning with: ` };
  if (node.managed && restricted.has(name)) return unknown;
  return commands[name]?.(world, node, args) ?? unknown;
}

const ok: Reply = { text: 'OK' };

const commands: Record<string, (world: World, node: RedisNode, args: string[]) => Reply> = {
  PING: () => ({ text: 'PONG' }),
  ROLE: (world, node) => ({ text: JSON.stringify(roleOf(world, node)) }),
  INFO: (world, node, [section]) => ({ text: info(world, node, section) }),
  DBSIZE: (_world, node) => ({ text: String(node.keys.size) }),
  GET: (_world, node, [key = '']) => ({ text: node.keys.get(key) ?? 'null' }),
  SET: (world, node, [key = '', value = '']) => write(world, node, keys => void keys.set(key, value), ok),
  UNLINK: unlink,
  DEL: unlink,
  FLUSHDB: (world, node) => write(world, node, keys => keys.clear(), ok),
  SCAN: (_world, node, args) => scan(node, args),
  REPLICAOF: (world, node, [host = '', port = '']) => replicaOf(world, node, host, port),
  FAILOVER: (world, node, args) => failover(world, node, args),
};

function write(
  world: World,
  node: RedisNode,
  change: (keys: Map<string, string>) => void,
  reply: Reply,
): Reply {
  if (node.masterId !== undefined) {
    return { error: "READONLY You can't write against a read only replica." };
  }
  for (const one of [node, ...followersOf(world, node)]) {
    change(one.keys);
    one.offset += 1;
  }
  return reply;
}

function unlink(world: World, node: RedisNode, keys: string[]): Reply {
  const count = keys.filter(key => node.keys.has(key)).length;
  return write(
    world,
    node,
    held => {
      for (const key of keys) held.delete(key);
    },
    { text: String(count) },
  );
}

/** The cursor is the number of keys that were looked at; keys that come and go meanwhile may be missed, as in Redis. */
function scan(node: RedisNode, [cursor = '0', ...rest]: string[]): Reply {
  const option = (name: string) => {
    const index = rest.findIndex(word => word.toUpperCase() === name);
    return index < 0 ? undefined : rest[index + 1];
  };
  const count = Number(option('COUNT') ?? 10);
  const pattern = option('MATCH');
  const keys = [...node.keys.keys()];
  const from = Number(cursor);
  const page = keys.slice(from, from + count);
  const next = from + count >= keys.length ? '0' : String(from + count);
  const glob = pattern === undefined ? undefined : globOf(pattern);
  return { text: JSON.stringify([next, page.filter(key => glob === undefined || glob.test(key))]) };
}

/** `*` and `?` of a Redis pattern; a backslash takes the next character as it is. */
function globOf(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\(.)|([*?])|([.+^${}()|[\]])/g, (_all, escaped, wild, plain) => {
    if (escaped !== undefined) return `\\${escaped}`;
    if (wild !== undefined) return wild === '*' ? '.*' : '.';
    return `\\${plain}`;
  });
  return new RegExp(`^${source}$`, 's');
}

function roleOf(world: World, node: RedisNode): unknown[] {
  if (node.masterId === undefined) return ['master', node.offset, []];
  const master = redisPlane(world).nodes.get(node.masterId);
  const state = linkedMaster(world, node) ? 'connected' : 'connect';
  return ['slave', master?.host ?? '', master?.port ?? 6379, state, node.offset];
}

function info(world: World, node: RedisNode, section: string | undefined): string {
  const wanted = section?.toLowerCase();
  const sections: Record<string, string[]> = {
    server: ['redis_version:7.1.0', 'redis_mode:standalone'],
    persistence: ['loading:0', 'rdb_last_bgsave_status:ok'],
    replication: replication(world, node),
    cluster: ['cluster_enabled:0'],
    keyspace: node.keys.size === 0 ? [] : [`db0:keys=${node.keys.size},expires=0,avg_ttl=0`],
  };
  return Object.entries(sections)
    .filter(([name]) => wanted === undefined || wanted === name)
    .map(
      ([name, lines]) => `# ${name.slice(0, 1).toUpperCase()}${name.slice(1)}\r\n${lines.join('\r\n')}\r\n`,
    )
    .join('\r\n');
}

function replication(world: World, node: RedisNode): string[] {
  const slaves = [...redisPlane(world).nodes.values()].filter(
    one => one.masterId === node.id && one.serving && !world.isLost(one.region),
  );
  const common = [`connected_slaves:${slaves.length}`, `master_repl_offset:${node.offset}`];
  if (node.masterId === undefined) return ['role:master', ...common];
  noteLinks(world);
  const master = redisPlane(world).nodes.get(node.masterId);
  const up = linkedMaster(world, node) !== undefined;
  const silentSeconds = Math.floor((world.nowMs() - (node.lastHeardMs ?? world.nowMs())) / 1000);
  return [
    'role:slave',
    `master_host:${master?.host ?? ''}`,
    `master_port:${master?.port ?? 6379}`,
    `master_link_status:${up ? 'up' : 'down'}`,
    `master_last_io_seconds_ago:${up ? 0 : -1}`,
    `master_sync_in_progress:${node.syncing ? 1 : 0}`,
    ...(up ? [] : [`master_link_down_since_seconds:${silentSeconds}`]),
    `slave_repl_offset:${node.offset}`,
    ...common,
  ];
}

function replicaOf(world: World, node: RedisNode, host: string, port: string): Reply {
  if (host.toUpperCase() === 'NO' && port.toUpperCase() === 'ONE') {
    if (node.masterId === undefined) return ok;
    node.masterId = undefined;
    node.syncing = false;
    node.lastHeardMs = undefined;
    world.changed(node.id, `Redis at ${node.host} is a master`, 'lifeboat');
    return ok;
  }
  const master = nodeAt(world, host);
  if (node.masterId === master?.id) return { text: 'OK Already connected to specified master' };
  startSync(world, node, master, host);
  return ok;
}

/** From here on it refuses writes; its own keys go when the first copy of the master arrives. */
function startSync(world: World, node: RedisNode, master: RedisNode | undefined, host: string): void {
  node.masterId = master?.id ?? host;
  node.syncing = true;
  world.changed(node.id, `Redis at ${node.host} follows ${host}`, 'lifeboat');
  const seconds = world.duration(syncSeconds, `redis-sync/${node.id}/${host}`);
  world.after(seconds, node.id, `Redis at ${node.host} has the data of ${host}`, () => {
    if (!node.syncing || node.masterId !== master?.id || !master?.serving || world.isLost(master.region))
      return;
    node.syncing = false;
    node.keys = new Map(master.keys);
    node.offset = master.offset;
  });
}

/** FAILOVER TO host port: writes stand still until that replica has everything, then the roles change. */
function failover(world: World, node: RedisNode, args: string[]): Reply {
  const [to = '', host = '', port = ''] = args;
  const target = nodeAt(world, host);
  if (node.masterId !== undefined) return { error: 'ERR FAILOVER is not valid when server is a replica.' };
  if (to.toUpperCase() !== 'TO' || target?.masterId !== node.id || Number(port) !== target.port) {
    return { error: 'ERR FAILOVER target HOST and PORT is not a replica.' };
  }
  world.changed(node.id, `Redis at ${node.host} hands over to ${host}`, 'lifeboat');
  world.after(1, target.id, `Redis at ${host} is the master`, () => {
    target.keys = new Map(node.keys);
    target.masterId = undefined;
    node.masterId = target.id;
    node.syncing = false;
  });
  return ok;
}
