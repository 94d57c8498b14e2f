import * as z from 'zod';
import { stepStatusSchema } from '../incident/entries.ts';
import { prefixes, runKey, stepKey } from '../incident/keys.ts';
import type { RecordStore } from '../incident/record-store.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
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

/** A step's record, or undefined before its first preparation. */
export async function readStep(
  store: RecordStore,
  runId: string,
  stepId: string,
): Promise<StepRecord | undefined> {
  const stored = await store.get(stepKey(runId, stepId));
  return stored && stepRecordSchema.parse(stored.data);
}

/** All steps of a run that were prepared, in the order in which they were. */
export async function readSteps(store: RecordStore, runId: string): Promise<StepRecord[]> {
  const stored = await store.query({ partition: runKey(runId).partition, sortPrefix: prefixes.step });
  return stored.map(({ data }) => stepRecordSchema.parse(data)).sort(byPreparation);
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
  const data = await updateRecord(store, stepKey(runId, stepId), current =>
    toJson(change(current && stepRecordSchema.parse(current))),
  );
  return stepRecordSchema.parse(data);
}

function byPreparation(a: StepRecord, b: StepRecord): number {
  if (a.preparedAt !== b.preparedAt) return a.preparedAt < b.preparedAt ? -1 : 1;
  return a.step.id < b.step.id ? -1 : 1;
}
