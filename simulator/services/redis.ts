import { noteLinks, redisPlane } from '../world/redis-nodes.ts';
import type { Blow, SimulatedService, World } from '../world/world.ts';

/** Redis servers that the system runs itself. They have no API of AWS: what they answer is in `world/redis.ts`. */
export const service: SimulatedService = {
  name: 'redis',
  operations: {},
  arrange(world) {
    redisPlane(world);
    world.onChange(() => noteLinks(world));
  },
  strike,
};

function strike(world: World, { type, component }: Blow): (() => boolean) | undefined {
  if (component.type !== 'redis-server' || (type !== 'failure' && type !== 'loss')) return undefined;
  const node = redisPlane(world).nodes.get(`redis/${component.id}`);
  if (!node) throw new Error(`The simulated world has no Redis server ${component.id}`);
  node.serving = false;
  if (type === 'loss') node.keys.clear();
  world.changed(node.id, `Redis at ${node.host} ${type === 'loss' ? 'is gone with its data' : 'fails'}`);
  // Another server of the plan that writes takes its place.
  return () => ![...redisPlane(world).nodes.values()].some(writes);

  function writes(one: { managed: boolean; serving: boolean; masterId: string | undefined; region: string }) {
    return !one.managed && one.serving && one.masterId === undefined && !world.isLost(one.region);
  }
}
