import * as z from 'zod';
import { componentsOf } from '../world/addresses.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { addMetric } from '../world/metrics.ts';
import { componentServes } from '../world/serving.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';

/** What takes messages of a queue works off so many in a second, all of its workers together. Experience. */
const takenPerSecond = 20;
/** What SQS moves in a second when nobody gives a rate: its limit (SQS API Reference, StartMessageMoveTask). */
const movedPerSecond = 500;
/** Until a move begins and until its end is shown, in all. Experience. */
const moveDuration = { minSeconds: 5, likelySeconds: 15, maxSeconds: 60 };

type SimulatedQueue = {
  id: string;
  region: string;
  name: string;
  /** Name of its dead-letter queue. */
  deadLetters: string | undefined;
  takenBy: string | undefined;
  kmsKey: string | undefined;
  waiting: number;
  gone: boolean;
  /** When the first of its messages came, and until when the work on them has been counted. */
  firstAtMs: number;
  countedAtMs: number;
  taken: boolean;
  /** Whether it is looked at again when its messages must have been worked off. */
  due: boolean;
};
type Move = {
  region: string;
  from: string;
  into: string;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  toMove: number;
  moved: number;
  startedAtMs: number;
  seconds: number;
};
type SqsState = { queues: SimulatedQueue[]; moves: Move[] };

export const sqsState = (world: World) => world.state<SqsState>('sqs', () => ({ queues: [], moves: [] }));

const sqsArn = (region: string, name: string) => `arn:aws:sqs:${region}:123456789012:${name}`;
const urlOf = (region: string, name: string) => `https://sqs.${region}.amazonaws.com/123456789012/${name}`;

/** Amazon SQS: messages that wait, are worked off while something takes them, and are moved out of dead letters. */
export const service: SimulatedService = {
  name: 'sqs',
  operations: {
    GetQueueUrl: (world, { region, input }) => {
      const { name } = queueAt(sqsState(world), region, String(input.QueueName));
      return { QueueUrl: urlOf(region, name) };
    },
    GetQueueAttributes: (world, call) => {
      workOff(world);
      return { Attributes: attributesOf(queueByUrl(seenState(world, 'sqs', sqsState(world)), call)) };
    },
    ListDeadLetterSourceQueues: (world, call) => {
      const { name, region } = queueByUrl(sqsState(world), call);
      const sources = sqsState(world).queues.filter(one => one.region === region && one.deadLetters === name);
      return { queueUrls: sources.map(one => urlOf(one.region, one.name)) };
    },
    ListMessageMoveTasks: listMoves,
    StartMessageMoveTask: startMove,
    CancelMessageMoveTask: cancelMove,
  },
  arrange(world, plan) {
    const { queues } = sqsState(world);
    const components = componentsOf(plan, 'sqs-queue');
    if (components.length === 0) return;
    for (const { id, region, name, deadLetters, takenBy, kmsKey, waiting } of components) {
      const dead = components.find(one => one.id === deadLetters)?.name;
      const times = { firstAtMs: world.nowMs(), countedAtMs: world.nowMs() };
      queues.push({
        id,
        region,
        name,
        deadLetters: dead,
        takenBy,
        kmsKey,
        waiting,
        gone: false,
        taken: false,
        due: false,
        ...times,
      });
      const dimensions = { QueueName: name };
      const named = { namespace: 'AWS/SQS', name: 'ApproximateAgeOfOldestMessage', dimensions };
      addMetric(world, { region, ...named, valueAt: atMs => ageOfOldest(world, region, name, atMs) });
    }
    world.onChange(() => workOff(world));
    keepHistory(world, 'sqs', () => sqsState(world));
  },
  strike,
};

/** Counts what was worked off since it was counted last, at every change of what takes it. */
function workOff(world: World): void {
  const nowMs = world.nowMs();
  for (const queue of sqsState(world).queues) {
    const seconds = (nowMs - queue.countedAtMs) / 1000;
    if (queue.taken) queue.waiting = Math.max(0, queue.waiting - Math.floor(seconds * takenPerSecond));
    if (!queue.taken || queue.waiting === 0 || seconds * takenPerSecond >= 1) queue.countedAtMs = nowMs;
    queue.taken = isTaken(world, queue);
    if (queue.taken && queue.waiting > 0) lookAgain(world, queue);
  }
}

