import type { Call, SimulatedService, World } from '../world/world.ts';

/**
 * DynamoDB as the record store uses it. The records are kept by the in-memory store; a call passes through the world
 * so that it is counted, and disturbed by faults like any other.
 */
const pass = (_world: World, call: Call) => (call.input.run as () => Promise<unknown>)();

export const service: SimulatedService = {
  name: 'dynamodb',
  operations: { GetItem: pass, PutItem: pass, Query: pass, DeleteItem: pass },
};
