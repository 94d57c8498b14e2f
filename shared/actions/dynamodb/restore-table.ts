import {
  DeleteTableCommand,
  DynamoDBClient,
  RestoreTableFromBackupCommand,
  RestoreTableToPointInTimeCommand,
  type TableDescription,
  TagResourceCommand,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { isNamed, isNotFound, request } from '../../aws/aws-errors.ts';
import { hasRunTag, holdsItems, readBackups, readPointInTime, readTable } from '../../aws/dynamodb-tables.ts';
import { type ComponentOf, dynamodbTable } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation, type Permission } from '../contract.ts';
import { fail, finish, pending, ready, refuse } from '../outcomes.ts';

type Table = ComponentOf<'dynamodb-table'>;

const parameters = z.object({
  table: dynamodbTable,
  notAfter: z.iso
    .datetime()
    .optional()
    .meta({ description: 'Latest moment whose data is wanted, such as the start of a corruption' }),
  as: z.enum(['beside', 'original']).default('beside').meta({
    description:
      'beside: under a name of the run. original: under its own name, if it was deleted, so that nobody has to be told',
  }),
});

const baselineSchema = z.object({
  target: z.string(),
  backup: z.string().nullable(),
  moment: z.string(),
});
type Baseline = z.infer<typeof baselineSchema>;

const tableArn = (region: string, name: string) =>
  `arn:\${AWS::Partition}:dynamodb:${region}:\${AWS::AccountId}:table/${name}`;

/** DynamoDB needs these of whoever restores, on the new table ("Using IAM with DynamoDB backup and restore"). */
const filling = ['BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem'];

/**
 * Restores a table into a new one: to a moment while the table exists, from its newest backup when it was deleted.
 * What was there is left alone. Done means that the new table can be read, is the run's and is backed up itself.
 */
