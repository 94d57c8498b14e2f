import * as z from 'zod';
import { ServiceUnavailableError } from '../../errors.ts';
import {
  addressOf,
  ifReachable,
  openRedis,
  type RedisServer,
  redisPermissions,
  silenceSeconds,
  writeWorks,
} from '../../network/redis-server.ts';
import { type ComponentOf, cache, redisServer } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction, type Evidence, type Reason } from '../contract.ts';
import { unfencedWriter } from '../risks.ts';

const parameters = z.strictObject({
  server: z.discriminatedUnion('type', [redisServer, cache]),
  oldPrimary: redisServer.optional(),
  replicas: z
    .array(z.string().regex(/^[^\s:]+:\d+$/, 'host:port'))
    .default([])
    .describe('Other replicas, as host:port, that are to follow the new primary; same user and TLS'),
  maxLoss: durationSchema
    .optional()
    .describe('Refuse when the replica has heard nothing for longer before the outage'),
  acceptedRisks: z.array(z.string()).default([]),
});
type Parameters = z.output<typeof parameters>;
type Server = ComponentOf<'redis-server'>;

const baselineSchema = z.object({ method: z.enum(['forced', 'handover']), silentSeconds: z.number() });

/**
 * Makes a replica of a Redis that the system runs itself the primary: REPLICAOF NO ONE, or FAILOVER while the primary
 * is well and the mode is planned. Other replicas and the old primary are pointed at the new one, or there would be
 * two. Done means the role and a write. ElastiCache has no such command: there it is elasticache.failover.
 */
