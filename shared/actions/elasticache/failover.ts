import {
  ElastiCacheClient,
  ModifyReplicationGroupCommand,
  type ReplicationGroup,
  TestFailoverCommand,
} from '@aws-sdk/client-elasticache';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { elasticacheArn } from '../../aws/elasticache-arns.ts';
import { elasticacheDurations } from '../../aws/elasticache-durations.ts';
import { lastFailover, membersOf, primaryNodeOf, readGroup } from '../../aws/elasticache-reader.ts';
import {
  addressOf,
  ifReachable,
  openRedis,
  redisPermissions,
  writeWorks,
} from '../../network/redis-server.ts';
import { type ComponentOf, cache } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';

type Cache = ComponentOf<'elasticache-replication-group'>;

const baselineSchema = z.object({
  /** wait: ElastiCache is to do it by itself first. test: TestFailover, in a drill. */
  method: z.enum(['wait', 'forced', 'test']),
  primaryBefore: z.string(),
  zoneBefore: z.string(),
  target: z.string(),
  automaticFailover: z.boolean(),
  multiAz: z.boolean(),
});
type Baseline = z.infer<typeof baselineSchema>;

/** How long ElastiCache is given to fail over by itself before a replica is promoted by hand. */
const automaticWithinSeconds = 180;
const patienceSeconds = 1_500;

/**
 * Moves the primary of a cache to a replica. With automatic failover ElastiCache does so by itself, and is given the
 * time for it; a replica can be promoted by hand only while automatic failover is off, so that is switched off and on
 * again around it. TestFailover is for drills only: AWS says that it is no operational tool and may block it. Done
 * means that another node is the primary, that the settings are as before, and that a write succeeds.
 */
