import type { DBCluster, DBInstance } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { rangeOf, serverlessClass } from '../../aws/aurora-capacity.ts';
import { createReader } from '../../aws/aurora-readers.ts';
import { runTag } from '../../aws/names.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { readCluster, readMembers, writerOf } from '../../aws/rds-cluster-reader.ts';
import { deleteMember } from '../../aws/rds-cluster-removal.ts';
import { meaningOfClusterStatus, serves } from '../../aws/rds-cluster-status.ts';
import { waitUnlessLasting } from '../../aws/rds-connection.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { isAtLeast } from '../../aws/rds-instance-classes.ts';
import { nameTaken } from '../../aws/rds-own-instance.ts';
import { instanceClass } from '../../aws/rds-region-checks.ts';
import { isOfRun } from '../../aws/rds-run-tag.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import { probeReader } from '../../aws/rds-write-probe.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { rdsCluster } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { fail, finish, pending } from '../outcomes.ts';

/** A writer and 15 readers. Source: Aurora User Guide, "Replication with Amazon Aurora". */
const mostInstances = 16;

const parameters = z.strictObject({
  database: rdsCluster,
  instances: z.number().int().min(1).max(mostInstances).meta({
    description: 'Instances of the class, or of a bigger size of its family, that are to serve afterwards',
  }),
  class: z
    .string()
    .regex(/^db\./, 'a class of DB instances, such as db.r6g.xlarge')
    .meta({
      description: `Class of those that are missing; \`${serverlessClass}\` in a cluster with a range of ACU`,
    }),
  parameterGroup: z.string().optional().meta({
    description:
      'DB parameter group of the new ones; without it that of the others, or the default of the engine',
  }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  /** Identifiers of what the run makes, whether it exists yet or not. */
  make: z.array(z.string()),
  /** Whether the cluster had an instance that the run did not make. */
  hadInstances: z.boolean(),
  parameterGroup: z.string().optional(),
});

/** Room for a number behind the name. */
const nameLength = 60;
/** So much of an identifier is in the names of what a run makes, however long the run's own id is. */
const sureLength = 40;

/**
 * Gives an Aurora cluster that stands by with few, small or no instances as many of a class as production needs, before
 * it takes over. Those that are there and big enough count; the others stay. New ones are of promotion tier 0, so that
 * one of them is the writer after a failover and not a small one. Done means that they answer a read.
 */
export const action = defineAction({
  kind: 'rds.add-readers',
  summary: 'Gives an Aurora cluster as many instances of a class as it needs, and waits until they answer',
  parameters,
  components: { database: 'rds-cluster' },
  outputs: {
    instances: 'instances of the class that answer a read',
    made: 'identifiers of those that this run made',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['needs-capacity'],
  typical: rdsDurations.createClusterInstance,
  failureModes: [
    'The region does not offer the class for the version of the engine, or has no capacity of it',
    'The quota of DB instances is reached',
    'The new instances are available and nobody gets in: security groups, credentials',
    'Their cache is empty, so that they are slow at first',
  ],
  permissions: ({ database: { region, identifier, credentials } }) => {
    const own = rdsArn('db', region, `${identifier.slice(0, sureLength)}*`);
    return [
      { actions: ['rds:DescribeDBClusters'], resources: [rdsArn('cluster', region, identifier)] },
      {
        actions: ['rds:DescribeDBInstances'],
        resources: [rdsArn('db', region, '*')],
        reason: 'Which instances are members of a cluster is known only when it is asked for',
      },
      {
        actions: ['rds:DescribeOrderableDBInstanceOptions'],
        resources: ['*'],
        reason: 'What a region offers is nobody’s resource',
      },
      {
        actions: ['rds:CreateDBInstance', 'rds:AddTagsToResource'],
        resources: [own],
        conditions: { Null: { [`aws:RequestTag/${runTag}`]: 'false' } },
      },
      {
        actions: ['rds:CreateDBInstance'],
        resources: [
          rdsArn('cluster', region, identifier),
          rdsArn('subgrp', region, '*'),
          rdsArn('pg', region, '*'),
          rdsArn('og', region, 'default*'),
        ],
        reason: 'What a new instance refers to: its cluster, and the groups of the cluster and its members',
      },
      {
        actions: ['rds:DeleteDBInstance'],
        resources: [own],
        conditions: { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } },
      },
      secretReadPermission(credentials, region),
    ];
  },

  async prepare(context, given) {
    const { database } = given;
    const { region, identifier } = database;
    const refused = refuseProductionInDrill(context, region, `the cluster ${identifier}`);
    if (refused) return refused;
    const cluster = await readCluster(context.aws, region, identifier);
    if (cluster === undefined) return { status: 'refused', reasons: [missing(given)], evidence: [] };
    const members = await readMembers(context.aws, region, identifier);
    const foreign = members.filter(member => !isOfRun(member, context.run.id));
    const enough = foreign.filter(member => isAtLeast(member.DBInstanceClass, given.class));
    const count = Math.max(0, given.instances - enough.length);
    const name = context.names.resource(identifier, nameLength);
    const make = Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
    const reasons = [
      ...reasonsAgainst(given, cluster, foreign, make),
      ...(await instanceClass(
        context.aws,
        { region, instanceClass: given.class, multiAz: false },
        { name: cluster.Engine ?? database.engine, version: cluster.EngineVersion },
      )),
    ];
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const classes = members.map(({ DBInstanceClass }) => DBInstanceClass ?? 'unknown');
    const has = members.length === 0 ? 'no instance' : `${members.length} instances (${classes.join(', ')})`;
    const evidence = [
      { what: `${identifier} has ${has}; ${count} of ${given.class} are missing`, data: { classes } },
    ];
    const parameterGroup = given.parameterGroup ?? members[0]?.DBParameterGroups?.[0]?.DBParameterGroupName;
    const baseline = { make, hadInstances: foreign.length > 0, ...(parameterGroup && { parameterGroup }) };
    const answers =
      members.length >= given.instances ? await observeReaders(context, given, cluster) : undefined;
    return answers?.status === 'done'
      ? { status: 'already-done', baseline, outputs: answers.outputs, evidence: answers.evidence }
      : { status: 'ready', baseline, evidence };
  },

  async act(context, given, baseline) {
    const { make, parameterGroup } = baselineSchema.parse(baseline);
    await makeMissing(context, given, make, parameterGroup);
  },

  async observe(context, given, baseline) {
    const { region, identifier } = given.database;
    const { make, parameterGroup } = baselineSchema.parse(baseline);
    const cluster = await readCluster(context.aws, region, identifier);
    if (cluster === undefined) return fail(missing(given).what, missing(given).mend);
    // The request was turned away since the cluster was being changed; it is made again until RDS takes it.
    const made = await makeMissing(context, given, make, parameterGroup);
    return made > 0
      ? pending(`${made} of ${make.length} new instances of ${identifier} are being asked for`)
      : observeReaders(context, given, cluster);
  },

  async undo(context, given, baseline) {
    const { make, hadInstances } = baselineSchema.parse(baseline);
    return removeMade(context, given, make, hadInstances);
  },
});

/** Asks for each instance of the run that does not exist; tells how many there were. */
async function makeMissing(
  context: ActionContext,
  { database, class: wanted }: Parameters,
  make: readonly string[],
  parameterGroup: string | undefined,
): Promise<number> {
  const { region, identifier } = database;
  const members = await readMembers(context.aws, region, identifier);
  const absent = make.filter(name => !members.some(member => member.DBInstanceIdentifier === name));
  for (const name of absent) {
    await context.changed({
      call: 'rds.CreateDBInstance',
      region,
      resource: name,
      what: `New instance of the class ${wanted} in the cluster ${identifier}`,
    });
    await createReader(context, database, { name, class: wanted, parameterGroup });
  }
  return absent.length;
}

/** Whether enough instances of the class serve and answer, each at its own address. */
async function observeReaders(
  context: ActionContext,
  { database, class: wanted, instances }: Parameters,
  cluster: DBCluster,
): Promise<Observation> {
  const { region, identifier, port } = database;
  const members = await readMembers(context.aws, region, identifier);
  const enough = members.filter(({ DBInstanceClass }) => isAtLeast(DBInstanceClass, wanted));
  for (const { DBInstanceIdentifier = '', DBInstanceStatus } of enough) {
    const meaning = meaningOfStatus(DBInstanceStatus, DBInstanceIdentifier);
    if (meaning.kind === 'stuck') return { status: 'failed', reasons: [meaning.reason], evidence: [] };
  }
  const serving = enough.filter(({ DBInstanceStatus }) => serves(DBInstanceStatus));
  if (serving.length < instances) {
    return pending(`${serving.length} of ${instances} instances of ${identifier} are available`);
  }
  for (const { DBInstanceIdentifier, Endpoint } of serving) {
    const endpoint = { host: Endpoint?.Address, port: Endpoint?.Port ?? port };
    const probe = await probeReader(context, database, endpoint);
    if (!probe.ok) return waitUnlessLasting(`${DBInstanceIdentifier} is available`, probe);
  }
  const made = serving.filter(member => isOfRun(member, context.run.id)).map(nameOf);
  const outputs = { instances: serving.length, made };
  const writer = writerOf(cluster)?.DBInstanceIdentifier ?? 'none';
  const what = `${serving.length} instances of ${identifier} of the class ${wanted} or bigger answer a read: ${serving.map(nameOf).join(', ')}`;
  return { status: 'done', outputs, evidence: [{ what, data: { ...outputs, writer } }] };
}

const nameOf = ({ DBInstanceIdentifier = '' }: DBInstance) => DBInstanceIdentifier;

/**
 * Deletes what the run made and nothing else. One that is the writer by now has users behind it: it stays, unless the
 * cluster is no member of a global database and had no instance before a drill began.
 */
async function removeMade(
  context: ActionContext,
  { database: { region, identifier } }: Parameters,
  make: readonly string[],
  hadInstances: boolean,
): Promise<Observation> {
  const cluster = await readCluster(context.aws, region, identifier);
  const members = await readMembers(context.aws, region, identifier);
  const own = members.filter(member => make.includes(nameOf(member)) && isOfRun(member, context.run.id));
  const writer = cluster && writerOf(cluster)?.DBInstanceIdentifier;
  const onlyForTheDrill =
    context.run.mode === 'drill' && !hadInstances && cluster?.GlobalClusterIdentifier === undefined;
  const [inUse] = onlyForTheDrill ? [] : own.filter(member => nameOf(member) === writer);
  const leaving = own.filter(member => member !== inUse);
  for (const member of leaving) {
    if (member.DBInstanceStatus !== 'deleting') await deleteMember(context, region, nameOf(member));
  }
  if (leaving.length > 0) return pending(`${leaving.map(nameOf).join(', ')}: being deleted`);
  if (inUse) {
    return fail(
      `${nameOf(inUse)} was made by this run and is the writer of ${identifier} now, so it is not deleted`,
      `Keep it. To go back, make another instance the writer (rds.failover), then delete it by hand: aws rds delete-db-instance --db-instance-identifier ${nameOf(inUse)} --region ${region}.`,
    );
  }
  return finish(`Nothing that this run made is left in ${identifier}`);
}

function reasonsAgainst(
  { database, class: wanted }: Parameters,
  cluster: DBCluster,
  foreign: readonly DBInstance[],
  make: readonly string[],
): Reason[] {
  const { identifier, region } = database;
  const reasons: Reason[] = [];
  const meaning = meaningOfClusterStatus(cluster.Status, identifier);
  if (meaning.kind === 'stuck') reasons.push(meaning.reason);
  if (!cluster.Engine?.startsWith('aurora')) {
    reasons.push({
      what: `${identifier} is a Multi-AZ DB cluster (${cluster.Engine}), whose three instances are all that it can have`,
      mend: 'Change its class with aws rds modify-db-cluster --db-cluster-instance-class, or leave the step out.',
    });
  }
  if (wanted === serverlessClass && rangeOf(cluster) === undefined) {
    reasons.push({
      what: `${identifier} has no range of capacity, and without one RDS makes no serverless instances`,
      mend: `Set it first: aws rds modify-db-cluster --db-cluster-identifier ${identifier} --serverless-v2-scaling-configuration MinCapacity=0.5,MaxCapacity=64 --region ${region}.`,
    });
  }
  if (foreign.length + make.length > mostInstances) {
    reasons.push({
      what: `${identifier} has ${foreign.length} instances, and ${make.length} more would be above the ${mostInstances} that a cluster may have`,
      mend: 'Delete instances that are too small, or ask for fewer.',
    });
  }
  const taken = foreign.find(member => make.includes(nameOf(member)));
  if (taken) reasons.push(nameTaken(nameOf(taken), region));
  return reasons;
}

function missing({ database: { identifier, region } }: Parameters): Reason {
  return {
    what: `There is no cluster ${identifier} in ${region}`,
    mend: "Check the identifier and the region in the plan's component.",
  };
}
