import * as z from 'zod';
import { ServiceUnavailableError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { cache } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';

const parameters = z.strictObject({ cache });

const timeoutMs = 5_000;

/**
 * Asks Redis for a PONG at the endpoint that the application uses, and notes its replication role. A cache that does
 * not answer is asked again until the step's time is up.
 */
export const action = defineAction({
  kind: 'redis.ping',
  summary: 'Checks that a Redis cache answers',
  parameters,
  components: { cache: 'elasticache-replication-group' },
  outputs: { role: 'master or slave, as INFO replication says' },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 0.01, likelySeconds: 0.1, maxSeconds: 5, source: 'Time-out of this action: 5 s' },
  failureModes: [
    'The function has no route to the cache, or its security group does not let it in',
    'The endpoint is the one of another region',
    'The cache asks for a password',
  ],
  permissions: () => [],

  async prepare(_context, { cache: { id, endpoint, port } }) {
    return { status: 'ready', baseline: {}, evidence: [{ what: `Asks ${id} at ${endpoint}:${port}` }] };
  },

  async observe(context, { cache: { id, endpoint, port, tls } }) {
    const options = { host: endpoint, port, tls, timeoutMs };
    try {
      const reply = await context.network.redis(options, ['PING']);
      if (reply !== 'PONG') {
        const reason = {
          what: `${id} at ${endpoint} answered ${reply.slice(0, 80)} to PING.`,
          mend: 'Check that the endpoint in the plan is a Redis primary endpoint.',
        };
        return { status: 'failed', reasons: [reason], evidence: [] };
      }
      const facts = replication(await context.network.redis(options, ['INFO', 'replication']));
      const what = `${id} at ${endpoint} answered PONG; it is a ${facts.role}`;
      return { status: 'done', outputs: { role: facts.role }, evidence: [{ what, data: facts }] };
    } catch (error) {
      if (error instanceof ServiceUnavailableError) return { status: 'pending', note: error.message };
      throw error;
    }
  },
});

/** Role and link of `INFO replication`, whose lines are `key:value`. */
function replication(info: string): JsonObject & { role: string } {
  const lines = new Map(info.split(/\r?\n/).map(line => splitOnce(line)));
  const link = lines.get('master_link_status');
  const replicas = lines.get('connected_slaves');
  return {
    role: lines.get('role') ?? 'unknown',
    ...(link !== undefined && { masterLinkStatus: link }),
    ...(replicas !== undefined && { connectedReplicas: Number(replicas) }),
  };
}

function splitOnce(line: string): [string, string] {
  const colon = line.indexOf(':');
  return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)];
}
