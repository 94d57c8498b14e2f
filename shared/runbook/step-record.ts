import * as z from 'zod';
import { stepStatusSchema } from '../incident/entries.ts';
import { prefixes, runKey, stepKey } from '../incident/keys.ts';
import { parseOnce } from '../incident/parse-once.ts';
import type { RecordStore } from '../incident/record-store.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import { answerSchema, stepSchema } from './contract.ts';

/** What a step has found and done so far; the only memory that a step has between two calls. */
const stepRecordSchema = z.object({
  step: stepSchema,
  status: stepStatusSchema,
  attempt: z.number().int().positive(),
  /** Whether act was ever called: there may be something to undo. */
  acted: z.boolean(),
  undone: z.boolean(),
  /** How often the tear-down of a drill picked it. */
  handedOut: z.number().int().optional(),
  /** What the newest attempt found before it changed anything. */
  baseline: z.record(z.string(), z.json()),
  /** What the first attempt that acted had found: the state that undo brings back. */
  undoBaseline: z.record(z.string(), z.json()).optional(),
  outputs: z.record(z.string(), z.json()),
  /** First preparation; steps are undone in the reverse of this order. */
  preparedAt: z.string(),
  /** When this attempt's act was first called. */
  actedAt: z.string().optional(),
  endedAt: z.string().optional(),
  /** When undoing was last begun. */
  undoBegunAt: z.string().optional(),
  /** Since when every look has failed with an error that passes. */
  blindSince: z.string().optional(),
  /** What the last look found missing. */
  note: z.string().optional(),
  error: z.object({ name: z.string(), message: z.string() }).optional(),
  /** Why it could not be undone. */
  undoError: z.object({ name: z.string(), message: z.string() }).optional(),
  reasons: z.array(z.object({ what: z.string(), mend: z.string() })).optional(),
  /** Kept so that a call that died before it told the ledger can be told of by the next one. */
  evidence: z
    .array(z.object({ what: z.string(), data: z.record(z.string(), z.json()).optional() }))
    .optional(),
  answer: answerSchema.optional(),
});
export type StepRecord = z.infer<typeof stepRecordSchema>;
const parse = parseOnce(stepRecordSchema);

/** A step's record, or undefined before its first preparation. */
export async function readStep(
  store: RecordStore,
  runId: string,
  stepId: string,
): Promise<StepRecord | undefined> {
  const stored = await store.get(stepKey(runId, stepId));
  return stored && parse(stored.data);
}

/** All steps of a run that were prepared, in the order in which they were. */
export async function readSteps(store: RecordStore, runId: string): Promise<StepRecord[]> {
  const stored = await store.query({ partition: runKey(runId).partition, sortPrefix: prefixes.step });
  return stored.map(({ data }) => parse(data)).sort(byPreparation);
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
    toJson(change(current && parse(current))),
  );
  return parse(data);
}

function byPreparation(a: StepRecord, b: StepRecord): number {
  if (a.preparedAt !== b.preparedAt) return a.preparedAt < b.preparedAt ? -1 : 1;
  return a.step.id < b.step.id ? -1 : 1;
}