export const action = defineAction({
  kind: 'dynamodb.restore-table',
  summary: 'Restores a DynamoDB table to a moment, or from a backup if it was deleted, into a new table',
  parameters,
  components: { table: 'dynamodb-table' },
  outputs: {
    table: 'Name of the new table',
    pointTime: 'The moment whose data is in it, ISO-8601 UTC',
    holdsItems: 'Whether there is at least one item in it',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['brings-data'],
  typical: {
    minSeconds: 300,
    likelySeconds: 1500,
    maxSeconds: 5400,
    source:
      'Experience: small tables take 5 to 20 minutes, and the size alone does not decide it. Replace by measured times.',
  },
  failureModes: [
    'Point-in-time recovery was off, so that there is nothing but backups',
    'Auto scaling, streams, TTL, alarms and policies do not come with it, and it is no global table',
    'The newest five minutes can not be restored to',
    'Applications keep the name of the damaged table until they are told the new one',
  ],
  permissions: ({ table: { region, name }, as }): Permission[] => {
    const target = tableArn(region, as === 'original' ? name : `${name}-20*-*`);
    const removal = as === 'original' ? [] : ['dynamodb:DeleteTable'];
    return [
      {
        actions: [
          'dynamodb:DescribeTable',
          'dynamodb:DescribeContinuousBackups',
          'dynamodb:RestoreTableToPointInTime',
        ],
        resources: [tableArn(region, name)],
      },
      { actions: ['dynamodb:RestoreTableFromBackup'], resources: [tableArn(region, `${name}/backup/*`)] },
      {
        actions: ['dynamodb:ListBackups'],
        resources: ['*'],
        reason: 'The action has no resource-level permission',
      },
      {
        actions: [
          'dynamodb:DescribeTable',
          'dynamodb:RestoreTableToPointInTime',
          'dynamodb:RestoreTableFromBackup',
          'dynamodb:ListTagsOfResource',
          'dynamodb:TagResource',
          'dynamodb:UpdateContinuousBackups',
          ...filling.map(one => `dynamodb:${one}`),
          ...removal,
        ],
        resources: [target],
      },
      {
        actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey'],
        resources: [`arn:\${AWS::Partition}:kms:${region}:\${AWS::AccountId}:key/*`],
        conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` } },
        reason: 'A table may be encrypted with a key of your own, which only the table knows',
      },
    ];
  },

  async prepare(context, { table, notAfter, as }) {
    const { region, name } = table;
    const present = await readTable(context.aws, region, name);
    // What a dry run finds is what there is while all is well: the table, and whether it could be restored.
    if (as === 'original' && (present || context.run.mode === 'drill') && context.run.mode !== 'dry-run') {
      return refuse(
        present
          ? `${name} exists in ${region}, so nothing can be restored under its name.`
          : `This is a drill, and ${name} would be restored under its own name.`,
        'Write "as: beside", and let the application be told the new name.',
      );
    }
    const target = as === 'original' ? name : context.names.resource(name, 255);
    const choice = await choose(context, table, present, notAfter);
    if ('what' in choice) return refuse(choice.what, choice.mend);
    const baseline: Baseline = { target, ...choice };
    const from = choice.backup === null ? 'to that moment' : `from ${choice.backup}`;
    return ready(
      baseline,
      `${name} in ${region} can be restored as ${target}: data of ${choice.moment}, ${from}.`,
    );
  },

  async act(context, { table }, stored) {
    const baseline = baselineSchema.parse(stored);
    if (await readTable(context.aws, table.region, baseline.target)) return;
    await context.changed({
      call:
        baseline.backup === null ? 'dynamodb.RestoreTableToPointInTime' : 'dynamodb.RestoreTableFromBackup',
      region: table.region,
      resource: baseline.target,
      what: `Restored from ${baseline.backup ?? table.name}, with the data of ${baseline.moment}.`,
    });
    await restore(context, table, baseline);
  },

  async observe(context, { table }, stored) {
    const { target, moment } = baselineSchema.parse(stored);
    const { region } = table;
    const found = await readTable(context.aws, region, target);
    if (!found) return pending(`${target} is not to be seen yet.`);
    if (!found.RestoreSummary) return foreign(target, region);
    if (found.TableStatus !== 'ACTIVE' || found.RestoreSummary.RestoreInProgress) {
      return pending(`${target} is ${found.TableStatus}, and its restore goes on.`);
    }
    const missing = await makeItOurs(context, region, found);
    if (missing) return pending(missing);
    const items = await holdsItems(context.aws, region, target);
    const what = `${target} in ${region} is ACTIVE and can be read, with the data of ${moment}; it holds ${items ? 'items' : 'no item at all'}, and point-in-time recovery is on.`;
    return finish(what, { table: target, pointTime: moment, holdsItems: items });
  },

  async undo(context, { table, as }, stored) {
    const { target } = baselineSchema.parse(stored);
    const found = await readTable(context.aws, table.region, target);
    if (!found) return finish(`${target} does not exist in ${table.region}.`);
    if (as === 'original') {
      return fail(
        `${target} is the only table of that name, so it is not deleted.`,
        'Keep it. Delete it by hand only if nothing uses it and a backup is there.',
      );
    }
    return remove(context, table.region, found);
  },
});

type Choice = { backup: string | null; moment: string } | { what: string; mend: string };

/** The newest state that may be used: of the table itself while it exists, otherwise of its backups. */
async function choose(
  context: ActionContext,
  { region, name }: Table,
  present: TableDescription | undefined,
  notAfter: string | undefined,
): Promise<Choice> {
  const limitMs = notAfter === undefined ? Number.POSITIVE_INFINITY : Date.parse(notAfter);
  const span = present && (await readPointInTime(context.aws, region, name));
  const earliestMs = span?.EarliestRestorableDateTime?.getTime() ?? Number.POSITIVE_INFINITY;
  const latestMs = span?.LatestRestorableDateTime?.getTime() ?? Number.NEGATIVE_INFINITY;
  const momentMs = Math.min(limitMs, latestMs);
  // DynamoDB takes whole seconds.
  if (momentMs >= earliestMs)
    return { backup: null, moment: new Date(Math.floor(momentMs / 1000) * 1000).toISOString() };
  const backups = await readBackups(context.aws, region, name);
  const usable = backups.find(
    ({ BackupCreationDateTime: at }) => at !== undefined && at.getTime() <= limitMs,
  );
  if (usable?.BackupArn && usable.BackupCreationDateTime) {
    return { backup: usable.BackupArn, moment: usable.BackupCreationDateTime.toISOString() };
  }
  const before = notAfter === undefined ? '' : ` from before ${notAfter}`;
  const pointInTime = !present
    ? 'it does not exist, and was not backed up when it was deleted'
    : span
      ? `it can be restored to no moment before ${span.EarliestRestorableDateTime?.toISOString()}`
      : 'point-in-time recovery is off';
  const others =
    backups.length > 0 ? `; its newest backup is ${backups[0]?.BackupCreationDateTime?.toISOString()}` : '';
  return {
    what: `There is nothing to restore ${name} in ${region}${before}: ${pointInTime}${others}.`,
    mend: 'Look in AWS Backup and in the other region. For the next time: aws dynamodb update-continuous-backups --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true.',
  };
}

async function restore(context: ActionContext, { region, name }: Table, baseline: Baseline): Promise<void> {
  const client = context.aws.client(DynamoDBClient, region);
  const { target, backup, moment } = baseline;
  try {
    if (backup === null) {
      const input = { SourceTableName: name, TargetTableName: target, RestoreDateTime: new Date(moment) };
      await request({ call: 'dynamodb.RestoreTableToPointInTime', region }, () =>
        client.send(new RestoreTableToPointInTimeCommand(input)),
      );
    } else {
      const input = { TargetTableName: target, BackupArn: backup };
      await request({ call: 'dynamodb.RestoreTableFromBackup', region }, () =>
        client.send(new RestoreTableFromBackupCommand(input)),
      );
    }
  } catch (error) {
    // The reply to an earlier request was lost.
    if (!isNamed(error, 'TableAlreadyExistsException', 'TableInUseException')) throw error;
  }
}

/** A restore takes neither tags nor point-in-time recovery along. Says what is still missing. */
async function makeItOurs(
  context: ActionContext,
  region: string,
  { TableArn = '', TableName = '' }: TableDescription,
): Promise<string | undefined> {
  const client = context.aws.client(DynamoDBClient, region);
  if (!(await hasRunTag(context.aws, region, TableArn, context.run.id))) {
    await change(context, region, TableName, 'dynamodb.TagResource', 'Tagged as made by this run.', () =>
      client.send(new TagResourceCommand({ ResourceArn: TableArn, Tags: context.names.tags() })),
    );
    return `${TableName} gets its tags.`;
  }
  if (await readPointInTime(context.aws, region, TableName)) return undefined;
  const what = 'Point-in-time recovery turned on.';
  await change(context, region, TableName, 'dynamodb.UpdateContinuousBackups', what, () =>
    client.send(
      new UpdateContinuousBackupsCommand({
        TableName,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    ),
  );
  return `Point-in-time recovery of ${TableName} is being turned on.`;
}

async function remove(context: ActionContext, region: string, found: TableDescription): Promise<Observation> {
  const { TableName: name = '', TableArn: arn = '', TableStatus: status } = found;
  if (!found.RestoreSummary) return foreign(name, region);
  if (status !== 'ACTIVE') return pending(`${name} is ${status}.`);
  if (!(await hasRunTag(context.aws, region, arn, context.run.id))) {
    // Undone before it was tagged: its name has the run's id, and nobody else restores under that.
    return pending((await makeItOurs(context, region, found)) ?? `${name} gets its tags.`);
  }
  await change(context, region, name, 'dynamodb.DeleteTable', 'Deleted; this run had restored it.', () =>
    context.aws.client(DynamoDBClient, region).send(new DeleteTableCommand({ TableName: name })),
  );
  return pending(`${name} is being deleted.`);
}

async function change(
  context: ActionContext,
  region: string,
  resource: string,
  call: string,
  what: string,
  send: () => Promise<unknown>,
): Promise<void> {
  await context.changed({ call, region, resource, what });
  try {
    await request({ call, region }, send);
  } catch (error) {
    // Something else is being done to the table, or it is gone; the next look says which.
    if (
      !isNamed(error, 'ResourceInUseException', 'ContinuousBackupsUnavailableException') &&
      !isNotFound(error)
    )
      throw error;
  }
}

const foreign = (name: string, region: string): Observation =>
  fail(
    `There is a table ${name} in ${region} that no restore has made.`,
    'Find out whose it is. A new run takes another name.',
  );
