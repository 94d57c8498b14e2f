import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { isUnreachable, request } from '../../aws/aws-errors.ts';
import { readTable } from '../../aws/dynamodb-tables.ts';
import { metricReadPermission, newestDataPoint } from '../../aws/newest-data-point.ts';
import { type ComponentOf, dynamodbTable } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';

type Table = ComponentOf<'dynamodb-table'>;

const parameters = z.strictObject({
  table: dynamodbTable,
  maxAge: durationSchema.describe('Writes from before the outage that may be missing in this region'),
});

/** How far back ReplicationLatency is looked for. */
const lookBackMs = 3_600_000;

/**
 * Checks that a global table can be used in this region, and how much of what was written elsewhere may be missing: by
 * the age of a heartbeat item or, while the other region answers, by ReplicationLatency, which is published there. An
 * age that nobody knows is not taken for a small one. Nothing has to be promoted: every replica takes writes.
 */
export const action = defineAction({
  kind: 'dynamodb.check-global-table',
  summary: "Checks that a global table's replica is ACTIVE in this region and how recent its data is",
  parameters,
  components: { table: 'dynamodb-table' },
  outputs: {
    lossSeconds: 'seconds of writes before the outage that may be missing here',
    measuredBy: 'heartbeat or ReplicationLatency',
    replicas: 'regions that the table is in',
  },
  drill: 'same',
  mutates: false,
  traits: ['expects-silence', 'brings-data'],
  typical: {
    minSeconds: 0.3,
    likelySeconds: 1,
    maxSeconds: 15,
    source: 'Three reads; more where a region is silent',
  },
  failureModes: [
    'The table was never made global, so that this region has nothing or only what was written here',
    'The KMS key of the replica is gone (INACCESSIBLE_ENCRYPTION_CREDENTIALS)',
    'There is no heartbeat, and the region that publishes the metric is lost',
    'Writes that had not arrived come later, when the region is back, and the last writer wins',
  ],
  permissions: ({ table: { region, name, heartbeat } }) => [
    {
      actions: ['dynamodb:DescribeTable', ...(heartbeat ? ['dynamodb:GetItem'] : [])],
      resources: [`arn:\${AWS::Partition}:dynamodb:${region}:\${AWS::AccountId}:table/${name}`],
    },
    ...(heartbeat ? [] : [metricReadPermission]),
  ],

  async prepare(context, { table }) {
    const described = await readTable(context.aws, table.region, table.name);
    const reasons = reasonsAgainst(table, described);
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const replicas = otherRegions(table, described);
    const what = `${table.name} is ACTIVE in ${table.region}, and global with ${replicas.join(', ')}`;
    return { status: 'ready', baseline: { replicas }, evidence: [{ what }] };
  },

  async observe(context, { table, maxAge }) {
    const described = await readTable(context.aws, table.region, table.name);
    const reasons = reasonsAgainst(table, described);
    if (reasons.length > 0) return { status: 'failed', reasons, evidence: [] };
    const others = otherRegions(table, described);
    const age = table.heartbeat
      ? await heartbeatAge(context, table)
      : await replicationAge(context, table, others);
    if ('what' in age) return { status: 'failed', reasons: [age], evidence: [] };
    if (age.seconds > maxAge)
      return { status: 'failed', reasons: [tooOld(table, age.seconds, maxAge)], evidence: [] };
    const lossSeconds = Math.ceil(age.seconds);
    const outputs = { lossSeconds, measuredBy: age.by, replicas: [table.region, ...others] };
    const what = `${table.name} in ${table.region} is ACTIVE; at most ${formatDuration(lossSeconds)} of earlier writes can be missing (${age.by})`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },
});

type Age = { seconds: number; by: string };

