import type { ComponentOf } from '../../shared/plan/components.ts';
import { componentsOf } from './addresses.ts';
import type { AppDependencies, DatabaseServer } from './dependencies.ts';
import type { World } from './world.ts';

type Component = ComponentOf<'postgres-server'> | ComponentOf<'mysql-server'>;

/** A database server that the system runs itself, such as on an instance of EC2. */
export type OwnServer = {
  component: Component;
  serving: boolean;
  /** What `read_only` of MySQL says; PostgreSQL has nothing of the kind for a whole server. */
  readOnly: boolean;
  /** Which data is in it. A copy that is made anew has another id. */
  data: DatabaseServer;
  /** The server that it follows; `frozenAtMs` is when that one fell silent, or it was told to listen no longer. */
  follows?: { source: OwnServer; lagSeconds: number; frozenAtMs?: number; stopped?: true };
};

/** Streaming replication on a network of AWS between two regions; experience. */
const replicaLag = { minSeconds: 0.2, likelySeconds: 1, maxSeconds: 8 };

/** All of them by their component; those that the plan calls replicas follow their source. */
export function ownServers(world: World): Map<string, OwnServer> {
  return world.state('own-servers', () => {
    const all = [...componentsOf(world.plan, 'postgres-server'), ...componentsOf(world.plan, 'mysql-server')];
    const made = new Map(
      all.map((component): [string, OwnServer] => [
        component.id,
        { component, serving: true, readOnly: false, data: { id: component.host } },
      ]),
    );
    for (const server of made.values()) {
      const source = made.get(server.component.replicaOf ?? '');
      if (source) follow(world, server, source);
    }
    return made;
  });
}

export const ownServerAt = (world: World, host: string): OwnServer | undefined =>
  [...ownServers(world).values()].find(({ component }) => component.host === host);

export const answers = (world: World, { serving, component }: OwnServer): boolean =>
  serving && !world.isLost(component.region);

/** PostgreSQL takes no writes while it follows; MySQL takes those that `read_only` lets in. */
export const takesWrites = (world: World, server: OwnServer): boolean =>
  answers(world, server) &&
  !server.readOnly &&
  !(server.follows && server.component.type === 'postgres-server');

/** What is behind a host name of the plan's own servers; undefined when nothing answers there. */
export function foundAt(world: World, host: string): ReturnType<AppDependencies['databaseAt']> {
  const server = ownServerAt(world, host);
  if (!server || !answers(world, server)) return undefined;
  const { component, follows, readOnly } = server;
  return {
    writable: takesWrites(world, server),
    setReadOnly: readOnly,
    ...(component.type === 'mysql-server' && { engine: component.engine }),
    ...(follows && {
      inRecovery: true,
      replayedAtMs: replayedMs(world, follows),
      receives: follows.frozenAtMs === undefined,
    }),
  };
}

/** Whose data is at a host, or behind an id that `data` of a server had once. */
export function dataOf(world: World, named: { host: string } | { id: string }): DatabaseServer | undefined {
  const servers = [...ownServers(world).values()];
  const found = servers.find(({ component, data }) =>
    'host' in named ? component.host === named.host : data.id === named.id,
  );
  if (!found) return 'id' in named ? formerData(world).get(named.id) : undefined;
  const { data, follows } = found;
  return follows
    ? { ...data, copyOf: { id: follows.source.data.id, untilMs: replayedMs(world, follows) } }
    : data;
}

/** Data that was given up for a new copy. What was copied from it still has it. */
const formerData = (world: World) =>
  world.state('own-servers-former', () => new Map<string, DatabaseServer>());

function replayedMs(world: World, { lagSeconds, frozenAtMs }: NonNullable<OwnServer['follows']>): number {
  return (frozenAtMs ?? world.nowMs()) - Math.round(lagSeconds * 1000);
}

/** Lets a server follow another one. */
function follow(world: World, server: OwnServer, source: OwnServer): void {
  const lagSeconds = world.duration(replicaLag, `own-server-lag/${server.component.id}`);
  server.follows = { source, lagSeconds };
  server.readOnly = server.component.type === 'mysql-server';
}

/** Gives a server a copy of another one's data, which it follows from then on. */
export function copyAnew(world: World, server: OwnServer, source: OwnServer): void {
  formerData(world).set(server.data.id, dataOf(world, { id: server.data.id }) ?? server.data);
  server.data = { id: `${server.component.host}/copy-${world.nowMs()}` };
  follow(world, server, source);
}

/** It follows nobody any more, and keeps what it has. */
export function detach(world: World, server: OwnServer): void {
  if (!server.follows) return;
  server.data = dataOf(world, { host: server.component.host }) ?? server.data;
  delete server.follows;
}

/** Notes since when a server hears nothing of the one that it follows. What that one takes afterwards never arrives. */
export function noteReplication(world: World): void {
  for (const { follows, component } of ownServers(world).values()) {
    if (!follows) continue;
    const hears = !follows.stopped && answers(world, follows.source) && !world.isLost(component.region);
    if (hears) delete follows.frozenAtMs;
    else follows.frozenAtMs ??= world.nowMs();
  }
}

/** Servers with the same data: a source and all that follow it, by the plan. */
export function groupOf(world: World, server: OwnServer): OwnServer[] {
  const all = [...ownServers(world).values()];
  const rootOf = ({ component }: OwnServer): string => {
    const seen = new Set([component.id]);
    let root = component;
    while (root.replicaOf !== undefined && !seen.has(root.replicaOf)) {
      const next = ownServers(world).get(root.replicaOf)?.component;
      if (!next) break;
      seen.add(next.id);
      root = next;
    }
    return root.id;
  };
  return all.filter(other => rootOf(other) === rootOf(server));
}
