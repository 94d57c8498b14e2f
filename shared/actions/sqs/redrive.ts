import {
  CancelMessageMoveTaskCommand,
  type ListMessageMoveTasksResultEntry,
  paginateListDeadLetterSourceQueues,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import {
  everything,
  isUnderWay,
  missingQueue,
  type QueueState,
  queueArn,
  readMoves,
  readQueue,
  sqsOf,
  startedAt,
} from '../../aws/queues.ts';
import { sqsQueue } from '../../plan/components.ts';
import {
  type ActionContext,
  defineAction,
  type Observation,
  type Permission,
  type Preparation,
  type Reason,
} from '../contract.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.strictObject({
  from: sqsQueue.meta({ description: 'The dead-letter queue' }),
  into: sqsQueue.meta({ description: 'The queue that its messages came from' }),
  perSecond: z.int().min(1).max(500).optional().meta({
    description:
      'Messages that are moved in a second, so that what takes them can follow; SQS decides without',
  }),
  mayRemain: z.int().min(0).default(0).meta({
    description: 'Messages that may lie in the dead-letter queue afterwards, where new ones still come in',
  }),
});
type Parameters = z.output<typeof parameters>;
type Queue = Parameters['from'];
type Move = ListMessageMoveTasksResultEntry;

const baselineSchema = z.object({
  arns: z.object({ from: z.string(), into: z.string() }),
  /** Start of the newest move that was there before, in ms; what began later is this step's. */
  earlier: z.number(),
  found: z.number(),
  completedAt: z.string().optional(),
});

/** Counts of a queue agree with the truth within a minute (SQS API Reference, GetQueueAttributes); twice that is waited. */
const countsSettleSeconds = 120;

/** A move that is not in the list by then was never begun: for a request whose answer was lost. Experience. */
const listLagSeconds = 60;

/** The move that this step began, whether or not its answer arrived. */
async function ownMove(
  context: ActionContext,
  { from }: Parameters,
  { arns, earlier }: z.output<typeof baselineSchema>,
): Promise<Move | undefined> {
  const [newest] = await readMoves(context.aws, from, arns.from);
  return newest && startedAt(newest) > earlier ? newest : undefined;
}

/** Names of queues whose dead letters come here. */
async function sourcesOf(context: ActionContext, queue: Queue, url: string): Promise<string[]> {
  const names: string[] = [];
  const pages = paginateListDeadLetterSourceQueues({ client: sqsOf(context.aws, queue) }, { QueueUrl: url });
  await request({ call: 'sqs.ListDeadLetterSourceQueues', region: queue.region }, async () => {
    for await (const { queueUrls = [] } of pages)
      names.push(...queueUrls.map(one => one.split('/').at(-1) ?? ''));
  });
  return names;
}

async function prepare(context: ActionContext, { from, into }: Parameters): Promise<Preparation> {
  const source = await readQueue(context.aws, from);
  const target = await readQueue(context.aws, into);
  const gone = [...(source ? [] : [missingQueue(from)]), ...(target ? [] : [missingQueue(into)])];
  if (!source || !target) return { status: 'refused', reasons: gone, evidence: [] };
  if (target.deadLetterArn !== source.arn) {
    const sends = target.deadLetterArn?.split(':').at(-1) ?? 'nobody';
    return refuse(
      `The messages of ${from.name} are not from ${into.name}, which sends its dead letters to ${sends}.`,
      'Name the queue that they came from: what takes other messages can not read these.',
    );
  }
  const others = (await sourcesOf(context, from, source.url)).filter(name => name !== into.name);
  if (others.length > 0) {
    return refuse(
      `${from.name} holds messages of ${others.join(', ')} too, and all would go to ${into.name}.`,
      'Redrive them in the console, "to source queue", and give each queue a dead-letter queue of its own.',
    );
  }
  const locked = [...unnamedKey(from, source), ...unnamedKey(into, target)];
  if (locked.length > 0) return { status: 'refused', reasons: locked, evidence: [] };
  const moves = await readMoves(context.aws, from, source.arn);
  if (moves.some(isUnderWay)) {
    return refuse(
      `Messages are being moved out of ${from.name} already, and SQS moves one lot at a time.`,
      'Wait until that has ended, then retry the step.',
    );
  }
  const found = everything(source);
  const earlier = Math.max(0, ...moves.map(startedAt));
  const baseline = { arns: { from: source.arn, into: target.arn }, earlier, found };
  const what = `About ${found} messages lie in ${from.name}, and ${everything(target)} in ${into.name}.`;
  return found === 0 ? alreadyDone(baseline, { moved: 0 }, what) : ready(baseline, what, { found });
}

