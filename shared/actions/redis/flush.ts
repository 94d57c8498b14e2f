import * as z from 'zod';
import { elasticacheArn } from '../../aws/elasticache-arns.ts';
import { readSnapshot } from '../../aws/elasticache-reader.ts';
import { ServiceUnavailableError } from '../../errors.ts';
import { countKeys, unlinkKeys } from '../../network/redis-keys.ts';
import { addressOf, openRedis, type RedisServer, redisPermissions } from '../../network/redis-server.ts';
import { cache, redisServer } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';

/** What a person accepts before a whole cache is emptied. */
const wholeCache = 'flush-whole-cache';
/** The same where nothing can keep a copy first. */
const withoutSnapshot = 'flush-without-snapshot';

const parameters = z
  .strictObject({
    cache: z.discriminatedUnion('type', [cache, redisServer]),
    prefix: z.string().min(1).optional().describe('Beginning of the keys that are removed, such as session:'),
    whole: z
      .literal(true)
      .optional()
      .describe('Everything; needs accepted risks, and a snapshot on ElastiCache'),
    snapshot: z.string().optional().describe('ElastiCache snapshot that holds what is removed'),
    acceptedRisks: z.array(z.string()).default([]),
  })
  .refine(({ prefix, whole }) => (prefix === undefined) !== (whole === undefined), {
    message: 'either "prefix" or "whole", not both',
  });
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ keys: z.number(), matching: z.number() });

/** A snapshot that is older than this holds too little of what is removed. */
const snapshotWithinMs = 2 * 3_600_000;

/**
 * Removes keys. By prefix, with SCAN and UNLINK, the rest of the cache stays: queues, locks and revocation lists are
 * often in the same one. Done when no key is left under the prefix. It does not revoke tokens that are signed: they
 * are valid until the signing key is replaced.
 */
export const action = defineAction({
  kind: 'redis.flush',
  summary: 'Removes keys from Redis by prefix; all of them only if a person accepted that',
  parameters,
  components: { cache: ['elasticache-replication-group', 'redis-server'] },
  outputs: { removed: 'keys that were removed', left: 'keys that are left in the cache' },
  // Nothing brings the keys back.
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 0.1,
    likelySeconds: 2,
    maxSeconds: 300,
    source: 'Experience: a million keys are scanned in some seconds; to be replaced by measurement',
  },
  failureModes: [
    'Irreversible; a whole flush takes queues, locks and revocation lists along',
    'The application writes such keys all the time, so that some are always left',
    'The cache is in cluster mode, where each shard has to be asked for itself',
  ],
  contradictions: ({ cache: component, whole, snapshot }) =>
    whole && component.type === 'elasticache-replication-group' && snapshot === undefined
      ? [noSnapshot(component.identifier)]
      : [],
  permissions: ({ cache: component, snapshot }) => [
    ...redisPermissions(component),
    ...(snapshot === undefined
      ? []
      : [
          {
            actions: ['elasticache:DescribeSnapshots'],
            resources: [elasticacheArn('snapshot', component.region, '*')],
          },
        ]),
  ],

  async prepare(context, all) {
    const { cache: component, prefix } = all;
    const server = await openRedis(context, addressOf(component));
    const [cluster, replication, keys] = await Promise.all([
      server.info('cluster'),
      server.info('replication'),
      server.call('DBSIZE').then(Number),
    ]);
    const reasons = [
      ...(cluster.get('cluster_enabled') === '1' ? [inClusterMode(component.id)] : []),
      ...(replication.get('role') === 'master' ? [] : [notMaster(component.id)]),
      ...(await wholeReasons(context, all)),
    ];
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const matching = prefix === undefined ? keys : (await countKeys(server, prefix)).count;
    const under = prefix === undefined ? 'all of them' : `${matching} under "${prefix}"`;
    const baseline = { keys, matching };
    const evidence = [{ what: `${component.id} has ${keys} keys, ${under} are to go`, data: baseline }];
    if (matching === 0) {
      return { status: 'already-done', baseline, outputs: { removed: 0, left: keys }, evidence };
    }
    return { status: 'ready', baseline, evidence };
  },

  async act(context, { cache: component, prefix }, baseline) {
    const { matching } = baselineSchema.parse(baseline);
    const server = await openRedis(context, addressOf(component));
    await context.changed({
      call: prefix === undefined ? 'redis.FLUSHDB' : 'redis.UNLINK',
      region: component.region,
      resource: component.id,
      what:
        prefix === undefined ? `All ${matching} keys removed` : `${matching} keys under "${prefix}" removed`,
    });
    await remove(server, prefix);
  },

  async observe(context, { cache: component, prefix }, baseline) {
    const before = baselineSchema.parse(baseline);
    try {
      const server = await openRedis(context, addressOf(component));
      // What is still there was written since, or was beyond what one call looks at.
      if (prefix !== undefined) {
        const { count, complete } = await remove(server, prefix);
        if (count > 0 || !complete) {
          return { status: 'pending', note: `${count} more keys under "${prefix}" were removed just now` };
        }
      }
      const left = Number(await server.call('DBSIZE'));
      const outputs = { removed: before.matching, left };
      const what =
        prefix === undefined
          ? `All ${before.matching} keys of ${component.id} were removed; ${left} have been written since`
          : `No key under "${prefix}" is left in ${component.id}; ${left} other keys are`;
      return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
    } catch (error) {
      if (error instanceof ServiceUnavailableError) return { status: 'pending', note: error.message };
      throw error;
    }
  },
});

