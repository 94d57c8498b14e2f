import * as z from 'zod';
import { ServiceUnavailableError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { addressOf, openRedis, redisPermissions } from '../../network/redis-server.ts';
import { cache, redisServer } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';

const parameters = z.strictObject({ cache: z.discriminatedUnion('type', [cache, redisServer]) });

/**
 * Asks Redis for a PONG at the endpoint that the application uses, and notes its replication role. A cache that does
 * not answer is asked again until the step's time is up.
 */
export const action = defineAction({
  kind: 'redis.ping',
  summary: 'Checks that a Redis cache answers',
  parameters,
  components: { cache: ['elasticache-replication-group', 'redis-server'] },
  outputs: { role: 'master or slave, as INFO replication says' },
  drill: 'same',
  mutates: false,
  traits: ['looks'],
  typical: { minSeconds: 0.01, likelySeconds: 0.1, maxSeconds: 5, source: 'Time-out of this action: 5 s' },
  failureModes: [
    'The function has no route to the cache, or its security group does not let it in',
    'The endpoint is the one of another region',
    'The cache asks for a password, and the component names no credentials',
  ],
  permissions: ({ cache: component }) => redisPermissions(component),

  async prepare(_context, { cache: component }) {
    const { host, port } = addressOf(component);
    return { status: 'ready', baseline: {}, evidence: [{ what: `Asks ${component.id} at ${host}:${port}` }] };
  },

  async observe(context, { cache: component }) {
    const { id } = component;
    const address = addressOf(component);
    try {
      const server = await openRedis(context, address);
      const reply = await server.call('PING');
      if (reply !== 'PONG') {
        const reason = {
          what: `${id} at ${address.host} answered ${reply.slice(0, 80)} to PING.`,
          mend: 'Check that the endpoint in the plan is a Redis primary endpoint.',
        };
        return { status: 'failed', reasons: [reason], evidence: [] };
      }
      const facts = replication(await server.info('replication'));
      const what = `${id} at ${address.host} answered PONG; it is a ${facts.role}`;
      return { status: 'done', outputs: { role: facts.role }, evidence: [{ what, data: facts }] };
    } catch (error) {
      if (error instanceof ServiceUnavailableError) return { status: 'pending', note: error.message };
      throw error;
    }
  },
});

/** Role and link of `INFO replication`. */
function replication(lines: Map<string, string>): JsonObject & { role: string } {
  const link = lines.get('master_link_status');
  const replicas = lines.get('connected_slaves');
  return {
    role: lines.get('role') ?? 'unknown',
    ...(link !== undefined && { masterLinkStatus: link }),
    ...(replicas !== undefined && { connectedReplicas: Number(replicas) }),
  };
}
