import { ConflictError } from '../errors.ts';
import { messageKey } from '../incident/keys.ts';
import { appendEntry } from '../incident/ledger.ts';
import type { RecordKey, StoredRecord } from '../incident/record-store.ts';
import { toJson } from '../incident/update-record.ts';
import type { Run } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import { type PlannedMessage, recipientName } from './due.ts';
import { freeAt, type MessageRecord, messageRecordSchema } from './message-record.ts';
import { describe, publish } from './publish.ts';
import type { Rendered } from './render.ts';

/**
 * A sender claims the message by a conditional write, hands it to a channel, and then records the provider's id. When
 * it dies in between, most providers recognise a repeat or can be asked. SNS and SES do neither, and one of two things
 * has to be chosen: never telling somebody, or telling them twice. Lifeboat tells them twice, with the same reference.
 */
export { claimSeconds } from './message-record.ts';

const completionTries = 3;

export type SendResult =
  | { status: 'sent'; channel: string; providerId: string; at: string }
  | { status: 'failed'; error: string }
  /** A dry run: recorded, and nobody told. */
  | { status: 'withheld' }
  /** It stays due: another sender has it in hand, a channel asked to wait, or the record could not be written. */
  | { status: 'busy'; retryAt?: string };

/**
 * Sends one message through the first of its channels that takes it, once, and writes the outcome into the ledger.
 * Never throws: a recovery must not stop because nobody can be told of it.
 */
export async function sendMessage(
  runtime: Runtime,
  run: Run,
  message: PlannedMessage,
  rendered: Rendered,
): Promise<SendResult> {
  try {
    return await send(runtime, run, message, rendered);
  } catch (error) {
    runtime.log('error', 'A message could not be recorded; it stays due', {
      key: message.key,
      error: describe(error),
    });
    return { status: 'busy' };
  }
}

async function send(
  runtime: Runtime,
  run: Run,
  message: PlannedMessage,
  rendered: Rendered,
): Promise<SendResult> {
  const claim = await claimMessage(runtime, run, message);
  if (claim.status === 'busy') return claim;
  if (claim.status === 'over') {
    // The sender may have died before it told the ledger; the keys of the entries make a repeat harmless.
    await tellLedger(runtime, run, message, claim.record);
    return resultOf(claim.record);
  }
  const key = messageKey(run.incidentId, message.key);
  let version = claim.version;
  const keep = async (record: MessageRecord) => {
    version = (await runtime.store.put(key, toJson(record), { ifVersion: version })).version;
  };
  const record =
    run.mode === 'dry-run'
      ? withheld(claim.record)
      : await publish(runtime, run, message, rendered, claim.record, keep);
  await complete(runtime, key, record, version);
  if (record.status === 'claimed') return { status: 'busy', retryAt: record.notBefore };
  await tellLedger(runtime, run, message, record);
  return resultOf(record);
}

type Claim =
  | { status: 'claimed'; record: MessageRecord; version: number }
  | { status: 'over'; record: MessageRecord }
  | { status: 'busy'; retryAt?: string };

async function claimMessage(runtime: Runtime, run: Run, message: PlannedMessage): Promise<Claim> {
  const key = messageKey(run.incidentId, message.key);
  const now = runtime.clock.now();
  const stored = await runtime.store.get(key);
  const before = stored && messageRecordSchema.parse(stored.data);
  if (before && before.status !== 'claimed') return { status: 'over', record: before };
  if (before && now.getTime() < Date.parse(freeAt(before))) {
    return { status: 'busy', ...(before.notBefore && { retryAt: before.notBefore }) };
  }
  const { notBefore: _, ...known } = before ?? { tries: [] };
  const record: MessageRecord = {
    ...known,
    status: 'claimed',
    claimedAt: now.toISOString(),
    attempt: (before?.attempt ?? 0) + 1,
    message,
  };
  try {
    const written: StoredRecord = await runtime.store.put(
      key,
      toJson(record),
      stored ? { ifVersion: stored.version } : { ifAbsent: true },
    );
    return { status: 'claimed', record, version: written.version };
  } catch (error) {
    if (error instanceof ConflictError) return { status: 'busy' };
    throw error;
  }
}

/** A message that is out has to be on record, or it is sent again: this write is worth a few tries. */
async function complete(
  runtime: Runtime,
  key: RecordKey,
  record: MessageRecord,
  version: number,
): Promise<void> {
  for (let left = completionTries; left > 0; left--) {
    try {
      await runtime.store.put(key, toJson(record), { ifVersion: version });
      return;
    } catch (error) {
      const stored = await runtime.store.get(key);
      // Written all the same, its reply lost; or taken over by a sender that records its own.
      if (stored && stored.version !== version) return;
      if (left === 1) throw error;
    }
  }
}

function withheld(claim: MessageRecord): MessageRecord {
  return { ...claim, status: 'withheld' };
}

/** The outcome first, then the channels that did not take it, so that a crash in between never hides a delivery. */
async function tellLedger(
  runtime: Runtime,
  run: Run,
  message: PlannedMessage,
  record: MessageRecord,
): Promise<void> {
  const { store, clock } = runtime;
  const to = recipientName(message.to);
  const id = `message/${message.key}`;
  if (record.status === 'withheld') {
    const what = `Dry run: "${message.template}" would go to ${to} through ${message.channels.join(', ') || 'no channel'}.`;
    await appendEntry(
      store,
      clock,
      run.incidentId,
      { type: 'note', by: 'communication', what },
      { idempotencyKey: id },
    );
    return;
  }
  const about = {
    type: 'message',
    key: message.key,
    audience: to,
    template: message.template,
    dueAt: message.dueAt,
  } as const;
  if (record.status === 'sent') {
    const { channel = 'unknown', providerId } = record;
    const entry = { ...about, channel, status: 'sent', providerId } as const;
    await appendEntry(store, clock, run.incidentId, entry, { idempotencyKey: id });
  }
  for (const { channel, error } of record.tries) {
    const entry = { ...about, channel, status: 'failed', error } as const;
    await appendEntry(store, clock, run.incidentId, entry, { idempotencyKey: `${id}/${channel}` });
  }
}

function resultOf(record: MessageRecord): SendResult {
  if (record.status === 'withheld') return { status: 'withheld' };
  if (record.status === 'sent') {
    const { channel = 'unknown', providerId = 'unknown', endedAt = record.claimedAt } = record;
    return { status: 'sent', channel, providerId, at: endedAt };
  }
  return {
    status: 'failed',
    error: record.tries.map(({ channel, error }) => `${channel}: ${error}`).join(' '),
  };
}