/** That a queue gets empty is a change like any other, which stale reads and people learn of. */
function lookAgain(world: World, queue: SimulatedQueue): void {
  if (queue.due) return;
  queue.due = true;
  const seconds = Math.ceil(queue.waiting / takenPerSecond) + 1;
  world.after(seconds, `sqs/${queue.name}`, 'Its messages are being worked off', () => {
    queue.due = false;
  });
}

/** Nobody takes dead letters. Where a plan does not say who takes the others, somebody does. */
function isTaken(world: World, { region, name, takenBy, gone }: SimulatedQueue): boolean {
  // What waits at the beginning of the outage is what the plan says.
  if (gone || world.isLost(region) || world.nowMs() < world.outageStartedAtMs) return false;
  if (takenBy !== undefined) return componentServes(world, takenBy);
  return !sqsState(world).queues.some(one => one.region === region && one.deadLetters === name);
}

/** Seconds; CloudWatch has no data point of an empty queue's oldest message. */
function ageOfOldest(world: World, region: string, name: string, atMs: number): number | undefined {
  const queue = sqsState(world).queues.find(one => one.region === region && one.name === name);
  if (!queue || queue.gone || queue.waiting === 0) return undefined;
  return Math.max(0, Math.round((atMs - queue.firstAtMs) / 1000));
}

function queueAt({ queues }: SqsState, region: string, name: string): SimulatedQueue {
  const found = queues.find(one => one.region === region && one.name === name && !one.gone);
  if (found) return found;
  throw new SimulatedAwsError('QueueDoesNotExist', 'The specified queue does not exist.');
}

const queueByUrl = (state: SqsState, { region, input }: Call) =>
  queueAt(state, region, String(input.QueueUrl).split('/').at(-1) ?? '');

function attributesOf({
  region,
  name,
  waiting,
  deadLetters,
  kmsKey,
}: SimulatedQueue): Record<string, string> {
  const policy = deadLetters && { deadLetterTargetArn: sqsArn(region, deadLetters), maxReceiveCount: 5 };
  return {
    QueueArn: sqsArn(region, name),
    ApproximateNumberOfMessages: String(waiting),
    ApproximateNumberOfMessagesNotVisible: '0',
    ApproximateNumberOfMessagesDelayed: '0',
    ...(policy && { RedrivePolicy: JSON.stringify(policy) }),
    ...(kmsKey !== undefined && { KmsMasterKeyId: kmsKey }),
  };
}

const startInput = z.object({
  SourceArn: z.string(),
  DestinationArn: z.string(),
  MaxNumberOfMessagesPerSecond: z.number().default(movedPerSecond),
});

const invalid = (message: string) => new SimulatedAwsError('InvalidParameterValue', message);

function queueByArn(world: World, region: string, arn: string, parameter: string): SimulatedQueue {
  const found = sqsState(world).queues.find(one => sqsArn(one.region, one.name) === arn && !one.gone);
  if (found?.region === region) return found;
  const message = `The resource that you specified for the ${parameter} parameter doesn't exist.`;
  throw new SimulatedAwsError('ResourceNotFoundException', message, 404);
}

function startMove(world: World, { region, input }: Call): unknown {
  const { SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: rate } = startInput.parse(input);
  const from = queueByArn(world, region, SourceArn, 'SourceArn');
  const into = queueByArn(world, region, DestinationArn, 'DestinationArn');
  const { queues, moves } = sqsState(world);
  if (!queues.some(one => one.region === region && one.deadLetters === from.name))
    throw invalid('Source queue must be configured as a Dead Letter Queue.');
  if (moves.some(one => one.region === region && one.from === from.name && one.status === 'RUNNING')) {
    throw invalid(
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    );
  }
  const startedAtMs = world.nowMs();
  const key = `sqs/${from.name}/${moves.length}`;
  const seconds = world.duration(moveDuration, key) + from.waiting / rate;
  const names = { region, from: from.name, into: into.name };
  const move: Move = { ...names, status: 'RUNNING', toMove: from.waiting, moved: 0, startedAtMs, seconds };
  moves.push(move);
  world.changed(`sqs/${from.name}`, `${from.waiting} messages are moved to ${into.name}`, 'lifeboat');
  world.after(seconds, `sqs/${from.name}`, 'The move of its messages has ended', () => {
    if (move.status === 'RUNNING') settle(world, move, move.toMove, 'COMPLETED');
  });
  return { TaskHandle: handleOf(move) };
}

