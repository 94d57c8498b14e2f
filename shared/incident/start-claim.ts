import * as z from 'zod';
import { modeSchema } from '../runbook/contract.ts';
import { isExercise } from './incident-record.ts';
import { startClaimKey } from './keys.ts';
import type { RecordReader, RecordStore } from './record-store.ts';
import { toJson, updateRecord } from './update-record.ts';

/**
 * Who asked for the newest run of a system, when, and for what. It counts until the run has the system's lock, which says
 * from then on that one is under way.
 */
const startClaimSchema = z.object({
  incidentId: z.string(),
  executionArn: z.string(),
  scenario: z.string(),
  mode: modeSchema,
  by: z.string(),
  /** ISO-8601. */
  at: z.string(),
  /** The run has begun, or could not be asked for. */
  over: z.boolean().default(false),
});
export type StartClaim = z.infer<typeof startClaimSchema>;

/**
 * From the request until the run has the lock: one state and one call of a function that may be cold, 1 to 5 s. After this
 * time another start is let through: the lock decides all the same which of two executions runs.
 */
const claimSeconds = 60;

/**
 * Claims the start of a run, before Step Functions is asked for it. Returns the claim that stands: this one, or the one of
 * whoever was first. A repeat for the same execution stands, and an exercise never holds back a real run.
 */
export async function claimStart(
  store: RecordStore,
  systemId: string,
  wanted: Omit<StartClaim, 'over'>,
): Promise<StartClaim> {
  const data = await updateRecord(store, startClaimKey(systemId), current => {
    const held = current && startClaimSchema.parse(current);
    return held && holdsBack(held, wanted) ? undefined : toJson({ ...wanted, over: false });
  });
  return startClaimSchema.parse(data);
}

function holdsBack(held: StartClaim, wanted: Omit<StartClaim, 'over'>): boolean {
  if (held.over || held.executionArn === wanted.executionArn) return false;
  if (isExercise(held) && !isExercise(wanted)) return false;
  return Date.parse(wanted.at) <= Date.parse(held.at) + claimSeconds * 1000;
}

/** The newest claim, over or not. */
export async function readClaim(store: RecordReader, systemId: string): Promise<StartClaim | undefined> {
  const stored = await store.get(startClaimKey(systemId));
  return stored && startClaimSchema.parse(stored.data);
}

/** The run has begun, or will not: whoever starts from now on is not held back by this claim. */
export async function endClaim(store: RecordStore, systemId: string, executionArn: string): Promise<void> {
  await updateRecord(store, startClaimKey(systemId), current => {
    const held = current && startClaimSchema.parse(current);
    return held?.executionArn === executionArn && !held.over ? toJson({ ...held, over: true }) : undefined;
  });
}
