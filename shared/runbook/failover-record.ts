import * as z from 'zod';
import { failoverKey } from '../incident/keys.ts';
import type { RecordReader, RecordStore } from '../incident/record-store.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { Run } from './contract.ts';

/**
 * The run of a scenario that users are served by now, until it is gone back from. What it made (the restored database,
 * the size that nodes had before) is what a failback needs to know.
 */
const failoverSchema = z.object({ run: z.string().nullable() });

/** Id of the run whose result stands; undefined when there is none, or it was gone back from. */
export async function readFailover(
  store: RecordReader,
  system: string,
  scenario: string,
): Promise<string | undefined> {
  const stored = await store.get(failoverKey(system, scenario));
  return (stored && failoverSchema.parse(stored.data).run) ?? undefined;
}

/** Notes that a run has recovered, or with `null` that the system has gone back from it. */
export async function writeFailover(
  store: RecordStore,
  system: string,
  scenario: string,
  run: Run['id'] | null,
): Promise<void> {
  await updateRecord(store, failoverKey(system, scenario), () => toJson({ run }));
}
