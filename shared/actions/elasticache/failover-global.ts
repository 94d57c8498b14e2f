import {
  ElastiCacheClient,
  FailoverGlobalReplicationGroupCommand,
  type GlobalReplicationGroup,
} from '@aws-sdk/client-elasticache';
import * as z from 'zod';
import { isNamed, isUnreachable, request } from '../../aws/aws-errors.ts';
import { elasticacheArn } from '../../aws/elasticache-arns.ts';
import { elasticacheDurations } from '../../aws/elasticache-durations.ts';
import { primaryNodeOf, readGlobalGroup, readGroup } from '../../aws/elasticache-reader.ts';
import { type DataPoint, metricReadPermission, newestDataPoint } from '../../aws/newest-data-point.ts';
import {
  addressOf,
  ifReachable,
  openRedis,
  redisPermissions,
  writeWorks,
} from '../../network/redis-server.ts';
import { type ComponentOf, cache, elasticacheGlobalDatastore } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';

type Cache = ComponentOf<'elasticache-replication-group'>;

const parameters = z.strictObject({
  store: elasticacheGlobalDatastore,
  to: cache,
  from: cache,
  maxLoss: durationSchema
    .optional()
    .describe('Refuse when more writes may be lost, or nobody knows how many'),
  acceptedRisks: z.array(z.string()).default([]),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ lossSeconds: z.number() });
const beginsWithinSeconds = 300;
const lookBackMs = 3 * 3_600_000;

/**
 * Makes the secondary of an ElastiCache Global Datastore the primary. Replication is asynchronous, so the last writes
 * may be lost, planned or not. Done means the role in the data store and a write at the endpoint.
 */
export const action = defineAction({
  kind: 'elasticache.failover-global',
  summary: 'Makes the secondary of an ElastiCache Global Datastore the primary',
  parameters,
  components: {
    store: 'elasticache-global-datastore',
    to: 'elasticache-replication-group',
    from: 'elasticache-replication-group',
  },
  outputs: {
    primary: 'identifier of the cache that takes writes now',
    endpoint: 'its host name',
    lossSeconds: 'seconds of writes that are lost at most; -1 if nobody knows',
  },
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-writer', 'expects-silence'],
  typical: elasticacheDurations.globalFailover,
  failureModes: [
    'A Global Datastore has no automatic failover between regions: nobody else does this',
    'Clients keep the endpoint of the old region',
    'Writes that had not arrived are lost',
  ],
  permissions: ({ store, to, from }) => {
    const global = elasticacheArn('globalreplicationgroup', '', store.identifier);
    const group = elasticacheArn('replicationgroup', to.region, to.identifier);
    return [
      {
        actions: [
          'elasticache:DescribeGlobalReplicationGroups',
          'elasticache:FailoverGlobalReplicationGroup',
        ],
        resources: [global],
      },
      { actions: ['elasticache:FailoverGlobalReplicationGroup'], resources: [group] },
      { actions: ['elasticache:DescribeReplicationGroups'], resources: [group] },
      metricReadPermission,
      ...redisPermissions(to, from),
    ];
  },

  async prepare(context, all) {
    const { store, to, from } = all;
    const [global, group] = await Promise.all([
      readGlobalGroup(context.aws, to.region, store.identifier),
      readGroup(context.aws, to.region, to.identifier),
    ]);
    const missing = reasonsAgainst(all, global, group !== undefined);
    if (global === undefined || group === undefined || missing.length > 0) {
      return { status: 'refused', reasons: missing, evidence: [] };
    }
    if (isPrimary(global, to) && (await writes(context, to))) {
      const what = `${to.identifier} is the primary of ${store.identifier} already and takes writes`;
      const outputs = { primary: to.identifier, endpoint: to.endpoint, lossSeconds: 0 };
      return { status: 'already-done', baseline: { lossSeconds: 0 }, outputs, evidence: [{ what }] };
    }
    const cutAt =
      context.run.mode === 'planned' ? context.clock.now() : new Date(context.run.outageStartedAt);
    const lag = await measureLag(context, to, primaryNodeOf(group)?.CacheClusterId ?? '', cutAt);
    const lossSeconds = lag ? lossOf(lag, cutAt) : -1;
    const known = lag
      ? `at most ${formatDuration(lossSeconds)} of writes are missing there`
      : 'its lag is not known';
    const evidence = [{ what: `${to.identifier} is a secondary of ${store.identifier}; ${known}` }];
    const reasons = [
      ...(context.run.mode === 'recover' && (await writes(context, from)) ? [wellAlready(from)] : []),
      ...lossReasons(all, lossSeconds),
    ];
    if (reasons.length > 0) return { status: 'refused', reasons, evidence };
    return { status: 'ready', baseline: { lossSeconds }, evidence };
  },

  async act(context, { store, to, from }) {
    const global = await readGlobalGroup(context.aws, to.region, store.identifier);
    if (global === undefined || isPrimary(global, to) || !isSettled(global)) return;
    await context.changed({
      call: 'elasticache.FailoverGlobalReplicationGroup',
      region: to.region,
      resource: store.identifier,
      what: `${to.identifier} (${to.region}) takes over from ${from.identifier} (${from.region})`,
    });
    try {
      await request({ call: 'elasticache.FailoverGlobalReplicationGroup', region: to.region }, () =>
        context.aws.client(ElastiCacheClient, to.region).send(
          new FailoverGlobalReplicationGroupCommand({
            GlobalReplicationGroupId: store.identifier,
            PrimaryRegion: to.region,
            PrimaryReplicationGroupId: to.identifier,
          }),
        ),
      );
    } catch (error) {
      // An earlier request whose reply was lost has begun it; if not, observe says so after a while.
      if (!isNamed(error, 'InvalidGlobalReplicationGroupStateFault')) throw error;
    }
  },

  async observe(context, all, baseline) {
    const { store, to } = all;
    const { lossSeconds } = baselineSchema.parse(baseline);
    const global = await readGlobalGroup(context.aws, to.region, store.identifier);
    if (global === undefined)
      return { status: 'failed', reasons: reasonsAgainst(all, global, true), evidence: [] };
    if (!isPrimary(global, to)) {
      if (isSettled(global) && context.elapsedSeconds > beginsWithinSeconds) {
        return { status: 'failed', reasons: [neverBegan(all)], evidence: [] };
      }
      return { status: 'pending', note: `${store.identifier} is ${global.Status}` };
    }
    const server = await openRedis(context, addressOf(to));
    const probe = await ifReachable(() => writeWorks(server, context.run.id));
    if (!probe?.ok) {
      return {
        status: 'pending',
        note: `${to.identifier} is the primary, but ${probe?.why ?? 'does not answer'}`,
      };
    }
    const outputs = { primary: to.identifier, endpoint: to.endpoint, lossSeconds };
    const what = `${to.identifier} in ${to.region} is the primary of ${store.identifier} and takes writes at ${server.where}`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },
});

