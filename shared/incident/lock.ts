import * as z from 'zod';
import { ConflictError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { Clock } from '../ports.ts';
import { lockKey } from './keys.ts';
import type { RecordReader, RecordStore } from './record-store.ts';
import { toJson, updateRecord } from './update-record.ts';

/** Who runs on a system, and until when at the latest. `tookOverFrom` says whose expired lock was taken. */
export const lockSchema = z.object({
  incidentId: z.string(),
  runId: z.string(),
  acquiredAt: z.string(),
  expiresAt: z.string(),
  tookOverFrom: z.object({ incidentId: z.string(), runId: z.string(), expiresAt: z.string() }).optional(),
});
export type Lock = z.infer<typeof lockSchema>;

export type LockRequest = { incidentId: string; runId: string; expiresAt: string };
/** `holder` is whoever has it now: the caller, or the run that the caller has to attach to. */
export type LockReply = { acquired: boolean; holder: Lock };

/**
 * Takes the system's lock for a run. Repeating it for the same run succeeds and changes nothing. A lock whose time is
 * over may be taken; the new lock says from whom. The write is conditional: of two that try at once one gets it.
 */
export async function acquireLock(
  store: RecordStore,
  clock: Clock,
  systemId: string,
  wanted: LockRequest,
): Promise<LockReply> {
  const now = clock.now().toISOString();
  const data = await updateRecord(store, lockKey(systemId), current => {
    const held = current && lockSchema.parse(current);
    if (held && (held.runId === wanted.runId || isLive(held, now))) return undefined;
    const lock: Lock = { ...wanted, acquiredAt: now };
    if (held) {
      const { incidentId, runId, expiresAt } = held;
      lock.tookOverFrom = { incidentId, runId, expiresAt };
    }
    return toJson(lock);
  });
  const holder = lockSchema.parse(data);
  return { acquired: holder.runId === wanted.runId, holder };
}

/** Gives the lock back. Only its holder's run id releases it; anything else, and a repeat, does nothing: false. */
export async function releaseLock(store: RecordStore, systemId: string, runId: string): Promise<boolean> {
  const key = lockKey(systemId);
  for (;;) {
    const stored = await store.get(key);
    if (!stored || lockSchema.parse(stored.data).runId !== runId) return false;
    try {
      await store.delete(key, { ifVersion: stored.version });
      return true;
    } catch (error) {
      // Its expiry was extended meanwhile; the holder is looked at again.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** Moves the end of a lock that this run holds. False when the run does not hold it (any more). */
export async function extendLock(
  store: RecordStore,
  systemId: string,
  runId: string,
  expiresAt: string,
): Promise<boolean> {
  const data = await updateRecord(store, lockKey(systemId), current => {
    const held = current && lockSchema.parse(current);
    return held?.runId === runId ? { ...toJson(held), expiresAt } : undefined;
  });
  return holds(data, runId);
}

/** The lock of a system, expired or not. */
export async function readLock(store: RecordReader, systemId: string): Promise<Lock | undefined> {
  const stored = await store.get(lockKey(systemId));
  return stored && lockSchema.parse(stored.data);
}

/** Whether a lock still counts. Its last instant is its own. */
export function isLive(lock: Lock, now: string): boolean {
  return Date.parse(now) <= Date.parse(lock.expiresAt);
}

function holds(data: JsonObject | undefined, runId: string): boolean {
  return data !== undefined && lockSchema.parse(data).runId === runId;
}
