import type { DatabaseServer } from '../../world/dependencies.ts';
import type { World } from '../../world/world.ts';
import { rdsState, type SimulatedInstance } from './state.ts';

/**
 * Whose data the instance with this endpoint holds: its own since it was made, and before that its source's up to the
 * cut. Undefined if no instance has the endpoint. A renamed instance keeps its id.
 */
export function lineageOf(world: World, host: string): DatabaseServer | undefined {
  const found = instances(world).find(({ shown }) => shown.Endpoint?.Address === host);
  return found && serverOf(found);
}

/** The same by the id of a server that has, or had, a copy. */
export function lineageOfServer(world: World, id: string): DatabaseServer | undefined {
  const found = instances(world).find(({ server }) => server === id);
  return found && serverOf(found);
}

function serverOf({ server, copyOf }: SimulatedInstance): DatabaseServer {
  return { id: server, ...(copyOf && { copyOf }) };
}

function instances(world: World): SimulatedInstance[] {
  return [...rdsState(world).instances.values()];
}