async function remove(server: RedisServer, prefix: string | undefined) {
  if (prefix !== undefined) return unlinkKeys(server, prefix);
  await server.call('FLUSHDB', 'ASYNC');
  return { count: 0, complete: true };
}

/** Everything that a whole flush needs and has not; nothing for a prefix. */
async function wholeReasons(context: ActionContext, all: Parameters): Promise<Reason[]> {
  const { cache: component, whole, snapshot, acceptedRisks } = all;
  if (!whole) return [];
  const wanted = [wholeCache, ...(component.type === 'redis-server' ? [withoutSnapshot] : [])];
  const missing = wanted.filter(risk => !acceptedRisks.includes(risk));
  const reasons = missing.map(risk => ({
    what: `Emptying ${component.id} can't be taken back, and nobody has accepted "${risk}"`,
    mend: 'Remove a prefix instead; or put a people.approval that accepts the risk before this step.',
  }));
  if (component.type === 'redis-server') return reasons;
  const unfit = await whySnapshotIsUnfit(context, component, snapshot);
  return unfit === undefined ? reasons : [...reasons, unfit];
}

const noSnapshot = (identifier: string): Reason => ({
  what: `No snapshot keeps what is in ${identifier}`,
  mend: 'Put an elasticache.create-snapshot before this step, and name its output "snapshot" here.',
});

async function whySnapshotIsUnfit(
  context: ActionContext,
  { region, identifier }: { region: string; identifier: string },
  snapshot: string | undefined,
): Promise<Reason | undefined> {
  const { what: none, mend } = noSnapshot(identifier);
  if (snapshot === undefined) return { what: none, mend };
  const found = await readSnapshot(context.aws, region, snapshot);
  if (found?.SnapshotStatus !== 'available') {
    return { what: `The snapshot ${snapshot} in ${region} is ${found?.SnapshotStatus ?? 'not there'}`, mend };
  }
  // A snapshot of a group with one shard is of a node of it, such as shop-002.
  const source = found.ReplicationGroupId ?? found.CacheClusterId?.replace(/-\d{3}$/, '');
  if (source !== identifier) {
    return { what: `The snapshot ${snapshot} is of ${source}, not of ${identifier}`, mend };
  }
  const taken = found.NodeSnapshots?.[0]?.SnapshotCreateTime?.getTime() ?? 0;
  if (context.clock.now().getTime() - taken <= snapshotWithinMs) return undefined;
  return { what: `The snapshot ${snapshot} is more than two hours old`, mend };
}

function inClusterMode(id: string): Reason {
  return {
    what: `${id} is in cluster mode, and one connection reaches one shard only`,
    mend: 'Remove the keys with redis-cli --cluster call on every primary.',
  };
}

function notMaster(id: string): Reason {
  return {
    what: `${id} leads to a replica, which takes no changes`,
    mend: 'Name the primary endpoint in the component, or promote it first.',
  };
}