const handleOf = ({ from, startedAtMs }: Move) => Buffer.from(`${from}/${startedAtMs}`).toString('base64');

/** Moves so many messages for good. */
function settle(world: World, move: Move, moved: number, status: Move['status']): void {
  workOff(world);
  const queueOf = (name: string) =>
    sqsState(world).queues.find(one => one.region === move.region && one.name === name && !one.gone);
  const [from, into] = [queueOf(move.from), queueOf(move.into)];
  if (!from || !into) {
    move.status = 'FAILED';
    return;
  }
  move.status = status;
  move.moved = moved;
  from.waiting -= moved;
  if (into.waiting === 0) into.firstAtMs = world.nowMs();
  into.waiting += moved;
}

function soFar(world: World, { status, moved, toMove, startedAtMs, seconds }: Move): number {
  if (status !== 'RUNNING') return moved;
  return Math.floor((toMove * (world.nowMs() - startedAtMs)) / 1000 / seconds);
}

function listMoves(world: World, { region, input }: Call): unknown {
  const { moves } = seenState(world, 'sqs', sqsState(world));
  const own = moves.filter(one => one.region === region && sqsArn(region, one.from) === input.SourceArn);
  const newest = own.toReversed().slice(0, Number(input.MaxResults ?? 1));
  return {
    Results: newest.map(move => ({
      Status: move.status,
      SourceArn: sqsArn(region, move.from),
      DestinationArn: sqsArn(region, move.into),
      ApproximateNumberOfMessagesMoved: soFar(world, move),
      ApproximateNumberOfMessagesToMove: move.toMove,
      StartedTimestamp: move.startedAtMs,
      ...(move.status === 'FAILED' && { FailureReason: 'AWS.SimpleQueueService.NonExistentQueue' }),
      ...(move.status === 'RUNNING' && { TaskHandle: handleOf(move) }),
    })),
  };
}

function cancelMove(world: World, { region, input }: Call): unknown {
  const move = sqsState(world).moves.find(
    one => one.region === region && one.status === 'RUNNING' && handleOf(one) === input.TaskHandle,
  );
  if (!move) throw new SimulatedAwsError('ResourceNotFoundException', 'Task does not exist.', 404);
  settle(world, move, soFar(world, move), 'CANCELLED');
  world.changed(`sqs/${move.from}`, `The move was cancelled after ${move.moved} messages`, 'lifeboat');
  return { ApproximateNumberOfMessagesMoved: move.moved };
}

/**
 * A failure is one of what takes the messages: those that waited lie in the dead letters, until they are brought back
 * and worked off. A queue that is lost is gone with what was in it.
 */
function strike(world: World, { type, component }: Blow): (() => boolean) | undefined {
  if (component.type !== 'sqs-queue') return undefined;
  const { queues } = sqsState(world);
  const find = (name: string | undefined) =>
    queues.find(one => one.region === component.region && one.name === name);
  const queue = find(component.name);
  if (!queue) return undefined;
  if (type === 'loss') {
    queue.gone = true;
    queue.waiting = 0;
    world.changed(`sqs/${queue.name}`, 'The queue was deleted', 'person');
    return () => queue.gone;
  }
  const dead = find(queue.deadLetters);
  if (type !== 'failure' || !dead) return undefined;
  if (dead.waiting === 0) dead.firstAtMs = world.nowMs();
  dead.waiting += queue.waiting;
  queue.waiting = 0;
  world.changed(`sqs/${queue.name}`, `Its messages failed and lie in ${dead.name}`);
  return () => dead.waiting > 0 || queue.waiting > 0;
}
