import type { DBCluster, DBInstance } from '@aws-sdk/client-rds';
import * as z from 'zod';
import {
  capacityOf,
  formatRange,
  type Range,
  rangeOf,
  rangeSchema,
  readLimits,
  requestRange,
  sameRange,
  serverlessClass,
} from '../../aws/aurora-capacity.ts';
import { isNamed } from '../../aws/aws-errors.ts';
import { metricReadPermission } from '../../aws/newest-data-point.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { readCluster, readMembers } from '../../aws/rds-cluster-reader.ts';
import { meaningOfClusterStatus, serves } from '../../aws/rds-cluster-status.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { rdsCluster } from '../../plan/components.ts';
import {
  type ActionContext,
  defineAction,
  type Evidence,
  type Observation,
  type Reason,
} from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { fail, finish, pending } from '../outcomes.ts';

const units = z.number().min(0).max(256).multipleOf(0.5);
const parameters = z.strictObject({
  database: rdsCluster,
  min: units.meta({ description: 'Least capacity of each instance in ACU, in steps of 0.5' }),
  max: units.min(1).meta({ description: 'Most capacity of each instance in ACU, in steps of 0.5' }),
  mayShrink: z.boolean().default(false).meta({
    description: 'Whether a range that is bigger is made smaller; without it, each end is left or raised',
  }),
});
type Parameters = z.output<typeof parameters>;
type Cluster = Parameters['database'];

const baselineSchema = z.object({ before: rangeSchema, wanted: rangeSchema });

/**
 * Sets the range in which the serverless instances of an Aurora cluster scale, before users come, since Aurora grows
 * the more slowly the smaller an instance is. Done means that the range is in force and that each serverless instance
 * serves with at least `min`, as CloudWatch measures it. A range that is bigger already is left, unless it may shrink.
 */
