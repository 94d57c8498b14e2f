import * as z from 'zod';
import { ConflictError } from '../errors.ts';
import type { RecordStore } from '../incident/record-store.ts';
import { outcomeSchema, type Run, runSchema } from './contract.ts';

/** One run, beside its steps. `abortedBy` is set when a person stops it; steps look at it before they go on. */
export const runRecordSchema = z.object({
  run: runSchema,
  executionArn: z.string(),
  outcome: outcomeSchema.optional(),
  endedAt: z.string().optional(),
  abortedBy: z.string().optional(),
  abortReason: z.string().optional(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

const key = (runId: string) => ({ partition: `RUN#${runId}`, sort: 'META' });

export async function readRun(store: RecordStore, runId: string): Promise<RunRecord | undefined> {
  const stored = await store.get(key(runId));
  return stored && runRecordSchema.parse(stored.data);
}

/** Stores a new run; the record that is there already when the same execution opens it again. */
export async function createRun(store: RecordStore, run: Run, executionArn: string): Promise<RunRecord> {
  const record: RunRecord = { run, executionArn };
  try {
    await store.put(key(run.id), record, { ifAbsent: true });
    return record;
  } catch (error) {
    const existing = error instanceof ConflictError ? await readRun(store, run.id) : undefined;
    if (existing) return existing;
    throw error;
  }
}

/** Changes a run's record, again after a conflict. */
export async function updateRun(
  store: RecordStore,
  runId: string,
  change: (record: RunRecord) => RunRecord,
): Promise<RunRecord> {
  for (let tries = 0; tries < 5; tries++) {
    const stored = await store.get(key(runId));
    if (!stored) break;
    const next = change(runRecordSchema.parse(stored.data));
    try {
      await store.put(key(runId), next, { ifVersion: stored.version });
      return next;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  throw new ConflictError(
    `The record of run "${runId}" is missing or changes faster than it can be written`,
    {
      nextStep:
        'Look at the incident with `lifeboat status`; the run may have been removed by its time to live.',
    },
  );
}
