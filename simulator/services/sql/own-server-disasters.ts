import { componentsOf } from '../../world/addresses.ts';
import {
  answers,
  copyAnew,
  groupOf,
  type OwnServer,
  ownServers,
  takesWrites,
} from '../../world/own-servers.ts';
import { mendDamage } from '../../world/sql-journal.ts';
import type { Blow, World } from '../../world/world.ts';

/** A server that the system runs itself fails, or is gone with its data. */
export function strikeServer(world: World, { type, component }: Blow): (() => boolean) | undefined {
  if (component.type !== 'postgres-server' && component.type !== 'mysql-server') return undefined;
  const server = ownServers(world).get(component.id);
  if (!server || isInCluster(world, component.host)) return undefined;
  server.serving = false;
  const what = type === 'loss' ? 'is gone with its data' : 'fails';
  world.changed(`sql/${component.id}`, `The server at ${component.host} ${what}`);
  // One that only follows is back when it answers. In the place of a writer each of its group will do.
  if (server.follows) return () => !answers(world, server);
  const group = groupOf(world, server);
  return () => !group.some(one => takesWrites(world, one));
}

/** A server in a pod fails with its stateful set. */
function isInCluster(world: World, host: string): boolean {
  return componentsOf(world.plan, 'k8s-statefulset').some(({ database }) => database?.host === host);
}

/**
 * A server is as its people want it: it answers, and its data is right. Where another one of its group has taken the
 * writes meanwhile, it follows that one from now on, with a new copy: its own data is not what the others have.
 */
export function mendServer(world: World, id: string): void {
  const server = ownServers(world).get(id);
  if (!server) return;
  server.serving = true;
  const { host, database } = server.component;
  mendDamage(world, host, database);
  const writer = groupOf(world, server).find(other => other !== server && takesWrites(world, other));
  if (writer && !isFollowedBy(server, writer)) copyAnew(world, server, writer);
}

const isFollowedBy = (server: OwnServer, other: OwnServer) => other.follows?.source === server;

/** When a lost region answers again, its writers have been stopped. */
export function stopServers(world: World, region: string): void {
  for (const server of ownServers(world).values()) {
    if (server.component.region === region && !server.follows) server.serving = false;
  }
}
