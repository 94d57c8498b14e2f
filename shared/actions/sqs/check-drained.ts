import * as z from 'zod';
import { metricReadPermission, newestDataPoint } from '../../aws/newest-data-point.ts';
import { everything, missingQueue, type QueueState, queueArn, readQueue } from '../../aws/queues.ts';
import { sqsQueue } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction } from '../contract.ts';
import { fail, finish, pending, ready } from '../outcomes.ts';

const parameters = z.strictObject({
  queue: sqsQueue,
  atMost: z.int().min(0).default(0).meta({
    description:
      'Messages that may be in it, in work and delayed ones included; some always are where people work',
  }),
  maxAge: durationSchema.optional().meta({ description: 'How old the oldest of them may be, by CloudWatch' }),
  for: durationSchema.default(60).meta({
    description:
      'How long it has to be so: one count proves nothing, since counts are approximate for a minute',
  }),
  deadLetters: sqsQueue.optional().meta({
    description:
      'Its dead-letter queue, which must not grow meanwhile: a queue is empty too when all of it failed',
  }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  waiting: z.number(),
  dead: z.number().nullable(),
  since: z.string().nullish(),
});

/** CloudWatch has the age once a minute, and may be a quarter of an hour late with a queue that was idle. */
const ageLookBackMs = 20 * 60_000;

/** Seconds, or undefined while CloudWatch has nothing: an empty queue has no oldest message. */
async function oldestSeconds(context: ActionContext, { queue }: Parameters): Promise<number | undefined> {
  const to = context.clock.now();
  const asked = {
    namespace: 'AWS/SQS',
    name: 'ApproximateAgeOfOldestMessage',
    dimensions: [{ QueueName: queue.name }],
    statistic: 'Maximum',
  } as const;
  const window = { from: new Date(to.getTime() - ageLookBackMs), to };
  return (await newestDataPoint(context.aws, queue.region, asked, window))?.value;
}

/** What is still in the way, or nothing. */
async function missing(
  context: ActionContext,
  given: Parameters,
  state: QueueState,
): Promise<string | undefined> {
  const { queue, atMost, maxAge } = given;
  const { visible, inFlight, delayed } = state;
  const left = everything(state);
  if (left > atMost) {
    return `${queue.name} has ${left} messages (${visible} wait, ${inFlight} in work, ${delayed} delayed); at most ${atMost} are wanted.`;
  }
  if (maxAge === undefined || left === 0) return undefined;
  const age = await oldestSeconds(context, given);
  if (age === undefined) return `CloudWatch does not say how old the ${left} messages of ${queue.name} are.`;
  if (age <= maxAge) return undefined;
  return `The oldest message of ${queue.name} is ${formatDuration(age)} old; ${formatDuration(maxAge)} are wanted.`;
}

/**
 * Waits until a queue has been worked off: few enough messages, none too old, for long enough, and no more dead letters
 * than before. It is what a recovery has to know before it says that it is done.
 */
export const action = defineAction({
  kind: 'sqs.check-drained',
  summary: 'Waits until the messages of a queue have been worked off, and not into its dead letters',
  parameters,
  components: { queue: 'sqs-queue', deadLetters: 'sqs-queue' },
  outputs: {
    waiting: 'Messages in the queue at the end',
    before: 'Messages in the queue at the beginning',
    newDeadLetters: 'Messages that went to the dead letters meanwhile; null where they are not looked at',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 60,
    likelySeconds: 300,
    maxSeconds: 7200,
    source: 'The minute for which counts are approximate (SQS API Reference); then as fast as the work goes',
  },
  failureModes: [
    'Nothing takes the messages: the queue does not get shorter',
    'Messages fail and go to the dead letters, so that the queue gets empty without work done',
    'Messages older than the retention of the queue are deleted, which looks like work done',
    'CloudWatch is late with the age of the oldest message',
  ],
  contradictions: ({ queue, deadLetters }) =>
    deadLetters && queue.deadLetters !== undefined && queue.deadLetters !== deadLetters.id
      ? [
          {
            what: `The plan says that ${queue.id} sends its dead letters to ${queue.deadLetters}, and not to ${deadLetters.id}`,
            mend: `Write "deadLetters: ${queue.deadLetters}".`,
          },
        ]
      : [],
  permissions: ({ queue, deadLetters, maxAge }) => [
    {
      actions: ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes'],
      resources: [queueArn(queue), ...(deadLetters ? [queueArn(deadLetters)] : [])],
    },
    ...(maxAge === undefined ? [] : [metricReadPermission]),
  ],

  async prepare(context, { queue, deadLetters }) {
    const state = await readQueue(context.aws, queue);
    const dead = deadLetters && (await readQueue(context.aws, deadLetters));
    const reasons = [
      ...(state ? [] : [missingQueue(queue)]),
      ...(deadLetters && !dead ? [missingQueue(deadLetters)] : []),
    ];
    if (!state || reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    if (deadLetters && state.deadLetterArn !== dead?.arn) {
      const what = `${queue.name} does not send what fails to ${deadLetters.name}.`;
      const mend = `It sends it to ${state.deadLetterArn ?? 'nowhere'}; name that queue, or leave "deadLetters" out.`;
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    const waiting = everything(state);
    const counts = { waiting, dead: dead ? everything(dead) : null };
    return ready(counts, `${queue.name} has about ${waiting} messages.`, counts);
  },

  async observe(context, given, stored) {
    const { queue, deadLetters } = given;
    const { waiting: before, dead: deadBefore, since } = baselineSchema.parse(stored);
    const state = await readQueue(context.aws, queue);
    if (!state) {
      const { what, mend } = missingQueue(queue);
      return fail(what, mend);
    }
    const dead = deadLetters && (await readQueue(context.aws, deadLetters));
    const newDeadLetters = dead && deadBefore !== null ? Math.max(0, everything(dead) - deadBefore) : null;
    if (deadLetters && newDeadLetters) {
      return fail(
        `${newDeadLetters} messages of ${queue.name} went to ${deadLetters.name} meanwhile: they failed.`,
        `Look at one of them and at what takes them. When that is mended, bring them back with sqs.redrive, then retry.`,
      );
    }
    const note = await missing(context, given, state);
    if (note) {
      if (since) await context.remember({ since: null });
      return pending(note);
    }
    const now = context.clock.now();
    if (!since) await context.remember({ since: now.toISOString() });
    const held = since ? (now.getTime() - Date.parse(since)) / 1000 : 0;
    if (held < given.for)
      return pending(`${queue.name} is worked off; ${formatDuration(given.for)} of that are wanted.`);
    const waiting = everything(state);
    const outputs = { waiting, before, newDeadLetters };
    const what = `${queue.name} is worked off: ${waiting} messages, ${before} before, for ${formatDuration(held)}.`;
    return finish(what, outputs, outputs);
  },
});
