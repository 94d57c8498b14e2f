import { ConflictError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { RecordKey, RecordStore } from './record-store.ts';

const maxAttempts = 10;

/**
 * Reads a record, lets `change` make its next form and writes it under the version that was read; again after a
 * conflict. `change` gets undefined for a record that does not exist, and answers undefined to leave all as it is.
 * Returns the data that stands in the end. Throws ConflictError after ten attempts.
 */
export async function updateRecord(
  store: RecordStore,
  key: RecordKey,
  change: (current: JsonObject | undefined) => JsonObject | undefined,
): Promise<JsonObject | undefined> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const current = await store.get(key);
    const next = change(current?.data);
    if (next === undefined) return current?.data;
    try {
      const condition = current ? { ifVersion: current.version } : ({ ifAbsent: true } as const);
      return (await store.put(key, next, condition)).data;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  throw new ConflictError(
    `The record ${key.partition} / ${key.sort} changed ${maxAttempts} times while it was being written`,
    { nextStep: 'Look for two executions that write the same record; one of them should be stopped.' },
  );
}

/** A value as JSON has it: what is undefined is left out. */
export function toJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
