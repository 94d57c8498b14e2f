import { parseSecretReference } from '../../shared/aws/secret-reference.ts';
import { RequestRejectedError, ServiceUnavailableError } from '../../shared/errors.ts';
import { redisCredentials } from '../../shared/network/redis-credentials.ts';
import type { RedisOptions } from '../../shared/ports.ts';
import { appDependencies } from './dependencies.ts';
import { runRedisCommand } from './redis-commands.ts';
import { nodeAt, type RedisNode } from './redis-nodes.ts';
import { sleep } from './sleep.ts';
import type { World } from './world.ts';

/**
 * `Network.redis` of a rehearsal: caches and servers of the plan, and those that a run has made, answer at their
 * endpoints as long as they serve and their region does. Whatever a server would refuse is refused.
 */
export function simulatedRedis(
  world: World,
): (options: RedisOptions, command: readonly string[]) => Promise<string> {
  return async (options, command) => {
    const { host, port, timeoutMs } = options;
    const node = nodeAt(world, host);
    if (!node?.serving || world.isLost(node.region)) {
      await sleep(timeoutMs);
      throw new ServiceUnavailableError(
        `Redis at ${host}:${port} does not answer: nothing within ${timeoutMs} ms`,
        {
          nextStep: 'Check that the cache is available and that its security group lets the function in.',
        },
      );
    }
    const refusal = refuseStranger(world, node, options);
    const reply = refusal ?? runRedisCommand(world, node, command);
    if (!('error' in reply)) return reply.text;
    throw new RequestRejectedError(`Redis at ${host}:${port} refused: ${reply.error}`, {
      nextStep: 'Check that the endpoint is the one of this cache.',
    });
  };
}

/** A server with credentials lets nobody in without them. */
function refuseStranger(
  world: World,
  { credentials, region }: RedisNode,
  { password }: RedisOptions,
): { error: string } | undefined {
  if (credentials === undefined) return undefined;
  const { name, ...parsed } = parseSecretReference(credentials);
  const value = appDependencies(world).secretValue(name, region);
  // A secret that the world does not keep (a parameter) holds whatever is given.
  if (value === undefined) return undefined;
  if (password === undefined) return { error: 'NOAUTH Authentication required.' };
  const key = 'key' in parsed ? parsed.key : undefined;
  const part = key === undefined ? value : String(JSON.parse(value)[key]);
  if (redisCredentials(part).password === password) return undefined;
  return { error: 'WRONGPASS invalid username-password pair or user is disabled.' };
}
