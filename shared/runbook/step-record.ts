import * as z from 'zod';
import { ConflictError } from '../errors.ts';
import { stepStatusSchema } from '../incident/entries.ts';
import type { RecordStore, StoredRecord } from '../incident/record-store.ts';
import type { JsonObject } from '../json.ts';
import { answerSchema, stepSchema } from './contract.ts';

/** What a step has found and done so far; the only memory that a step has between two calls. */
export const stepRecordSchema = z.object({
  step: stepSchema,
  status: stepStatusSchema,
  attempt: z.number().int().positive(),
  /** Whether act was ever called: there may be something to undo. */
  acted: z.boolean(),
  undone: z.boolean(),
  /** Handed out by the tear-down of a drill, so that it is not handed out twice. */
  tearDownBegun: z.boolean().optional(),
  baseline: z.record(z.string(), z.json()),
  outputs: z.record(z.string(), z.json()),
  /** First preparation; steps are undone in the reverse of this order. */
  preparedAt: z.string(),
  /** When this attempt's act was first called. */
  actedAt: z.string().optional(),
  endedAt: z.string().optional(),
  /** What the last look found missing. */
  note: z.string().optional(),
  error: z.object({ name: z.string(), message: z.string() }).optional(),
  reasons: z.array(z.object({ what: z.string(), mend: z.string() })).optional(),
  answer: answerSchema.optional(),
});
export type StepRecord = z.infer<typeof stepRecordSchema>;

const partition = (runId: string) => `RUN#${runId}`;
const sort = (stepId: string) => `STEP#${stepId}`;

/** A step's record as stored, or undefined before its first preparation. */
export async function readStep(
  store: RecordStore,
  runId: string,
  stepId: string,
): Promise<{ record: StepRecord; version: number } | undefined> {
  const stored = await store.get({ partition: partition(runId), sort: sort(stepId) });
  return stored && { record: parse(stored), version: stored.version };
}

/** All steps of a run that were prepared, in the order in which they were. */
export async function readSteps(store: RecordStore, runId: string): Promise<StepRecord[]> {
  const stored = await store.query({ partition: partition(runId), sortPrefix: 'STEP#' });
  return stored.map(parse).sort(byPreparation);
}

/**
 * Writes a step's record. `change` gets the newest record and returns the new one; it is called again after a
 * conflict, since a retried Lambda call may overlap the one it replaces.
 */
export async function writeStep(
  store: RecordStore,
  runId: string,
  stepId: string,
  change: (current: StepRecord | undefined) => StepRecord,
): Promise<StepRecord> {
  const key = { partition: partition(runId), sort: sort(stepId) };
  for (let tries = 0; tries < 5; tries++) {
    const current = await readStep(store, runId, stepId);
    const next = change(current?.record);
    try {
      await store.put(key, next as JsonObject, current ? { ifVersion: current.version } : { ifAbsent: true });
      return next;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  throw new ConflictError(
    `The record of step "${stepId}" was changed five times while it was being written`,
    {
      nextStep: 'Look for two executions of the same run; one of them should be stopped.',
    },
  );
}

function byPreparation(a: StepRecord, b: StepRecord): number {
  if (a.preparedAt !== b.preparedAt) return a.preparedAt < b.preparedAt ? -1 : 1;
  return a.step.id < b.step.id ? -1 : 1;
}

function parse(stored: StoredRecord): StepRecord {
  return stepRecordSchema.parse(stored.data);
}
