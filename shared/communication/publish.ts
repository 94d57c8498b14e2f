import { channelKey } from '../incident/keys.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { JsonObject } from '../json.ts';
import type { Run } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import { adapterOf } from './channels/adapters.ts';
import { ChannelError, type Delivery, type Outgoing } from './channels/contract.ts';
import type { MessageRecord } from './message-record.ts';
import type { PlannedMessage } from './planned-message.ts';
import type { Rendered } from './render.ts';

/** Longest that one channel is waited for while there is another, and how often. */
const longestWaitSeconds = 60;
const mostWaits = 2;
/** The last channel is given more: after it comes a person who passes the message on by hand. */
const longestLastWaitSeconds = 300;
const mostLastWaits = 5;
/** First wait where a provider does not say how long; doubled each time. */
const firstWaitSeconds = 5;
/** The next channel has to have so much time before the message is late. */
const reserveSeconds = 30;

/** Writes the record of the message as it stands now. */
export type Keep = (record: MessageRecord) => Promise<void>;

/**
 * Tries the channels in order until one takes it. Returns the message's record as it stands then: sent, failed, or
 * still claimed with `notBefore` when a channel has asked to wait.
 */
export async function publish(
  runtime: Runtime,
  run: Run,
  message: PlannedMessage,
  rendered: Rendered,
  claim: MessageRecord,
  keep: Keep,
): Promise<MessageRecord> {
  let record: MessageRecord = claim;
  const outgoing = outgoingOf(run, message, rendered);
  const now = () => runtime.clock.now();
  for (const [index, channel] of message.channels.entries()) {
    if (record.tries.some(tried => tried.channel === channel)) continue;
    try {
      const hand = async (next: MessageRecord) => {
        record = next;
        await keep(next);
      };
      const providerId = await handTo(runtime, channel, outgoing, record, hand);
      return { ...finished(record), status: 'sent', channel, providerId, endedAt: now().toISOString() };
    } catch (error) {
      const last = index === message.channels.length - 1;
      const waitSeconds = waitFor(error, record, last, message.dueAt, now());
      runtime.log('warn', 'A channel did not take a message', {
        key: message.key,
        channel,
        error: describe(error),
        waitSeconds,
      });
      if (waitSeconds !== undefined) {
        const notBefore = new Date(now().getTime() + waitSeconds * 1000).toISOString();
        const unsure = error instanceof ChannelError && error.failure === 'unknown';
        return { ...record, waits: (record.waits ?? 0) + 1, notBefore, begun: unsure ? channel : undefined };
      }
      record = {
        ...finished(record),
        message: record.message,
        tries: [...record.tries, { channel, error: describe(error) }],
      };
    }
  }
  const tries =
    record.tries.length > 0
      ? record.tries
      : [{ channel: 'none', error: 'The plan names no channel for this recipient.' }];
  return { ...finished(record), status: 'failed', endedAt: now().toISOString(), tries };
}

/** Without what only a channel that is still being tried needs. */
function finished({
  begun: _,
  waits: __,
  notBefore: ___,
  progress: ____,
  message: _____,
  ...kept
}: MessageRecord) {
  return kept;
}

/** Hands a message to one channel; resolves with the provider's id. */
async function handTo(
  runtime: Runtime,
  id: string,
  message: Outgoing,
  record: MessageRecord,
  keep: Keep,
): Promise<string> {
  const channel = runtime.plan.channels[id];
  if (!channel) {
    throw new ChannelError(
      'refused',
      `The plan has no channel "${id}". Deploy again: plan and deployment differ.`,
    );
  }
  const adapter = adapterOf(channel);
  const repeated = record.begun === id;
  if (repeated && adapter.repeat === 'never') {
    throw new ChannelError(
      'refused',
      'It is not known whether an earlier try was taken, and it is not sent twice.',
    );
  }
  // Noted before it is sent: who dies in between leaves behind that it may have been taken.
  let current = record;
  if (adapter.repeat !== 'same' && !repeated) {
    current = { ...record, begun: id };
    await keep(current);
  }
  const delivery: Delivery = {
    runtime,
    id,
    channel,
    message,
    repeated,
    progress: current.progress ?? {},
    save: async progress => {
      // A channel that gets on is not counted as one that does not.
      current = { ...current, progress, waits: 0 };
      await keep(current);
    },
    memory: memoryOf(runtime, message.incident, id),
  };
  try {
    return await adapter.deliver(delivery);
  } catch (error) {
    if (!(error instanceof ChannelError) || error.failure !== 'unknown' || adapter.repeat !== 'never')
      throw error;
    throw new ChannelError('refused', `${error.message} It is not sent again, since it would be told twice.`);
  }
}

/** Seconds to wait for this channel; undefined when the next one is tried. */
function waitFor(
  error: unknown,
  record: MessageRecord,
  last: boolean,
  dueAt: string,
  now: Date,
): number | undefined {
  if (!(error instanceof ChannelError) || error.failure === 'refused') return undefined;
  const waits = record.waits ?? 0;
  const wait = Math.max(1, error.retryAfterSeconds ?? firstWaitSeconds * 2 ** waits);
  const untilDue = (Date.parse(dueAt) - now.getTime()) / 1000;
  // With many messages at once each has to wait for its turn; a provider that says when is waited for until it is late.
  if (last && error.retryAfterSeconds !== undefined && wait <= untilDue) return wait;
  if (last) return waits < mostLastWaits && wait <= longestLastWaitSeconds ? wait : undefined;
  const left = untilDue - reserveSeconds;
  return waits < mostWaits && wait <= Math.min(longestWaitSeconds, left) ? wait : undefined;
}

function outgoingOf(run: Run, message: PlannedMessage, rendered: Rendered): Outgoing {
  return {
    key: message.key,
    incident: run.incidentId,
    template: message.template,
    mode: run.mode,
    subject: rendered.subject,
    text: rendered.text,
    sms: rendered.sms,
    ...(rendered.link && { link: rendered.link }),
    stage: rendered.stage ?? 'investigating',
    ...(message.question && { question: message.question }),
    ...(message.again && { again: true }),
  };
}

/** What a channel remembers of an incident, kept between its messages. */
export function memoryOf(runtime: Runtime, incident: string, channel: string): Delivery['memory'] {
  const key = channelKey(incident, channel);
  return {
    read: async () => (await runtime.store.get(key))?.data ?? {},
    write: async (data: JsonObject) => {
      await updateRecord(runtime.store, key, current => ({ ...current, ...toJson(data) }));
    },
  };
}

/** An error in one line, for the ledger and the log. */
export function describe(error: unknown): string {
  if (error instanceof ChannelError) return error.message.slice(0, 400);
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 400) : String(error);
}