export const action = defineAction({
  kind: 'redis.promote',
  summary: 'Makes a self-managed Redis replica the primary and points the others at it',
  parameters,
  components: { server: ['redis-server', 'elasticache-replication-group'], oldPrimary: 'redis-server' },
  outputs: {
    method: 'forced, handover or already-done',
    silentSeconds: 'seconds that the replica had heard nothing of its primary; -1 if unknown',
    notRepointed: 'replicas that did not answer and have to be pointed at the new primary by hand',
  },
  // A replica that is a primary for a while has to copy everything again.
  drill: 'prepare-only',
  mutates: true,
  traits: ['expects-silence', 'brings-data'],
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 60,
    source: 'Experience; the command itself is immediate',
  },
  failureModes: [
    'The old primary comes back and takes writes from clients that still know it',
    'What was written in the last moments had not arrived at the replica',
    'The replica is in the middle of a full copy, and holds nothing complete',
    'Sentinel or an operator manages the roles and turns them back',
  ],
  contradictions: ({ server, oldPrimary }) =>
    server.type === 'redis-server' && server.replicaOf !== undefined && oldPrimary === undefined
      ? [
          {
            what: `${server.id} follows ${server.replicaOf}, and nothing looks whether that one still takes writes`,
            mend: `Write "oldPrimary: ${server.replicaOf}", so that no second primary comes up beside it.`,
          },
        ]
      : [],
  permissions: ({ server, oldPrimary }) => redisPermissions(server, ...(oldPrimary ? [oldPrimary] : [])),

  async prepare(context, all) {
    const { server: component, oldPrimary } = all;
    if (component.type !== 'redis-server')
      return { status: 'refused', reasons: [onElastiCache(component)], evidence: [] };
    const server = await openRedis(context, addressOf(component));
    const replication = await server.info('replication');
    const old = oldPrimary && (await lookAt(context, oldPrimary));
    const silentSeconds = silenceSeconds(replication) ?? -1;
    const planned = context.run.mode === 'planned';
    const baseline = { method: planned ? 'handover' : 'forced', silentSeconds } as const;
    if (replication.get('role') === 'master' && old?.role !== 'master') {
      const probe = await writeWorks(server, context.run.id);
      const rest = await repoint(context, all, 'look');
      if (probe.ok && rest.wrong === 0) {
        const what = `${component.id} at ${server.where} is the primary already and takes writes`;
        const outputs = { method: 'already-done', silentSeconds, notRepointed: rest.silent };
        return { status: 'already-done', baseline, outputs, evidence: [{ what }] };
      }
    }
    const reasons = reasonsAgainst(context, all, replication, old);
    const evidence = describe(component, server, replication, old, silentSeconds);
    if (reasons.length > 0) return { status: 'refused', reasons, evidence };
    return { status: 'ready', baseline, evidence };
  },

  async act(context, { server: component, oldPrimary }, baseline) {
    if (component.type !== 'redis-server') return;
    const { method } = baselineSchema.parse(baseline);
    const server = await openRedis(context, addressOf(component));
    if ((await server.info('replication')).get('role') === 'master') return;
    const change = (call: string, what: string) =>
      context.changed({ call, region: component.region, resource: component.id, what });
    if (method === 'handover' && oldPrimary) {
      await change('redis.FAILOVER', `${oldPrimary.id} hands over to ${component.id}, with nothing lost`);
      const old = await openRedis(context, addressOf(oldPrimary));
      await old.call('FAILOVER', 'TO', component.host, String(component.port), 'TIMEOUT', '30000');
      return;
    }
    await change('redis.REPLICAOF', `${component.id} follows nobody any more: it is the primary`);
    await server.call('REPLICAOF', 'NO', 'ONE');
  },

  async observe(context, all, baseline) {
    const { server: component } = all;
    const { method, silentSeconds } = baselineSchema.parse(baseline);
    try {
      const server = await openRedis(context, addressOf(component));
      const role = (await server.info('replication')).get('role');
      if (role !== 'master') return { status: 'pending', note: `${component.id} is still a ${role}` };
      const probe = await writeWorks(server, context.run.id);
      if (!probe.ok) return { status: 'pending', note: `${component.id} is a master, but ${probe.why}` };
      const rest = await repoint(context, all, 'change');
      if (rest.wrong > 0)
        return { status: 'pending', note: `${rest.wrong} other servers are being pointed at it` };
      const outputs = { method, silentSeconds, notRepointed: rest.silent };
      const open =
        rest.silent.length > 0
          ? `; ${rest.silent.join(', ')} did not answer and must not come back as they are`
          : '';
      const what = `${component.id} at ${server.where} is the primary and takes writes; ${rest.following} others follow it${open}`;
      return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
    } catch (error) {
      if (error instanceof ServiceUnavailableError) return { status: 'pending', note: error.message };
      throw error;
    }
  },
});

type Old = { reachable: boolean; role?: string | undefined; writes?: boolean };

async function lookAt(context: ActionContext, component: Server): Promise<Old> {
  const seen = await ifReachable(async () => {
    const server = await openRedis(context, addressOf(component));
    const role = (await server.info('replication')).get('role');
    const writes = role === 'master' && (await writeWorks(server, context.run.id)).ok;
    return { reachable: true, role, writes };
  });
  return seen ?? { reachable: false };
}

