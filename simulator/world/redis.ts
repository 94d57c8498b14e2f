import { RequestRejectedError, ServiceUnavailableError } from '../../shared/errors.ts';
import type { RedisOptions } from '../../shared/ports.ts';
import { sleep } from './sleep.ts';
import type { World } from './world.ts';

/** Replicas behind each simulated primary endpoint. */
const replicas = 2;

/**
 * `Network.redis` of a rehearsal: the plan's caches answer at their endpoints as long as their region does. Knows
 * PING and INFO; whatever else a server would refuse is refused.
 */
export function simulatedRedis(
  world: World,
): (options: RedisOptions, command: readonly string[]) => Promise<string> {
  return async ({ host, port, timeoutMs }, command) => {
    const known = Object.values(world.plan.components).find(
      component => component.type === 'elasticache-replication-group' && component.endpoint === host,
    );
    if (!known || world.isLost(known.region)) {
      await sleep(timeoutMs);
      throw new ServiceUnavailableError(
        `Redis at ${host}:${port} does not answer: nothing within ${timeoutMs} ms`,
        {
          nextStep: 'Check that the cache is available and that its security group lets the function in.',
        },
      );
    }
    const name = (command[0] ?? '').toUpperCase();
    if (name === 'PING') return 'PONG';
    if (name === 'INFO') return `# Replication\r\nrole:master\r\nconnected_slaves:${replicas}\r\n`;
    throw new RequestRejectedError(`Redis at ${host}:${port} refused: ERR unknown command '${name}'`, {
      nextStep: 'Check that the endpoint is the one of this cache.',
    });
  };
}