export const action = defineAction({
  kind: 'elasticache.failover',
  summary: 'Moves the primary of an ElastiCache cache to a replica, unless ElastiCache does so by itself',
  parameters: z.strictObject({ cache }),
  components: { cache: 'elasticache-replication-group' },
  outputs: {
    method: 'automatic, forced, test or already-done',
    primaryBefore: 'node that was the primary',
    primaryAfter: 'node that is the primary now',
  },
  drill: 'isolated',
  mutates: true,
  typical: elasticacheDurations.failover,
  failureModes: [
    'The group has no replica, or none that works',
    'Writes that had not reached the replica are lost',
    'Automatic failover stays off when the step dies half way; a repeat switches it on again',
    'TestFailover is blocked, or was used for 15 shards within 24 hours',
  ],
  permissions: ({ cache: component }) => [
    {
      actions: [
        'elasticache:DescribeReplicationGroups',
        'elasticache:TestFailover',
        'elasticache:ModifyReplicationGroup',
      ],
      resources: [elasticacheArn('replicationgroup', component.region, component.identifier)],
    },
    {
      actions: ['elasticache:DescribeEvents'],
      resources: ['*'],
      reason: 'The action has no resource-level permission',
    },
    ...redisPermissions(component),
  ],

  async prepare(context, { cache: component }) {
    const refused = refuseProductionInDrill(context, component.region, `the cache ${component.identifier}`);
    if (refused) return refused;
    const group = await readGroup(context.aws, component.region, component.identifier);
    const reasons = reasonsAgainst(component, group);
    if (group === undefined || reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const primary = primaryNodeOf(group);
    const target = chooseTarget(group);
    const window = { from: new Date(Date.parse(context.run.outageStartedAt)), to: context.clock.now() };
    const finished = await lastFailover(context.aws, component.region, component.identifier, window);
    const probe = await probeCache(context, component);
    const automaticFailover = group.AutomaticFailover === 'enabled';
    const baseline: Baseline = {
      method:
        context.run.mode === 'drill'
          ? 'test'
          : automaticFailover && context.run.mode === 'recover'
            ? 'wait'
            : 'forced',
      primaryBefore: primary?.CacheClusterId ?? '',
      zoneBefore: primary?.PreferredAvailabilityZone ?? 'unknown',
      target: target?.CacheClusterId ?? '',
      automaticFailover,
      multiAz: group.MultiAZ === 'enabled',
    };
    const now = primary?.CacheClusterId ?? 'unknown';
    if (context.run.mode === 'recover' && probe.ok) {
      if (finished === undefined)
        return { status: 'refused', reasons: [wellAlready(component)], evidence: [] };
      const what = `ElastiCache failed ${component.identifier} over to ${now} by itself at ${finished.toISOString()}; it takes writes`;
      const outputs = { method: 'already-done', primaryBefore: 'unknown', primaryAfter: now };
      return { status: 'already-done', baseline, outputs, evidence: [{ what }] };
    }
    const what = `The primary of ${component.identifier} is ${now} (${baseline.zoneBefore}); ${baseline.target} can take over, automatic failover is ${group.AutomaticFailover}`;
    return { status: 'ready', baseline, evidence: [{ what, data: baseline }] };
  },

  async act(context, { cache: component }, baseline) {
    const before = baselineSchema.parse(baseline);
    const group = await readGroup(context.aws, component.region, component.identifier);
    if (group) await takeNextStep(context, component, before, group);
  },

  async observe(context, { cache: component }, baseline) {
    const before = baselineSchema.parse(baseline);
    const group = await readGroup(context.aws, component.region, component.identifier);
    if (group === undefined) return { status: 'failed', reasons: [missing(component)], evidence: [] };
    const primary = primaryNodeOf(group)?.CacheClusterId;
    if (context.elapsedSeconds > patienceSeconds && primary === before.primaryBefore) {
      return { status: 'failed', reasons: [notMoved(component, before)], evidence: [] };
    }
    const waiting = await takeNextStep(context, component, before, group);
    if (waiting) return { status: 'pending', note: waiting };
    const probe = await probeCache(context, component);
    if (!probe.ok) return { status: 'pending', note: `${primary} is the primary now, but ${probe.why}` };
    const forced =
      before.method === 'wait' &&
      before.target === primary &&
      context.elapsedSeconds > automaticWithinSeconds;
    const method =
      before.method === 'wait' && !forced ? 'automatic' : before.method === 'test' ? 'test' : 'forced';
    const outputs = { method, primaryBefore: before.primaryBefore, primaryAfter: primary ?? 'unknown' };
    const what = `The primary of ${component.identifier} moved from ${before.primaryBefore} to ${primary} (${method}); it takes writes`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },

  async undo(context, { cache: component }, baseline): Promise<Observation> {
    const before = baselineSchema.parse(baseline);
    const group = await readGroup(context.aws, component.region, component.identifier);
    if (group && before.automaticFailover && group.AutomaticFailover === 'disabled') {
      await modify(context, component, group, settingsBack(before), 'Automatic failover on again, as before');
      return {
        status: 'pending',
        note: `automatic failover of ${component.identifier} is switched on again`,
      };
    }
    if (group && group.Status !== 'available')
      return { status: 'pending', note: `${component.identifier} is ${group.Status}` };
    const what = `The nodes of ${component.identifier} are alike: which of them is the primary is left as it is`;
    return { status: 'done', outputs: {}, evidence: [{ what }] };
  },
});

/**
 * What has to be done next, given how the group is now; done at once if it is this step's turn. Undefined when the
 * primary has moved and the settings are as before. Each request is made only from a state that it changes, so that a
 * repeat after a lost reply changes nothing twice.
 */
async function takeNextStep(
  context: ActionContext,
  component: Cache,
  before: Baseline,
  group: ReplicationGroup,
): Promise<string | undefined> {
  if (group.Status !== 'available') return `${component.identifier} is ${group.Status}`;
  const moved = primaryNodeOf(group)?.CacheClusterId !== before.primaryBefore;
  if (moved) {
    if (!before.automaticFailover || group.AutomaticFailover === 'enabled') return undefined;
    if (group.AutomaticFailover === 'disabled') {
      await modify(context, component, group, settingsBack(before), 'Automatic failover on again, as before');
    }
    return `automatic failover of ${component.identifier} is switched on again`;
  }
  if (before.method === 'test') return testFailover(context, component);
  const automatic = group.AutomaticFailover !== 'disabled';
  if (before.method === 'wait' && automatic && context.elapsedSeconds < automaticWithinSeconds) {
    return `ElastiCache is given ${automaticWithinSeconds} s to fail ${component.identifier} over by itself`;
  }
  if (automatic) {
    const off = { AutomaticFailoverEnabled: false, MultiAZEnabled: false };
    await modify(
      context,
      component,
      group,
      off,
      'Automatic failover off, so that a replica can be promoted by hand',
    );
    return `automatic failover of ${component.identifier} is switched off for the promotion`;
  }
  await modify(
    context,
    component,
    group,
    { PrimaryClusterId: before.target },
    `${before.target} becomes the primary`,
  );
  return `${before.target} is being made the primary of ${component.identifier}`;
}

const settingsBack = ({ automaticFailover, multiAz }: Baseline) => ({
  AutomaticFailoverEnabled: automaticFailover,
  MultiAZEnabled: multiAz,
});

async function modify(
  context: ActionContext,
  { region, identifier }: Cache,
  group: ReplicationGroup,
  settings: { PrimaryClusterId?: string; AutomaticFailoverEnabled?: boolean; MultiAZEnabled?: boolean },
  what: string,
): Promise<void> {
  if (group.Status !== 'available') return;
  await context.changed({ call: 'elasticache.ModifyReplicationGroup', region, resource: identifier, what });
  try {
    await request({ call: 'elasticache.ModifyReplicationGroup', region }, () =>
      context.aws.client(ElastiCacheClient, region).send(
        new ModifyReplicationGroupCommand({
          ReplicationGroupId: identifier,
          ApplyImmediately: true,
          ...settings,
        }),
      ),
    );
  } catch (error) {
    // A change is under way: ElastiCache's own, or ours whose reply was lost. The next look tells.
    if (!isNamed(error, 'InvalidReplicationGroupStateFault', 'InvalidCacheClusterStateFault')) throw error;
  }
}

async function testFailover(context: ActionContext, { region, identifier }: Cache): Promise<string> {
  await context.changed({
    call: 'elasticache.TestFailover',
    region,
    resource: identifier,
    what: 'Failover tried out in a drill',
  });
  try {
    await request({ call: 'elasticache.TestFailover', region }, () =>
      context.aws
        .client(ElastiCacheClient, region)
        .send(new TestFailoverCommand({ ReplicationGroupId: identifier, NodeGroupId: '0001' })),
    );
  } catch (error) {
    if (!isNamed(error, 'InvalidReplicationGroupStateFault', 'InvalidCacheClusterStateFault')) throw error;
  }
  return `the failover of ${identifier} is tried out`;
}

/** A replica in another zone than the primary, if there is one. */
function chooseTarget(group: ReplicationGroup) {
  const zone = primaryNodeOf(group)?.PreferredAvailabilityZone;
  const replicas = membersOf(group).filter(({ CurrentRole }) => CurrentRole === 'replica');
  return replicas.find(node => node.PreferredAvailabilityZone !== zone) ?? replicas[0];
}

async function probeCache(
  context: ActionContext,
  component: Cache,
): Promise<{ ok: true } | { ok: false; why: string }> {
  const server = await openRedis(context, addressOf(component));
  const probe = await ifReachable(() => writeWorks(server, context.run.id));
  return probe ?? { ok: false, why: `${server.where} does not answer` };
}

function reasonsAgainst(component: Cache, group: ReplicationGroup | undefined): Reason[] {
  if (group === undefined) return [missing(component)];
  const { identifier } = component;
  const reasons: Reason[] = [];
  if (group.ClusterEnabled) {
    reasons.push({
      what: `${identifier} is in cluster mode, and each of its shards fails over by itself`,
      mend: 'Look at its shards with aws elasticache describe-replication-groups; replace a node that stays down.',
    });
  } else if (chooseTarget(group) === undefined) {
    reasons.push({
      what: `${identifier} has no replica that could take over`,
      mend: 'Make a new cache with elasticache.create, from a snapshot if what was in it matters.',
    });
  }
  const role = group.GlobalReplicationGroupInfo?.GlobalReplicationGroupMemberRole;
  if (role === 'SECONDARY') {
    reasons.push({
      what: `${identifier} is a secondary of a Global Datastore and takes no writes`,
      mend: 'Use elasticache.failover-global to make it the primary.',
    });
  }
  return reasons;
}

function missing({ identifier, region }: Cache): Reason {
  return {
    what: `There is no replication group ${identifier} in ${region}`,
    mend: 'Check the identifier in the plan; a single cache cluster has no replica to fail over to.',
  };
}

function wellAlready({ identifier }: Cache): Reason {
  return {
    what: `${identifier} takes writes and ElastiCache reports no failover; there is nothing to recover`,
    mend: 'Look at the application and its network. To move the primary all the same, use the mode planned.',
  };
}

function notMoved({ identifier, region }: Cache, { primaryBefore }: Baseline): Reason {
  return {
    what: `The primary of ${identifier} is still ${primaryBefore} after ${patienceSeconds} s`,
    mend: `Look at the events of ElastiCache in ${region}. If nothing moves, make a new cache with elasticache.create.`,
  };
}
