import * as z from 'zod';
import { rdsArn } from '../../aws/rds-arns.ts';
import { waitUnlessLasting } from '../../aws/rds-connection.ts';
import { engineReason } from '../../aws/rds-engine.ts';
import { instancesWith, setParameter, settingOf } from '../../aws/rds-parameter-group.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { probeWriter } from '../../aws/rds-write-probe.ts';
import { identifierOf, lookForInstance, noInstance, whichInstance } from '../../aws/rds-writer.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { rdsInstance, rdsRestoreTarget } from '../../plan/components.ts';
import { dialectOfDatabase } from '../../sql/dialects/dialects.ts';
import { approvedByParameter } from '../approved-by.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { fail, finish, type NotYet, pending, ready } from '../outcomes.ts';

const parameters = z.strictObject({
  database: z.discriminatedUnion('type', [rdsInstance, rdsRestoreTarget]),
  instance: z
    .string()
    .optional()
    .meta({ description: 'Identifier of the instance, if a step of the run made it' }),
  approvedBy: approvedByParameter,
});
type Parameters = z.output<typeof parameters>;
const baselineSchema = z.object({ instance: z.string(), group: z.string(), before: z.string() });

/** What RDS sets read_only to by itself: a replica is read-only, and a writer is not. */
const byRole = '{TrueIfReplica}';
/** RDS applies a dynamic parameter within a minute or two; after this time it will not. */
const patienceSeconds = 600;

/**
 * Lets an instance of MySQL or MariaDB take no more writes, by its parameter group: a user of RDS may not say so in SQL, and
 * RDS does not stop an instance that has a replica. Done means that the server itself says so; nothing is written to find
 * out, since a replica would have to get that as well. PostgreSQL is told by sql.exec, in its own words.
 */