/** Seconds between the newest heartbeat that has arrived here and the start of the outage. */
async function heartbeatAge(
  context: ActionContext,
  { region, name, heartbeat }: Table,
): Promise<Age | Reason> {
  const { key = {}, attribute = '' } = heartbeat ?? {};
  const reply = await request({ call: 'dynamodb.GetItem', region }, () =>
    context.aws
      .client(DynamoDBClient, region)
      .send(new GetItemCommand({ TableName: name, Key: keyOf(key), ConsistentRead: true })),
  );
  const atMs = timeOf(reply.Item?.[attribute]);
  if (atMs !== undefined) {
    const lostMs = Math.max(0, Date.parse(context.run.outageStartedAt) - atMs);
    return { seconds: lostMs / 1000, by: 'heartbeat' };
  }
  return {
    what: `${name} in ${region} has no heartbeat item with a time in "${attribute}", so nobody knows how old its data is`,
    mend: 'Let the application rewrite that item every minute, or correct the key in the component.',
  };
}

/** DynamoDB publishes ReplicationLatency, in ms, in the region that sends. */
async function replicationAge(
  context: ActionContext,
  table: Table,
  from: readonly string[],
): Promise<Age | Reason> {
  const now = context.clock.now();
  const asked = {
    namespace: 'AWS/DynamoDB',
    name: 'ReplicationLatency',
    dimensions: [{ TableName: table.name, ReceivingRegion: table.region }],
    statistic: 'Maximum',
  } as const;
  for (const region of from) {
    try {
      const window = { from: new Date(now.getTime() - lookBackMs), to: now };
      const point = await newestDataPoint(context.aws, region, asked, window);
      if (point) return { seconds: point.value / 1000, by: 'ReplicationLatency' };
    } catch (error) {
      if (!isUnreachable(error)) throw error;
    }
  }
  return {
    what: `Nobody knows how old the data of ${table.name} in ${table.region} is: ${from.join(', ')} gives no ReplicationLatency`,
    mend: 'Name a heartbeat item in the component; the metric is published in the region that is lost.',
  };
}

function reasonsAgainst(table: Table, described: TableDescription | undefined): Reason[] {
  const where = `${table.name} in ${table.region}`;
  if (described === undefined) {
    return [
      {
        what: `There is no table ${where}`,
        mend: `Add ${table.region} as a replica: aws dynamodb update-table.`,
      },
    ];
  }
  const reasons: Reason[] = [];
  const own = described.Replicas?.find(({ RegionName }) => RegionName === table.region)?.ReplicaStatus;
  const status = own !== undefined && own !== 'ACTIVE' ? own : described.TableStatus;
  if (status !== 'ACTIVE' && status !== 'UPDATING') {
    reasons.push({
      what: `The table ${where} is ${status}`,
      mend: 'Look at the table in the console; enable its KMS key if the credentials are inaccessible.',
    });
  }
  if (otherRegions(table, described).length === 0) {
    reasons.push({
      what: `The table ${where} is no global table: nothing arrives from another region`,
      mend: 'Restore it from a backup, and make it global for the next time: aws dynamodb update-table --replica-updates.',
    });
  }
  return reasons;
}

function otherRegions({ region }: Table, described: TableDescription | undefined): string[] {
  return (described?.Replicas ?? []).flatMap(({ RegionName }) =>
    RegionName === undefined || RegionName === region ? [] : [RegionName],
  );
}

function keyOf(key: Record<string, string | number>): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(key).map(([name, value]) => [
      name,
      typeof value === 'number' ? { N: String(value) } : { S: value },
    ]),
  );
}

/** ms since the epoch of an attribute: ISO-8601, or a number of seconds or ms. */
function timeOf(value: AttributeValue | undefined): number | undefined {
  const number = Number(value?.N);
  if (value?.N !== undefined && Number.isFinite(number)) return number < 1e11 ? number * 1000 : number;
  const parsed = value?.S === undefined ? Number.NaN : Date.parse(value.S);
  return Number.isNaN(parsed) ? undefined : parsed;
}

function tooOld({ name, region }: Table, seconds: number, maxAge: number): Reason {
  return {
    what: `The data of ${name} in ${region} ends ${formatDuration(seconds)} before the outage, and ${formatDuration(maxAge)} are allowed`,
    mend: 'Decide whether to go on with what is there, or wait for the other region: late writes arrive by themselves.',
  };
}