function unnamedKey({ id, name, kmsKey }: Queue, { kmsKey: key }: QueueState) {
  if (key === undefined || kmsKey !== undefined) return [];
  return [
    {
      what: `${name} is encrypted with ${key}, which the plan does not name, so that its messages can not be moved.`,
      mend: `Write the ARN of the key as kmsKey of "${id}", and deploy again.`,
    },
  ];
}

async function start(context: ActionContext, given: Parameters, baseline: z.output<typeof baselineSchema>) {
  const { from, into, perSecond } = given;
  const { region } = from;
  await context.changed({
    call: 'sqs.StartMessageMoveTask',
    region,
    resource: from.name,
    what: `Began to move about ${baseline.found} messages from ${from.name} to ${into.name}.`,
  });
  const command = new StartMessageMoveTaskCommand({
    SourceArn: baseline.arns.from,
    DestinationArn: baseline.arns.into,
    ...(perSecond !== undefined && { MaxNumberOfMessagesPerSecond: perSecond }),
  });
  try {
    await request({ call: 'sqs.StartMessageMoveTask', region }, () => sqsOf(context.aws, from).send(command));
  } catch (error) {
    // SQS has no error of its own for it. An answer was lost and the list does not show the move yet.
    const running = error instanceof Error && /already a task running/i.test(error.message);
    if (!running || !isNamed(error, 'InvalidParameterValue', 'InvalidParameterValueException')) throw error;
  }
}

async function observe(context: ActionContext, given: Parameters, stored: z.input<typeof baselineSchema>) {
  const { from, into, mayRemain } = given;
  const move = await ownMove(context, given, stored);
  if (!move) return pending(`SQS does not show the move out of ${from.name} yet.`);
  const { Status = '', ApproximateNumberOfMessagesMoved: moved = 0 } = move;
  const of = move.ApproximateNumberOfMessagesToMove ?? stored.found;
  if (isUnderWay(move)) return pending(`${moved} of about ${of} messages were moved (${Status}).`);
  if (Status !== 'COMPLETED') return ended(given, move);
  const left = everything((await readQueue(context.aws, from)) ?? nothing);
  if (left > mayRemain) {
    const now = context.clock.now();
    const completedAt = stored.completedAt ?? now.toISOString();
    if (!stored.completedAt) await context.remember({ completedAt });
    if ((now.getTime() - Date.parse(completedAt)) / 1000 < countsSettleSeconds) {
      return pending(`The move has ended, and ${from.name} still counts ${left} messages.`);
    }
    return fail(
      `${moved} messages were moved, and ${from.name} holds ${left} again or still.`,
      `What takes the messages of ${into.name} fails on them: mend that first, then retry the step.`,
    );
  }
  const what = `${moved} messages were moved from ${from.name} to ${into.name}; ${left} are left there.`;
  return finish(what, { moved }, { moved, left });
}

/** A queue that went away has nothing left. */
const nothing = { visible: 0, inFlight: 0, delayed: 0 } as QueueState;

function ended({ from }: Parameters, move: Move): Observation {
  const { Status = '', FailureReason, ApproximateNumberOfMessagesMoved: moved = 0 } = move;
  const why = FailureReason ? `: ${FailureReason}` : '';
  return fail(
    `The move out of ${from.name} is ${Status} after ${moved} messages${why}.`,
    Status === 'CANCELLED'
      ? 'Somebody cancelled it. Ask why, then retry the step for the rest.'
      : 'Look at both queues and at the key of each; what was not moved is still in the dead-letter queue. Then retry.',
  );
}

/** What was moved may have been processed, so it stays where it is; what was not moved yet is not. */
async function undo(context: ActionContext, given: Parameters, baseline: z.output<typeof baselineSchema>) {
  const { from, into } = given;
  const move = await ownMove(context, given, baseline);
  if (!move && context.elapsedSeconds < listLagSeconds) {
    return pending(`SQS does not show a move out of ${from.name}; it may be late.`);
  }
  if (!move) return finish(`Nothing was moved out of ${from.name}.`);
  const { Status, TaskHandle, ApproximateNumberOfMessagesMoved: moved = 0 } = move;
  if (Status === 'RUNNING' && TaskHandle) {
    await cancel(context, from, TaskHandle);
    return pending(`The move out of ${from.name} is being cancelled.`);
  }
  if (isUnderWay(move)) return pending(`The move out of ${from.name} is ${Status}.`);
  return finish(`Nothing more is moved. ${moved} messages stay in ${into.name}: they may have been taken.`);
}

