import type { JsonObject } from '../json.ts';

/** Where a record lives: DynamoDB's partition and sort key. */
export type RecordKey = { partition: string; sort: string };

/** A stored record. `version` starts at 1 and grows by 1 with each write. */
export type StoredRecord = RecordKey & { version: number; data: JsonObject };

/** A write happens only if this still holds; otherwise it rejects with ConflictError and nothing is written. */
export type WriteCondition = { ifAbsent: true } | { ifVersion: number };

export type RecordQuery = {
  partition: string;
  /** Only sort keys that start with this. */
  sortPrefix?: string;
  descending?: boolean;
  /** At most this many records; without it all of them, however many pages. */
  limit?: number;
};

/**
 * The durable memory of Lifeboat: one DynamoDB table in the recovery region, or its in-memory form in a rehearsal.
 * Both are held to `test/incident/record-store.contract.ts`. All reads are strongly consistent. Single-record
 * conditional writes are the only concurrency control, so that every engine and emulator agrees on them.
 */
export type RecordStore = {
  get(key: RecordKey): Promise<StoredRecord | undefined>;
  put(key: RecordKey, data: JsonObject, condition: WriteCondition): Promise<StoredRecord>;
  query(query: RecordQuery): Promise<StoredRecord[]>;
  delete(key: RecordKey, condition: { ifVersion: number }): Promise<void>;
};

/** Whoever only looks, such as one system at the records of another. */
export type RecordReader = Pick<RecordStore, 'get' | 'query'>;