export const action = defineAction({
  kind: 'rds.set-read-only',
  summary:
    'Lets a database of MySQL or MariaDB take no more writes, such as the old writer before a replica is promoted',
  parameters,
  components: { database: ['rds-instance', 'rds-restore-target'] },
  outputs: { instance: 'identifier of the instance', parameterGroup: 'the group that was changed' },
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 20,
    likelySeconds: 60,
    maxSeconds: 300,
    source: 'Experience: RDS applies a dynamic parameter within a minute or two; to be measured by drills',
  },
  failureModes: [
    'The parameter group is shared with another instance, or is a default one, which nobody can change',
    'Statements that hold locks delay it until they end',
    'A user with SUPER or READ_ONLY ADMIN writes on: give that to no application',
  ],
  contradictions: ({ database }) => [
    ...(dialectOfDatabase(database).name === 'MySQL'
      ? []
      : [
          {
            what: `${database.id} runs PostgreSQL, which has no such parameter that holds for its writer`,
            mend: 'Use sql.exec with ALTER DATABASE … SET default_transaction_read_only = on, and sql.terminate-sessions.',
          },
        ]),
    ...(database.parameterGroup === undefined
      ? [
          {
            what: `Nothing says which parameter group ${database.id} has`,
            mend: 'Write its parameterGroup; it has to be one of its own.',
          },
        ]
      : []),
  ],
  permissions: ({ database: { region, parameterGroup = '', credentials } }) => [
    {
      actions: ['rds:DescribeDBInstances'],
      resources: [rdsArn('db', region, '*')],
      reason: 'Which other instances have the group is what is to be found out',
    },
    {
      actions: ['rds:DescribeDBParameters', 'rds:ModifyDBParameterGroup'],
      resources: [rdsArn('pg', region, parameterGroup)],
    },
    secretReadPermission(credentials, region),
  ],

  async prepare(context, given) {
    const { database, approvedBy } = given;
    const { region, parameterGroup: group = '' } = database;
    const identifier = identifierOf(database, given.instance);
    if (identifier === undefined) return refused([whichInstance(database.id)]);
    const inDrill = refuseProductionInDrill(context, region, `database ${identifier}`);
    if (inDrill) return inDrill;
    const instance = await readInstance(context.aws, region, identifier);
    if (instance === undefined) return refused([noInstance(identifier, region)]);
    const engine = engineReason({ identifier, engine: database.engine }, instance.Engine);
    const groups = (instance.DBParameterGroups ?? []).map(({ DBParameterGroupName: name = '' }) => name);
    const sharing = await instancesWith(context.aws, region, group);
    const others = sharing.filter(name => name !== identifier);
    const reasons = [
      ...(engine ? [engine] : []),
      ...(groups.includes(group) ? [] : [otherGroup(identifier, group, groups)]),
      ...(group.startsWith('default.') ? [defaultGroup(identifier, group)] : []),
      ...(others.length > 0 ? [sharedGroup(group, others)] : []),
    ];
    if (reasons.length > 0) return refused(reasons);
    const before = (await settingOf(context.aws, region, group, 'read_only')) ?? byRole;
    return ready(
      { instance: identifier, group, before },
      `${approvedBy} approved that ${identifier} takes no more writes; read_only is ${before} in ${group}, which it has alone`,
    );
  },

  async act(context, { database: { region } }, baseline) {
    const { group } = baselineSchema.parse(baseline);
    if ((await settingOf(context.aws, region, group, 'read_only')) === '1') return;
    await setParameter(context, { region, group, name: 'read_only', value: '1' });
  },

  async observe(context, given, baseline) {
    const { instance, group } = baselineSchema.parse(baseline);
    const seen = await ask(context, given, instance);
    if (seen.state === 'not asked') return seen.answer;
    if (seen.state === 'read-only') {
      const outputs = { instance, parameterGroup: group };
      return finish(`${instance} says that it is read-only`, outputs, outputs);
    }
    if (context.elapsedSeconds < patienceSeconds) return pending(`${instance} still takes writes`);
    return fail(
      `${instance} still takes writes ${patienceSeconds} s after read_only was set in ${group}`,
      'Look at the status of its parameter group (in-sync or pending-reboot) and at statements that hold locks, then retry.',
    );
  },

  async undo(context, given, baseline) {
    const { instance, group, before } = baselineSchema.parse(baseline);
    const { region } = given.database;
    if ((await settingOf(context.aws, region, group, 'read_only')) !== before) {
      await setParameter(context, { region, group, name: 'read_only', value: before });
    }
    const seen = await ask(context, given, instance);
    if (seen.state === 'not asked') return seen.answer;
    if (seen.state === 'read-only' && before !== '1') return pending(`${instance} is still read-only`);
    return finish(`read_only of ${instance} is ${before} again`);
  },
});

type Asked = { state: 'read-only' | 'open' } | { state: 'not asked'; answer: NotYet };

/** What the server itself says. */
async function ask(context: ActionContext, { database }: Parameters, identifier: string): Promise<Asked> {
  const seen = await lookForInstance(context, database, identifier);
  if (seen.status !== 'available') return { state: 'not asked', answer: seen };
  const probe = await probeWriter(context, database, seen, { writes: false });
  if (probe.ok) return { state: 'open' };
  if (probe.readOnly) return { state: 'read-only' };
  return { state: 'not asked', answer: waitUnlessLasting(`${identifier} is available`, probe) };
}

const refused = (reasons: Reason[]) => ({ status: 'refused' as const, reasons, evidence: [] });

function otherGroup(identifier: string, group: string, groups: readonly string[]): Reason {
  return {
    what: `${identifier} has the parameter group ${groups.join(', ') || 'unknown'}, and the plan says ${group}`,
    mend: "Correct the parameterGroup of the plan's component.",
  };
}

function defaultGroup(identifier: string, group: string): Reason {
  return {
    what: `${identifier} has ${group}, a group of RDS's own that nobody can change`,
    mend: 'Give it a parameter group of its own in quiet times: it needs a restart. Now scale its applications to zero and lock their accounts (ALTER USER … ACCOUNT LOCK by sql.exec), and end their sessions.',
  };
}

function sharedGroup(group: string, others: readonly string[]): Reason {
  return {
    what: `${group} is also the parameter group of ${others.join(', ')}, which would be read-only as well`,
    mend: 'Give each of them a parameter group of its own in quiet times. Now lock the accounts of the applications (ALTER USER … ACCOUNT LOCK by sql.exec), and end their sessions.',
  };
}
