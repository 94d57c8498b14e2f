import * as z from 'zod';
import { messageKey, parseSort, prefixes } from '../incident/keys.ts';
import type { RecordStore } from '../incident/record-store.ts';
import { type PlannedMessage, plannedMessageSchema } from './planned-message.ts';
import { shift } from './situation.ts';

/**
 * How long a sender has a message for itself. When it dies in between, the claim is taken over after this time, and
 * what happens then is the channel's matter (`repeat` in channels/contract.ts).
 */
export const claimSeconds = 120;

/** A channel that did not take the message, and why. */
const trySchema = z.object({ channel: z.string(), error: z.string() });
export type Try = z.infer<typeof trySchema>;

/** claimed: being sent, since `claimedAt`. withheld: a dry run, nobody was told. */
export const messageRecordSchema = z.object({
  status: z.enum(['claimed', 'sent', 'failed', 'withheld']),
  claimedAt: z.string(),
  /** How often it was claimed; above 1 it may have arrived more than once. */
  attempt: z.number().int().positive(),
  tries: z.array(trySchema),
  /** Channel that it was being handed to when nothing more was heard: it may have been taken. */
  begun: z.string().optional(),
  /** The channel that is being tried asked to wait: how often so far, and until when. */
  waits: z.number().int().optional(),
  notBefore: z.string().optional(),
  /** The message itself, so that one which no calendar plans again (a step's) can be brought out later. */
  message: plannedMessageSchema.optional(),
  /** What the channel has got done of it. */
  progress: z.record(z.string(), z.json()).optional(),
  channel: z.string().optional(),
  providerId: z.string().optional(),
  endedAt: z.string().optional(),
});
export type MessageRecord = z.infer<typeof messageRecordSchema>;

/** Messages that were begun and are free to be taken up again: a channel asked to wait, or their sender died. */
export async function waitingMessages(
  store: RecordStore,
  incidentId: string,
): Promise<{ message: PlannedMessage; freeAt: string }[]> {
  const { partition } = messageKey(incidentId, '');
  const stored = await store.query({ partition, sortPrefix: prefixes.message });
  return stored.flatMap(({ data }) => {
    const record = messageRecordSchema.parse(data);
    if (record.status !== 'claimed' || !record.message) return [];
    return [{ message: record.message, freeAt: freeAt(record) }];
  });
}

/** When somebody else may take up a message that was claimed. */
export function freeAt({ notBefore, claimedAt }: MessageRecord): string {
  return notBefore ?? shift(claimedAt, claimSeconds);
}

/** Keys of the messages of an incident that a dry run has withheld; its ledger has no entry of type message. */
export async function withheldKeys(store: RecordStore, incidentId: string): Promise<Set<string>> {
  const { partition } = messageKey(incidentId, '');
  const stored = await store.query({ partition, sortPrefix: prefixes.message });
  const keys = new Set<string>();
  for (const record of stored) {
    const key = parseSort(record.sort, 'message');
    if (key && messageRecordSchema.parse(record.data).status === 'withheld') keys.add(key);
  }
  return keys;
}
