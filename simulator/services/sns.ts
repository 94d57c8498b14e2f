import { createHash } from 'node:crypto';
import { topicsOf } from '../../shared/deployment.ts';
import { arrive } from '../world/messages.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

/** A message that a topic has taken. */
export type Published = {
  id: string;
  atMs: number;
  topicArn: string;
  subject: string | undefined;
  text: string;
  attributes: Record<string, string>;
};

type SnsState = { published: Published[]; listeners: ((message: Published) => void)[]; topics: Set<string> };

/** 256 KiB; a topic can be set to allow more. Source: PublishInput.Message. */
const longestMessageBytes = 262_144;

/** Topics of the plan's channels, in the recovery region; their ARNs are taken with any prefix before the name. */
export const service: SimulatedService = {
  name: 'sns',
  operations: { Publish: publish },
  arrange(world, plan) {
    for (const topic of topicsOf(plan)) stateOf(world).topics.add(topic);
  },
};

/** Everything that was published, in order. */
export function publishedMessages(world: World): readonly Published[] {
  return stateOf(world).published;
}

/** Calls the listener for every message that a topic takes, at the moment when it takes it. */
export function onPublished(world: World, listener: (message: Published) => void): void {
  stateOf(world).listeners.push(listener);
}

function stateOf(world: World): SnsState {
  return world.state<SnsState>('sns', () => ({ published: [], listeners: [], topics: new Set() }));
}

function publish(world: World, call: Call): { MessageId: string } {
  const { TopicArn, Subject, Message, MessageAttributes } = call.input as {
    TopicArn?: string;
    Subject?: string;
    Message?: string;
    MessageAttributes?: Record<string, { DataType?: string; StringValue?: string }>;
  };
  const topicArn = checkTopic(world, call, TopicArn);
  if (!Message) throw invalid('Empty message');
  if (Buffer.byteLength(Message) > longestMessageBytes) throw invalid('Message too long');
  if (Subject !== undefined) checkSubject(Subject);
  const state = stateOf(world);
  const attributes: Record<string, string> = {};
  for (const [name, { DataType, StringValue }] of Object.entries(MessageAttributes ?? {})) {
    if (!DataType || !StringValue) {
      throw new SimulatedAwsError(
        'InvalidParameterValueException',
        `The message attribute '${name}' has no value`,
      );
    }
    attributes[name] = StringValue;
  }
  const id = messageId(`${world.seed}:${state.published.length}`);
  const message: Published = {
    id,
    atMs: world.nowMs(),
    topicArn,
    subject: Subject,
    text: Message,
    attributes,
  };
  state.published.push(message);
  for (const listener of state.listeners) listener(message);
  arrive(world, `topic/${topicArn}`, Message);
  return { MessageId: id };
}

/** An ARN of this region whose name is a topic of the plan, alone or after a prefix of the deployment's. */
function checkTopic(world: World, call: Call, arn: string | undefined): string {
  const [, , service, region, , name = ''] = (arn ?? '').split(':');
  if (!arn || service !== 'sns')
    throw invalid('Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter');
  if (region !== call.region)
    throw invalid('Invalid parameter: TopicArn Reason: the region of the topic is another');
  const known = [...stateOf(world).topics].some(topic => name === topic || name.endsWith(`-${topic}`));
  if (!known) throw new SimulatedAwsError('NotFoundException', 'Topic does not exist', 404);
  return arn;
}

/** "UTF-8 text with no line breaks or control characters, and less than 100 characters long" (PublishInput.Subject). */
function checkSubject(subject: string): void {
  const bad = subject.length === 0 || subject.length >= 100 || /\p{Cc}/u.test(subject);
  if (bad) throw invalid('Invalid parameter: Subject');
}

function invalid(message: string): SimulatedAwsError {
  return new SimulatedAwsError('InvalidParameterException', message);
}

/** In the form of a UUID, the same for the same run. */
function messageId(key: string): string {
  const hex = createHash('sha256').update(`sns:${key}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