function isPrimary({ Members = [] }: GlobalReplicationGroup, { region, identifier }: Cache): boolean {
  return Members.some(
    ({ ReplicationGroupRegion, ReplicationGroupId, Role }) =>
      ReplicationGroupRegion === region &&
      ReplicationGroupId === identifier &&
      Role?.toUpperCase() === 'PRIMARY',
  );
}

/** `primary-only` is a data store whose secondary is not attached; everything else changes by itself. */
const isSettled = ({ Status }: GlobalReplicationGroup) => Status === 'available' || Status === 'primary-only';

/** Whether a cache takes writes. One whose secret or server does not answer does not, as far as anybody knows. */
async function writes(context: ActionContext, component: Cache): Promise<boolean> {
  try {
    const server = await openRedis(context, addressOf(component));
    return (await ifReachable(() => writeWorks(server, context.run.id)))?.ok === true;
  } catch (error) {
    if (isUnreachable(error)) return false;
    throw error;
  }
}

/** CloudWatch has the metric, in seconds, for the secondary's primary node. */
function measureLag(
  context: ActionContext,
  to: Cache,
  node: string,
  cutAt: Date,
): Promise<DataPoint | undefined> {
  const asked = {
    namespace: 'AWS/ElastiCache',
    name: 'GlobalDatastoreReplicationLag',
    dimensions: [{ CacheClusterId: node }, { ReplicationGroupId: to.identifier }] as Record<string, string>[],
    statistic: 'Maximum',
  } as const;
  const window = { from: new Date(cutAt.getTime() - lookBackMs), to: context.clock.now() };
  return newestDataPoint(context.aws, to.region, asked, window);
}

/** What was written after the last measurement may be lost as well. */
function lossOf(lag: DataPoint, cutAt: Date): number {
  return Math.ceil(Math.max(0, (cutAt.getTime() - lag.at.getTime()) / 1000) + lag.value);
}

function lossReasons({ to, maxLoss, acceptedRisks }: Parameters, lossSeconds: number): Reason[] {
  if (maxLoss === undefined || acceptedRisks.includes('data-loss')) return [];
  if (lossSeconds >= 0 && lossSeconds <= maxLoss) return [];
  const known = lossSeconds < 0 ? 'an unknown amount' : formatDuration(lossSeconds);
  return [
    {
      what: `${to.identifier} may lack ${known} of writes, and the plan allows ${formatDuration(maxLoss)}`,
      mend: 'Have a named person accept the risk "data-loss" in a people.approval before this step, then retry.',
    },
  ];
}

function reasonsAgainst(
  { store, to }: Parameters,
  global: GlobalReplicationGroup | undefined,
  groupExists: boolean,
): Reason[] {
  const where = `${to.identifier} in ${to.region}`;
  if (global === undefined) {
    return [
      {
        what: `There is no Global Datastore ${store.identifier} in ${to.region}`,
        mend: "Check its identifier, which has a prefix of AWS's own, such as ldgnf-app. Without one use elasticache.create.",
      },
    ];
  }
  const member = global.Members?.some(
    one => one.ReplicationGroupId === to.identifier && one.ReplicationGroupRegion === to.region,
  );
  if (member && groupExists) return [];
  return [
    {
      what: `${where} is no member of ${store.identifier}, or does not exist`,
      mend: 'Correct the plan, or use elasticache.create for a new cache.',
    },
  ];
}

function wellAlready({ identifier, region }: Cache): Reason {
  return {
    what: `${identifier} in ${region} still takes writes; a failover would lose some of them for nothing`,
    mend: 'Look at the application and its network. To move it all the same, start the scenario in the mode planned.',
  };
}

function neverBegan({ store, to }: Parameters): Reason {
  return {
    what: `${to.identifier} has not become the primary of ${store.identifier} after ${beginsWithinSeconds} s`,
    mend: 'Look at the events of ElastiCache in both regions, then retry. If nothing moves, use elasticache.create.',
  };
}
