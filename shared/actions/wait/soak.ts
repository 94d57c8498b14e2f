import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import * as z from 'zod';
import { request } from '../../aws/aws-errors.ts';
import { ServiceUnavailableError } from '../../errors.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction } from '../contract.ts';

const check = z.strictObject({
  url: z.string().regex(/^https?:\/\//, 'an http or https URL'),
  expectStatus: z.number().int().default(200),
  expectBody: z.string().optional().meta({ description: 'A phrase that the body must contain' }),
});

const parameters = z
  .strictObject({
    for: durationSchema.meta({ description: 'How long everything has to stay well' }),
    urls: z.array(check).default([]).meta({ description: 'Asked at each look' }),
    alarms: z
      .array(z.string())
      .default([])
      .meta({ description: 'CloudWatch alarms in the recovery region that must not fire' }),
  })
  .refine(
    ({ urls, alarms }) => urls.length + alarms.length > 0,
    'name something to look at: urls or alarms; to wait only, use wait.until with for',
  );
type Parameters = z.output<typeof parameters>;

const timeoutMs = 10_000;

/**
 * Watches for a time whether what was recovered stays well, and fails at the first look at which it is not. A look
 * asks a second time at once before it says so, since one lost packet is no relapse.
 */
export const action = defineAction({
  kind: 'wait.soak',
  summary: 'Watches for a time that addresses answer and alarms stay quiet, and fails as soon as they do not',
  parameters,
  components: {},
  outputs: {
    seconds: 'How long everything stayed well',
    looks: 'How often an address was asked, at the least',
  },
  drill: 'same',
  mutates: false,
  traits: ['looks'],
  typical: {
    minSeconds: 60,
    likelySeconds: 1800,
    maxSeconds: 3600,
    source: 'The time that the plan names; 30 min is usual before an all-clear',
  },
  failureModes: [
    'The service relapses: the step fails at once, with what was seen',
    'An alarm has no data, so it says nothing',
    'The step may take less time than it is to watch, which is refused at once',
  ],
  permissions: ({ alarms }, { recovery }) =>
    alarms.length === 0
      ? []
      : [
          {
            actions: ['cloudwatch:DescribeAlarms'],
            resources: alarms.map(
              name => `arn:\${AWS::Partition}:cloudwatch:${recovery}:\${AWS::AccountId}:alarm:${name}`,
            ),
          },
        ],

  async prepare(context, wanted) {
    if (wanted.for >= context.step.timeoutSeconds) {
      const what = `It is to watch for ${formatDuration(wanted.for)}, and the step may take ${formatDuration(context.step.timeoutSeconds)}.`;
      const mend = `Give the step a timeout of more than ${formatDuration(wanted.for)}.`;
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    const what = `Watches for ${formatDuration(wanted.for)}`;
    return { status: 'ready', baseline: {}, evidence: [{ what }] };
  },

  async observe(context, wanted) {
    const wrong = await lookTwice(context, wanted);
    if (wrong.length > 0) {
      const after = formatDuration(context.elapsedSeconds);
      const reasons = wrong.map(what => ({ what: `After ${after}: ${what}.`, mend: relapse }));
      return { status: 'failed', reasons, evidence: [] };
    }
    const left = wanted.for - context.elapsedSeconds;
    if (left > 0) return { status: 'pending', note: `all is well; ${formatDuration(left)} left` };
    const seconds = Math.round(context.elapsedSeconds);
    const seen = [...wanted.urls.map(({ url }) => url), ...wanted.alarms].join(', ');
    const what = `Stayed well for ${formatDuration(seconds)}: ${seen}`;
    // At least one look every two minutes: the longest wait between two looks of a step.
    const outputs = { seconds, looks: Math.floor(seconds / 120) + 1 };
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },
});

const relapse =
  'It worked and does not any more: look at the newest change and at the logs before you go on; retry watches from the beginning.';

async function lookTwice(context: ActionContext, wanted: Parameters): Promise<string[]> {
  const first = await look(context, wanted);
  return first.length === 0 ? [] : look(context, wanted);
}

/** What is not well now, as sentences without a full stop. */
async function look(context: ActionContext, { urls, alarms }: Parameters): Promise<string[]> {
  const answers = await Promise.all(urls.map(one => ask(context, one)));
  const firing = alarms.length === 0 ? [] : await alarmsOf(context, alarms);
  return [...answers.flatMap(one => one ?? []), ...firing];
}

async function ask(context: ActionContext, wanted: z.output<typeof check>): Promise<string | undefined> {
  const { url, expectStatus, expectBody } = wanted;
  try {
    const { status, body } = await context.network.http({ url, method: 'GET', timeoutMs });
    if (status !== expectStatus) return `${url} answered ${status} instead of ${expectStatus}`;
    if (expectBody === undefined || body.includes(expectBody)) return undefined;
    return `the answer of ${url} does not contain "${expectBody}"`;
  } catch (error) {
    if (error instanceof ServiceUnavailableError) return error.message;
    throw error;
  }
}

/** An alarm that does not exist can't be quiet. */
async function alarmsOf(context: ActionContext, names: readonly string[]): Promise<string[]> {
  const region = context.regions.recovery;
  const command = new DescribeAlarmsCommand({
    AlarmNames: [...names],
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  });
  const reply = await request({ call: 'cloudwatch.DescribeAlarms', region }, () =>
    context.aws.client(CloudWatchClient, region).send(command),
  );
  const found = [...(reply.MetricAlarms ?? []), ...(reply.CompositeAlarms ?? [])];
  return names.flatMap(name => {
    const alarm = found.find(({ AlarmName }) => AlarmName === name);
    if (!alarm) return [`there is no alarm ${name} in ${region}`];
    return alarm.StateValue === 'ALARM'
      ? [`the alarm ${name} fires (${alarm.StateReason ?? 'no reason given'})`]
      : [];
  });
}
