import * as z from 'zod';
import { ServiceUnavailableError } from '../../errors.ts';
import { addressOf, openRedis, redisPermissions, silenceSeconds } from '../../network/redis-server.ts';
import { cache, redisServer } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';

const parameters = z.strictObject({
  cache: z.discriminatedUnion('type', [cache, redisServer]),
  role: z.enum(['master', 'slave']).optional().describe('Wait until it has this role'),
});

/** Reads the replication role, its link and lag, and how many keys there are, so that a step can go by them. */
export const action = defineAction({
  kind: 'redis.info',
  summary: 'Reads the role, replication link and number of keys of a Redis server',
  parameters,
  components: { cache: ['elasticache-replication-group', 'redis-server'] },
  outputs: {
    role: 'master or slave',
    link: 'up or down for a replica, none for a master',
    silentSeconds: 'seconds since a replica last heard of its master; -1 for a master or if unknown',
    replicas: 'replicas that are connected to it',
    keys: 'number of keys in its database 0',
  },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 0.01, likelySeconds: 0.1, maxSeconds: 5, source: 'Time-out of this action: 5 s' },
  failureModes: [
    'The function has no route to the server, or the endpoint is the one of another region',
    'The user may not run INFO',
  ],
  permissions: ({ cache: component }) => redisPermissions(component),

  async prepare(_context, { cache: component }) {
    const { host, port } = addressOf(component);
    return { status: 'ready', baseline: {}, evidence: [{ what: `Asks ${component.id} at ${host}:${port}` }] };
  },

  async observe(context, { cache: component, role: wanted }) {
    try {
      const server = await openRedis(context, addressOf(component));
      const replication = await server.info('replication');
      const role = replication.get('role') ?? 'unknown';
      const outputs = {
        role,
        link: role === 'slave' ? (replication.get('master_link_status') ?? 'unknown') : 'none',
        silentSeconds: silenceSeconds(replication) ?? -1,
        replicas: Number(replication.get('connected_slaves') ?? 0),
        keys: Number(await server.call('DBSIZE')),
      };
      if (wanted !== undefined && role !== wanted) {
        return { status: 'pending', note: `${component.id} is a ${role}, and a ${wanted} is waited for` };
      }
      const link = role === 'slave' ? `, its link is ${outputs.link}` : '';
      const what = `${component.id} at ${server.where} is a ${role}${link}; it has ${outputs.keys} keys and ${outputs.replicas} replicas`;
      return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
    } catch (error) {
      if (error instanceof ServiceUnavailableError) return { status: 'pending', note: error.message };
      throw error;
    }
  },
});
