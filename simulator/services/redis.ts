import { componentsOf } from '../world/addresses.ts';
import { menders } from '../world/assumed-repairs.ts';
import { noteLinks, type RedisNode, redisPlane } from '../world/redis-nodes.ts';
import type { Blow, SimulatedService, World } from '../world/world.ts';

/** Redis servers that the system runs itself. They have no API of AWS: what they answer is in `world/redis.ts`. */
export const service: SimulatedService = {
  name: 'redis',
  operations: {},
  arrange(world) {
    redisPlane(world);
    menders(world).set('redis-server', ({ id }) => {
      const node = redisPlane(world).nodes.get(`redis/${id}`);
      if (node) node.serving = true;
    });
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
  // A server that has followed it and now writes takes its place; where none ever did, any other of the plan.
  const followers = componentsOf(world.plan, 'redis-server').filter(one => one.replicaOf === component.id);
  const others = followers.length > 0 ? followers.map(({ id }) => `redis/${id}`) : undefined;
  return () => ![...redisPlane(world).nodes.values()].some(writes);

  function writes({ id, managed, serving, masterId, region }: RedisNode) {
    const mayReplace = !managed && (others === undefined || id === node?.id || others.includes(id));
    return mayReplace && serving && masterId === undefined && !world.isLost(region);
  }
}