export const action = defineAction({
  kind: 'rds.scale-serverless',
  summary: 'Sets the capacity of an Aurora Serverless cluster and waits until its instances have it',
  parameters,
  components: { database: 'rds-cluster' },
  outputs: {
    min: 'least capacity in ACU that is in force',
    max: 'most capacity in ACU that is in force',
    capacity: 'ACU that the smallest serverless instance has',
  },
  drill: 'isolated',
  mutates: true,
  typical: rdsDurations.scaleServerless,
  failureModes: [
    'The version of the engine does not go so far: 128 ACU for older ones, and 0 only where instances may pause',
    'max_connections follows max only after a reboot of the instance, so raise min and leave max where it can be',
    'A change of the cluster that waits for the maintenance window would be made at the same time',
    'The cluster has provisioned instances only, on which the range has no effect',
    'CloudWatch says nothing of the capacity, so that nobody knows whether it is there',
  ],
  contradictions: ({ min, max }) =>
    min <= max
      ? []
      : [
          {
            what: `A least capacity of ${min} ACU is above the most, ${max}`,
            mend: 'Write a "max" that is not below "min".',
          },
        ],
  permissions: ({ database: { region, identifier } }) => [
    {
      actions: ['rds:DescribeDBClusters', 'rds:ModifyDBCluster'],
      resources: [rdsArn('cluster', region, identifier)],
    },
    {
      actions: ['rds:DescribeDBInstances'],
      resources: [rdsArn('db', region, '*')],
      reason: 'Which instances are members of a cluster is known only when it is asked for',
    },
    {
      actions: ['rds:DescribeDBEngineVersions'],
      resources: ['*'],
      reason: 'The versions of an engine are nobody’s resource',
    },
    metricReadPermission,
  ],

  async prepare(context, given) {
    const { database } = given;
    const refused = refuseProductionInDrill(context, database.region, `the cluster ${database.identifier}`);
    if (refused) return refused;
    const cluster = await readCluster(context.aws, database.region, database.identifier);
    if (cluster === undefined) return { status: 'refused', reasons: [missing(database)], evidence: [] };
    const [members, limits] = await Promise.all([
      readMembers(context.aws, database.region, database.identifier),
      readLimits(context, database.region, cluster),
    ]);
    const before = rangeOf(cluster);
    const reasons = reasonsAgainst(given, cluster, members, limits);
    if (before === undefined || reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const wanted = wantedRange(given, before);
    const capacity = await smallest(context, database, members);
    const evidence = [
      {
        what: `${database.identifier} scales from ${formatRange(before)}; its smallest instance has ${capacity ?? 'an unknown number of'} ACU`,
        data: { ...before, capacity: capacity ?? null },
      },
    ];
    const baseline = { before, wanted };
    const reached = capacity !== undefined && capacity >= given.min;
    return sameRange(before, wanted) && reached
      ? { status: 'already-done', baseline, outputs: outputsOf(before, capacity), evidence }
      : { status: 'ready', baseline, evidence };
  },

  async act(context, { database }, baseline) {
    const { before, wanted } = baselineSchema.parse(baseline);
    await bring(context, database, before, wanted);
  },

  async observe(context, given, baseline) {
    const { database } = given;
    const { before, wanted } = baselineSchema.parse(baseline);
    const looked = await bring(context, database, before, wanted);
    if (looked.status !== 'in force') return looked.answer;
    const { region, identifier } = database;
    const members = (await readMembers(context.aws, region, identifier)).filter(isServerless);
    const down = members.find(({ DBInstanceStatus }) => !serves(DBInstanceStatus));
    if (down) return pending(`${down.DBInstanceIdentifier} is ${down.DBInstanceStatus}`);
    const capacity = await smallest(context, database, members);
    if (capacity === undefined) {
      return pending(`CloudWatch has no capacity yet of every instance of ${identifier}`);
    }
    if (capacity < given.min) {
      return pending(`The smallest instance of ${identifier} has ${capacity} of ${given.min} ACU`);
    }
    const outputs = outputsOf(wanted, capacity);
    const what = `${identifier} scales from ${formatRange(wanted)}, and each of its ${members.length} serverless instances has ${capacity} ACU or more`;
    return {
      status: 'done',
      outputs,
      evidence: [{ what, data: outputs }, ...rebootsWaiting(identifier, looked.cluster)],
    };
  },

  async undo(context, { database }, baseline) {
    const { before, wanted } = baselineSchema.parse(baseline);
    const { region, identifier } = database;
    const now = await readCluster(context.aws, region, identifier);
    const range = now && rangeOf(now);
    if (!sameRange(range, wanted) && !sameRange(range, before)) {
      const found = range ? `scales from ${formatRange(range)}, which somebody else has set` : 'has no range';
      return finish(`${identifier} ${found}; it is left so`);
    }
    const looked = await bring(context, database, wanted, before);
    if (looked.status !== 'in force') return looked.answer;
    return finish(`${identifier} scales from ${formatRange(before)} again`, {}, before);
  },
});

type Looked = { status: 'in force'; cluster: DBCluster } | { status: 'not yet'; answer: Observation };

/**
 * Reads the range and asks for `to` where it is `from`. A range that is neither is somebody else's, who would set it
 * back again. RDS takes nothing while it changes the cluster; the next call asks again.
 */
async function bring(context: ActionContext, database: Cluster, from: Range, to: Range): Promise<Looked> {
  const { region, identifier } = database;
  const notYet = (answer: Observation): Looked => ({ status: 'not yet', answer });
  const cluster = await readCluster(context.aws, region, identifier);
  if (cluster === undefined) return notYet(fail(missing(database).what, missing(database).mend));
  const meaning = meaningOfClusterStatus(cluster.Status, identifier);
  if (meaning.kind === 'stuck') return notYet(fail(meaning.reason.what, meaning.reason.mend));
  if (meaning.kind === 'moving') return notYet(pending(`${identifier} is ${meaning.status}`));
  const range = rangeOf(cluster);
  if (sameRange(range, to)) return { status: 'in force', cluster };
  if (!sameRange(range, from)) return notYet(fail(...setByOthers(database, range)));
  try {
    await requestRange(context, database, from, to);
  } catch (error) {
    if (!isNamed(error, 'InvalidDBClusterStateFault')) throw error;
  }
  return notYet(pending(`The range of ${identifier} is being set to ${formatRange(to)}`));
}

/** Each end is raised where it is lower; it is lowered only if the range may shrink. */
function wantedRange({ min, max, mayShrink }: Parameters, before: Range): Range {
  const { pauseAfterSeconds } = before;
  const pause = pauseAfterSeconds !== undefined && { pauseAfterSeconds };
  if (mayShrink) return { min, max, ...pause };
  return { min: Math.max(min, before.min), max: Math.max(max, before.max), ...pause };
}

const isServerless = ({ DBInstanceClass }: DBInstance) => DBInstanceClass === serverlessClass;

/** What the smallest serverless instance has; undefined if that is not known of one of them. */
async function smallest(
  context: ActionContext,
  { region }: Cluster,
  members: readonly DBInstance[],
): Promise<number | undefined> {
  const found = await Promise.all(
    members.filter(isServerless).map(member => capacityOf(context, region, member)),
  );
  return found.reduce<number | undefined>(
    (least, one) => (least === undefined || one === undefined ? undefined : Math.min(least, one)),
    found.length > 0 ? Number.POSITIVE_INFINITY : undefined,
  );
}

function reasonsAgainst(
  { database: { identifier, region }, min, max }: Parameters,
  cluster: DBCluster,
  members: readonly DBInstance[],
  limits: { min: number; max: number } | undefined,
): Reason[] {
  const reasons: Reason[] = [];
  const meaning = meaningOfClusterStatus(cluster.Status, identifier);
  if (meaning.kind === 'stuck') reasons.push(meaning.reason);
  if (rangeOf(cluster) === undefined || !members.some(isServerless)) {
    reasons.push({
      what: `${identifier} in ${region} has no instance of the class ${serverlessClass}, so a range of capacity changes nothing`,
      mend: `Make one with rds.add-readers before this step (class: ${serverlessClass}; the cluster needs a range first), or use rds.add-readers with a bigger class.`,
    });
  }
  if (limits && (min < limits.min || max > limits.max)) {
    reasons.push({
      what: `${cluster.Engine} ${cluster.EngineVersion} takes ${formatRange(limits)}, and the step asks for ${formatRange({ min, max })}`,
      mend: 'Correct "min" and "max" of the step, or upgrade the engine of the cluster before the next outage.',
    });
  }
  const waiting = Object.entries(cluster.PendingModifiedValues ?? {}).filter(
    ([, value]) => value !== undefined,
  );
  if (waiting.length > 0) {
    reasons.push({
      what: `Changes of ${identifier} wait for its maintenance window and would be made at once with this one: ${waiting.map(([name]) => name).join(', ')}`,
      mend: `Have them made or taken back first: aws rds describe-db-clusters --db-cluster-identifier ${identifier} --region ${region}. An upgrade of the engine takes the database away for minutes.`,
    });
  }
  return reasons;
}

/** max_connections and others come from the most capacity, and change when an instance is started anew. */
function rebootsWaiting(identifier: string, { DBClusterMembers = [] }: DBCluster): Evidence[] {
  const waiting = DBClusterMembers.filter(
    ({ DBClusterParameterGroupStatus }) => DBClusterParameterGroupStatus === 'pending-reboot',
  ).map(({ DBInstanceIdentifier }) => DBInstanceIdentifier ?? '');
  if (waiting.length === 0) return [];
  const what = `Until they are rebooted, ${waiting.join(', ')} of ${identifier} keep parameters of the old capacity, such as max_connections`;
  return [{ what, data: { waiting } }];
}

function setByOthers({ identifier }: Cluster, range: Range | undefined): [what: string, mend: string] {
  return [
    `Somebody has changed the capacity of ${identifier} meanwhile: ${range ? formatRange(range) : 'it has no range'}`,
    'Find out who did, and pause the pipeline that does it. Then retry the step.',
  ];
}

const outputsOf = ({ min, max }: Range, capacity: number) => ({ min, max, capacity });

function missing({ identifier, region }: Cluster): Reason {
  return {
    what: `There is no cluster ${identifier} in ${region}`,
    mend: "Check the identifier and the region in the plan's component.",
  };
}
