import * as z from 'zod';
import { ConflictError } from '../errors.ts';
import { runKey } from '../incident/keys.ts';
import { parseOnce } from '../incident/parse-once.ts';
import type { RecordReader, RecordStore } from '../incident/record-store.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import { outcomeSchema, type Run, runSchema } from './contract.ts';

/** One run, beside its steps. `abortedBy` is set when a person stops it; steps look at it before they go on. */
export const runRecordSchema = z.object({
  run: runSchema,
  executionArn: z.string(),
  /** A person, `triage`, or the console. Absent in records of older versions. */
  startedBy: z.string().optional(),
  outcome: outcomeSchema.optional(),
  endedAt: z.string().optional(),
  abortedBy: z.string().optional(),
  abortReason: z.string().optional(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
const parse = parseOnce(runRecordSchema);

export async function readRun(store: RecordReader, runId: string): Promise<RunRecord | undefined> {
  const stored = await store.get(runKey(runId));
  return stored && parse(stored.data);
}

/** Stores a new run; the record that is there already when the same execution opens it again. */
export async function createRun(
  store: RecordStore,
  run: Run,
  executionArn: string,
  startedBy?: string,
): Promise<RunRecord> {
  const data = await updateRecord(store, runKey(run.id), current =>
    current ? undefined : toJson({ run, executionArn, startedBy }),
  );
  return parse(data);
}

/** Changes a run's record. Throws ConflictError when there is none. */
export async function updateRun(
  store: RecordStore,
  runId: string,
  change: (record: RunRecord) => RunRecord,
): Promise<RunRecord> {
  const data = await updateRecord(store, runKey(runId), current => {
    if (!current) {
      throw new ConflictError(`There is no record of the run "${runId}"`, {
        nextStep: 'Look at the incident with `lifeboat status`.',
      });
    }
    return toJson(change(parse(current)));
  });
  return parse(data);
}
