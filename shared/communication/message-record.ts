import * as z from 'zod';
import { messageKey, parseSort, prefixes } from '../incident/keys.ts';
import type { RecordStore } from '../incident/record-store.ts';

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
  /** What the channel has got done of it. */
  progress: z.record(z.string(), z.json()).optional(),
  channel: z.string().optional(),
  providerId: z.string().optional(),
  endedAt: z.string().optional(),
});
export type MessageRecord = z.infer<typeof messageRecordSchema>;

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
