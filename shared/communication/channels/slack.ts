import type { Json, JsonObject } from '../../json.ts';
import type { ChannelOf } from '../../plan/schema.ts';
import { ChannelError, type Delivery, defineAdapter } from './contract.ts';
import { exchange, secretOf, textField } from './exchange.ts';
import { slackMessage } from './slack-blocks.ts';

type SlackDelivery = Delivery<ChannelOf<'slack'>>;

const api = 'https://slack.com/api/';
/** Errors after which "some aspect of the operation" may have succeeded. Source: Slack, chat.postMessage, errors. */
const uncertain = ['internal_error', 'fatal_error', 'request_timeout', 'service_unavailable'];
/** What the whole channel should see, not only who follows the thread. */
const broadcast = [
  'all-clear',
  'not-recovered',
  'check-failed',
  'resolved',
  'escalation',
  'approval',
  'undelivered',
];
const eventType = 'lifeboat_message';
/** Messages of a thread that are looked through; an incident has a few dozen. */
const lookThrough = 200;

/**
 * Slack's chat.postMessage: the first message of an incident begins a thread, all others answer in it. Each carries its
 * key as metadata. After a try whose answer got lost the channel is read, and what is there is not posted again.
 */
export const adapter = defineAdapter('slack', {
  repeat: 'look',
  secrets: ({ token }) => [token],
  async deliver(delivery) {
    const token = await secretOf(delivery.runtime, delivery.channel.token);
    const memory = await delivery.memory.read();
    const thread = textField(memory, 'thread');
    const found = delivery.repeated ? await find(delivery, token, thread) : undefined;
    const ts = found ?? (await post(delivery, token, thread));
    if (thread === undefined) await delivery.memory.write({ ...memory, thread: ts });
    return ts;
  },
});

async function post(delivery: SlackDelivery, token: string, thread: string | undefined): Promise<string> {
  const { channel, message } = delivery;
  const answer = await call(delivery, token, 'POST', 'chat.postMessage', {
    channel: channel.channel,
    ...slackMessage(message, channel.signingSecret !== undefined),
    ...(thread !== undefined && { thread_ts: thread, reply_broadcast: broadcast.includes(message.template) }),
    metadata: { event_type: eventType, event_payload: { key: message.key, incident: message.incident } },
    unfurl_links: false,
    unfurl_media: false,
  });
  return textField(answer, 'ts') ?? 'unknown';
}

/** The time stamp of this very message, if the channel has it. Without leave to read, it is not known. */
async function find(
  delivery: SlackDelivery,
  token: string,
  thread: string | undefined,
): Promise<string | undefined> {
  const query = new URLSearchParams({
    channel: delivery.channel.channel,
    include_all_metadata: 'true',
    limit: String(lookThrough),
    ...(thread !== undefined && { ts: thread }),
  });
  const method = thread === undefined ? 'conversations.history' : 'conversations.replies';
  const answer = await call(delivery, token, 'GET', `${method}?${query}`).catch(error => {
    const why = error instanceof Error ? error.message : String(error);
    throw new ChannelError(
      'refused',
      `It is not known whether Slack took the message, and looking failed: ${why}`,
    );
  });
  return messagesIn(answer).find(message => keyOf(message) === delivery.message.key)?.ts as
    | string
    | undefined;
}

async function call(
  { runtime }: SlackDelivery,
  token: string,
  method: 'GET' | 'POST',
  path: string,
  body?: JsonObject,
): Promise<JsonObject> {
  const answer = await exchange(runtime, {
    provider: 'Slack',
    url: `${api}${path}`,
    method,
    headers: { authorization: `Bearer ${token}` },
    secrets: [token],
    body,
  });
  const json = answer.json as JsonObject | null;
  if (json?.ok === true) return json;
  const error = textField(json ?? undefined, 'error') ?? 'no reason given';
  if (uncertain.includes(error)) throw new ChannelError('unknown', `Slack answered ${error}.`);
  throw new ChannelError(error === 'ratelimited' ? 'later' : 'refused', `Slack refused: ${error}.`);
}

function messagesIn(answer: JsonObject): JsonObject[] {
  return Array.isArray(answer.messages) ? (answer.messages as JsonObject[]) : [];
}

function keyOf(message: JsonObject): string | undefined {
  const metadata = message.metadata as JsonObject | undefined;
  return metadata?.event_type === eventType ? textField(metadata.event_payload as Json, 'key') : undefined;
}