async function cancel(context: ActionContext, from: Queue, TaskHandle: string): Promise<void> {
  const { region } = from;
  await context.changed({
    call: 'sqs.CancelMessageMoveTask',
    region,
    resource: from.name,
    what: `Cancelled the move of messages out of ${from.name}.`,
  });
  try {
    await request({ call: 'sqs.CancelMessageMoveTask', region }, () =>
      sqsOf(context.aws, from).send(new CancelMessageMoveTaskCommand({ TaskHandle })),
    );
  } catch (error) {
    // It ended in the meantime; the next look says how.
    if (!isNamed(error, 'ResourceNotFoundException', 'UnsupportedOperation')) throw error;
  }
}

function contradictions({ from, into }: Parameters): Reason[] {
  if (from.id === into.id || from.region !== into.region) {
    const what = `${from.id} and ${into.id} are not a dead-letter queue and its source: SQS has two queues of one region for that`;
    return [
      {
        what,
        mend: 'Name the dead-letter queue under "from", and the queue that it belongs to under "into".',
      },
    ];
  }
  if (from.deadLetters === into.id) {
    const what = `${into.id} holds the dead letters of ${from.id}, so they are not moved into it but out of it`;
    return [{ what, mend: `Exchange the two: "from: ${into.id}", "into: ${from.id}".` }];
  }
  if (into.deadLetters === undefined || into.deadLetters === from.id) return [];
  return [
    {
      what: `The plan says that ${into.id} sends its dead letters to ${into.deadLetters}, so they are not in ${from.id}`,
      mend: `Write "from: ${into.deadLetters}", or exchange the two if they are the wrong way round.`,
    },
  ];
}

/** SQS moves messages with the rights of whoever asked for it. Source: SQS Developer Guide, dead-letter queue redrive. */
function permissions({ from, into }: Parameters): Permission[] {
  const moving = [
    'sqs:StartMessageMoveTask',
    'sqs:CancelMessageMoveTask',
    'sqs:ListMessageMoveTasks',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ListDeadLetterSourceQueues',
  ];
  return [
    { actions: ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes'], resources: [queueArn(from), queueArn(into)] },
    { actions: moving, resources: [queueArn(from)] },
    { actions: ['sqs:SendMessage'], resources: [queueArn(into)] },
    ...(from.kmsKey ? [{ actions: ['kms:Decrypt'], resources: [from.kmsKey] }] : []),
    ...(into.kmsKey ? [{ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [into.kmsKey] }] : []),
  ];
}

/**
 * Moves what lies in a dead-letter queue back to the queue that it came from, when what failed on it works again. SQS
 * moves it; nothing is received or deleted here, and nothing is ever purged: a dead-letter queue holds the only copy.
 * Done when the move has ended and the dead-letter queue reads empty. Whether the messages are then processed is for
 * sqs.check-drained.
 */
export const action = defineAction({
  kind: 'sqs.redrive',
  summary: 'Moves messages of a dead-letter queue back to the queue that they came from',
  parameters,
  components: { from: 'sqs-queue', into: 'sqs-queue' },
  outputs: { moved: 'Messages that were moved, as SQS counts them' },
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 10,
    likelySeconds: 60,
    maxSeconds: 3600,
    source: 'SQS API Reference, StartMessageMoveTask: at most 500 messages a second',
  },
  failureModes: [
    'What takes the messages still fails on them, and they come back',
    'Messages are processed twice, or after newer ones: those of a FIFO queue come between new ones',
    'Messages were deleted before: those of a standard queue keep their age in the dead-letter queue',
    'The queue is encrypted with a key that the function may not use',
    'The move ends after 36 hours, with messages left',
  ],
  contradictions,
  permissions,
  prepare,
  async act(context, given, stored) {
    const baseline = baselineSchema.parse(stored);
    if (!(await ownMove(context, given, baseline))) await start(context, given, baseline);
  },
  observe: (context, given, stored) => observe(context, given, baselineSchema.parse(stored)),
  undo: (context, given, stored) => undo(context, given, baselineSchema.parse(stored)),
});
