import type { DatabaseServer } from '../../world/dependencies.ts';
import type { World } from '../../world/world.ts';
import { rdsState, type SimulatedInstance } from './state.ts';

/** Whose data something holds, and up to which moment, ms since the epoch. */
export type CopyOf = NonNullable<DatabaseServer['copyOf']>;

/**
 * Whose data the instance with this endpoint holds: its own since it was made, and before that its source's up to the
 * cut. Undefined if no instance has the endpoint. A renamed instance keeps its id.
 */
export function lineageOf(world: World, host: string): DatabaseServer | undefined {
  for (const instance of rdsState(world).instances.values()) {
    if (instance.shown.Endpoint?.Address === host) return serverOf(world, instance);
  }
  return undefined;
}

/** The same by the id of a server that has, or had, a copy. One that was deleted lives on in its backups. */
export function lineageOfServer(world: World, id: string): DatabaseServer | undefined {
  const { instances, gone } = rdsState(world);
  const found = [...instances.values(), ...gone].find(({ server }) => server === id);
  return found && serverOf(world, found);
}

function serverOf(world: World, { server, copyOf, replica }: SimulatedInstance): DatabaseServer {
  const from = replica ? { id: replica.source.server, untilMs: replayedMs(replica, world.nowMs()) } : copyOf;
  return { id: server, ...(from && { copyOf: from }) };
}

/** What a copy that is made now, and holds everything up to `untilMs`, is a copy of. */
export function copyFrom({ server, replica }: SimulatedInstance, untilMs: number): CopyOf {
  if (!replica) return { id: server, untilMs };
  return { id: replica.source.server, untilMs: Math.min(untilMs, replayedMs(replica, untilMs)) };
}

/** The last moment of its source that a replica has at `atMs`. */
export function replayedMs(
  { frozenAtMs, lagSeconds }: NonNullable<SimulatedInstance['replica']>,
  atMs: number,
) {
  return Math.min(atMs, frozenAtMs ?? atMs) - Math.round(lagSeconds * 1000);
}