function reasonsAgainst(
  context: ActionContext,
  { server, oldPrimary, maxLoss, acceptedRisks }: Parameters,
  replication: Map<string, string>,
  old: Old | undefined,
): Reason[] {
  const reasons: Reason[] = [];
  if (replication.get('master_sync_in_progress') === '1') {
    reasons.push({
      what: `${server.id} is copying everything from its primary and holds nothing complete`,
      mend: 'Wait until the copy has ended, or promote another replica.',
    });
  }
  if (context.run.mode === 'planned' && (old?.role !== 'master' || !old.writes)) {
    reasons.push({
      what: `A planned handover needs a primary that works, and ${oldPrimary?.id ?? 'none'} does not`,
      mend: 'Name the present primary as oldPrimary; if it is down, start the scenario in the mode recover.',
    });
  }
  if (context.run.mode === 'recover' && old?.writes) {
    reasons.push({
      what: `${oldPrimary?.id} answers and takes writes; a second primary beside it would split the data`,
      mend: 'Look at the application and its network. To move it all the same, use the mode planned.',
    });
  }
  if (old?.reachable === false && context.run.mode === 'recover' && !acceptedRisks.includes(unfencedWriter)) {
    reasons.push({
      what: `${oldPrimary?.id} does not answer, which does not prove that it takes no writes`,
      mend: `Stop it or cut it off by hand, or have a named person accept the risk "${unfencedWriter}", then retry.`,
    });
  }
  const lost = lossBeforeOutage(context, silenceSeconds(replication));
  if (maxLoss !== undefined && (lost === undefined || lost > maxLoss)) {
    const known = lost === undefined ? 'an unknown time' : formatDuration(lost);
    reasons.push({
      what: `${server.id} had heard nothing for ${known} when the outage began, and ${formatDuration(maxLoss)} are allowed`,
      mend: 'Promote another replica that is nearer, or restore from a backup.',
    });
  }
  return reasons;
}

/** Seconds of writes before the outage that the replica had not got; what came after it was nobody's. */
function lossBeforeOutage(context: ActionContext, silent: number | undefined): number | undefined {
  if (silent === undefined) return undefined;
  const heardMs = context.clock.now().getTime() - silent * 1000;
  return Math.max(0, (Date.parse(context.run.outageStartedAt) - heardMs) / 1000);
}

/** Points the other replicas and the old primary at the new one; those that do not answer are named. */
async function repoint(
  context: ActionContext,
  { server, oldPrimary, replicas }: Parameters,
  how: 'look' | 'change',
): Promise<{ following: number; wrong: number; silent: string[] }> {
  const { host, port, ...rest } = addressOf(server);
  const others = replicas.map(address => {
    const [name = '', number = ''] = address.split(':');
    return { ...rest, host: name, port: Number(number) };
  });
  const all = [...(oldPrimary ? [addressOf(oldPrimary)] : []), ...others];
  const result = { following: 0, wrong: 0, silent: [] as string[] };
  for (const address of all) {
    const where = `${address.host}:${address.port}`;
    const follows = await ifReachable(async () => {
      const other = await openRedis(context, address);
      const seen = await other.info('replication');
      if (seen.get('role') === 'slave' && seen.get('master_host') === host) return true;
      if (how === 'look') return false;
      await context.changed({
        call: 'redis.REPLICAOF',
        region: address.region,
        resource: where,
        what: `Follows ${host}:${port} from now on, instead of ${seen.get('master_host') ?? 'nobody'}`,
      });
      await other.call('REPLICAOF', host, String(port));
      return false;
    });
    if (follows === undefined) result.silent.push(where);
    else if (follows) result.following += 1;
    else result.wrong += 1;
  }
  return result;
}

function describe(
  component: Server,
  server: RedisServer,
  replication: Map<string, string>,
  old: Old | undefined,
  silentSeconds: number,
): Evidence[] {
  const link = replication.get('master_link_status') ?? 'none';
  const silent = silentSeconds < 0 ? 'an unknown time' : formatDuration(silentSeconds);
  const evidence: Evidence[] = [
    {
      what: `${component.id} at ${server.where} is a ${replication.get('role')}, link ${link}; it last heard of its primary ${silent} ago`,
      data: Object.fromEntries(replication),
    },
  ];
  if (old) {
    const state = old.reachable
      ? `is a ${old.role}${old.writes ? ' and takes writes' : ''}`
      : 'does not answer';
    evidence.push({ what: `The old primary ${state}` });
  }
  return evidence;
}

function onElastiCache({ id, identifier }: ComponentOf<'elasticache-replication-group'>): Reason {
  return {
    what: `${id} is on ElastiCache, which refuses REPLICAOF and SLAVEOF`,
    mend: `Use elasticache.failover for ${identifier}, or elasticache.failover-global for a Global Datastore.`,
  };
}
