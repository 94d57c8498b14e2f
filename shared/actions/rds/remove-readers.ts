import type { DBCluster, DBInstance } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { runTag, systemTag } from '../../aws/names.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { readCluster, readMembers, writerOf } from '../../aws/rds-cluster-reader.ts';
import { deleteMember } from '../../aws/rds-cluster-removal.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { rdsCluster } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { alreadyDone, finish, pending, ready } from '../outcomes.ts';

const parameters = z.strictObject({
  database: rdsCluster,
  instances: z.array(z.string()).meta({
    description: 'Identifiers, an output of the step that made them, such as `${failover.steps.<id>.made}`',
  }),
});
type Parameters = z.output<typeof parameters>;

/**
 * Removes instances that a run of this system has added to an Aurora cluster, when production is elsewhere again. The
 * writer, and what no run made, are left alone. Their data is the cluster's, so nothing is lost with them.
 */
export const action = defineAction({
  kind: 'rds.remove-readers',
  summary: 'Removes instances that a run has added to an Aurora cluster, once they are not needed',
  parameters,
  components: { database: 'rds-cluster' },
  outputs: { removed: 'identifiers of what is gone', left: 'instances that the cluster has still' },
  // Which instances a run made is known after a real one.
  drill: 'prepare-only',
  mutates: true,
  typical: rdsDurations.delete,
  failureModes: [
    'One of them is the writer by now, so users are behind it',
    'Connections to them break: readers that are in use should be left by their clients first',
    'It carries no tag of a run of this system, so it is left alone',
  ],
  permissions: ({ database: { region, identifier } }) => [
    { actions: ['rds:DescribeDBClusters'], resources: [rdsArn('cluster', region, identifier)] },
    {
      actions: ['rds:DescribeDBInstances'],
      resources: [rdsArn('db', region, '*')],
      reason: 'Which instances are members of a cluster is known only when it is asked for',
    },
    {
      actions: ['rds:DeleteDBInstance'],
      // Names of what a run makes begin with that of the cluster, which may be cut.
      resources: [rdsArn('db', region, `${identifier.slice(0, 40)}*`)],
      conditions: { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } },
    },
  ],

  async prepare(context, given) {
    const { region, identifier } = given.database;
    const [cluster, members] = await look(context, given);
    const found = members.filter(isNamed(given));
    const left = members.length - found.length;
    if (found.length === 0) {
      return alreadyDone({}, { removed: given.instances, left }, `None of them is in ${identifier} any more`);
    }
    const reasons = reasonsAgainst(context, given, cluster, found);
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    return ready({}, `${found.map(nameOf).join(', ')} in ${region} are no writers; ${left} instances stay`);
  },

  async act(context, given) {
    const [cluster, members] = await look(context, given);
    // The writer may have moved since it was looked at.
    const writer = cluster && writerOf(cluster)?.DBInstanceIdentifier;
    for (const member of members.filter(isNamed(given))) {
      if (member.DBInstanceStatus === 'deleting' || nameOf(member) === writer) continue;
      await deleteMember(context, given.database.region, nameOf(member));
    }
  },

  async observe(context, given) {
    const [cluster, members] = await look(context, given);
    const found = members.filter(isNamed(given));
    const left = members.length - found.length;
    const reasons = reasonsAgainst(context, given, cluster, found);
    if (reasons.length > 0) return { status: 'failed', reasons, evidence: [] };
    for (const member of found) {
      // The request was turned away, since the instance was being changed; it is made again until RDS takes it.
      if (member.DBInstanceStatus !== 'deleting') {
        await deleteMember(context, given.database.region, nameOf(member));
      }
    }
    if (found.length > 0) return pending(`${found.map(nameOf).join(', ')}: being deleted`);
    const outputs = { removed: given.instances, left };
    return finish(`${given.instances.join(', ')} are gone; ${left} instances stay`, outputs);
  },
});

const nameOf = ({ DBInstanceIdentifier = '' }: DBInstance) => DBInstanceIdentifier;
const isNamed =
  ({ instances }: Parameters) =>
  (member: DBInstance) =>
    instances.includes(nameOf(member));

function look(
  context: ActionContext,
  { database: { region, identifier } }: Parameters,
): Promise<[DBCluster | undefined, DBInstance[]]> {
  return Promise.all([
    readCluster(context.aws, region, identifier),
    readMembers(context.aws, region, identifier),
  ]);
}

function reasonsAgainst(
  { run }: ActionContext,
  { database: { identifier } }: Parameters,
  cluster: DBCluster | undefined,
  found: readonly DBInstance[],
): Reason[] {
  const writer = cluster && writerOf(cluster)?.DBInstanceIdentifier;
  return found.flatMap((member): Reason[] => {
    const tags = new Map(member.TagList?.map(({ Key, Value }) => [Key, Value]));
    if (!tags.has(runTag) || tags.get(systemTag) !== run.system) {
      const what = `${nameOf(member)} was made by no run of ${run.system}, so it is not deleted`;
      return [{ what, mend: 'Name what a step has made. Delete it by hand if nothing uses it.' }];
    }
    if (nameOf(member) !== writer) return [];
    const what = `${nameOf(member)} is the writer of ${identifier}, so it is not deleted`;
    return [{ what, mend: 'Move the writer first, with rds.failover or by going back to the other region.' }];
  });
}
