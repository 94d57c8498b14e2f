import { ConflictError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { assertKey } from './keys.ts';
import type { RecordKey, RecordQuery, RecordStore, StoredRecord, WriteCondition } from './record-store.ts';

/** Sorts behind every text that follows a prefix: the highest code point, which no key of ours holds. */
const last = '\u{10ffff}';

/** Data is copied when it is put, and frozen: nobody can change a record by holding on to what was put or got. */
type Kept = { version: number; data: JsonObject };
type Partition = { sorts: string[]; records: Map<string, Kept> };

/** The record store of a rehearsal: the same contract as the DynamoDB form, in memory. */
export function createMemoryRecordStore(): RecordStore {
  const partitions = new Map<string, Partition>();
  return {
    async get(key) {
      assertKey(key);
      const kept = partitions.get(key.partition)?.records.get(key.sort);
      return kept && toRecord(key, kept);
    },
    async put(key, data, condition) {
      assertKey(key);
      let partition = partitions.get(key.partition);
      const current = partition?.records.get(key.sort);
      check(key, current, condition);
      if (!partition) {
        partition = { sorts: [], records: new Map() };
        partitions.set(key.partition, partition);
      }
      const kept = { version: (current?.version ?? 0) + 1, data: freeze(JSON.parse(JSON.stringify(data))) };
      if (!current) partition.sorts.splice(position(partition.sorts, key.sort), 0, key.sort);
      partition.records.set(key.sort, kept);
      return toRecord(key, kept);
    },
    async query(query) {
      const partition = partitions.get(query.partition);
      return partition ? select(partition, query) : [];
    },
    async delete(key, condition) {
      assertKey(key);
      const partition = partitions.get(key.partition);
      const current = partition?.records.get(key.sort);
      if (!partition || !current) return;
      check(key, current, condition);
      partition.records.delete(key.sort);
      partition.sorts.splice(position(partition.sorts, key.sort), 1);
    },
  };
}

/** The error of both forms when a condition does not hold. */
export function conflict(key: RecordKey, condition: WriteCondition, cause?: unknown): ConflictError {
  const wanted = 'ifAbsent' in condition ? 'no such record yet' : `version ${condition.ifVersion}`;
  return new ConflictError(
    `The record ${key.partition} / ${key.sort} was written by somebody else: expected ${wanted}`,
    { nextStep: 'Read it again and decide anew; nothing was written.', cause },
  );
}

function check(key: RecordKey, current: Kept | undefined, condition: WriteCondition): void {
  const holds = 'ifAbsent' in condition ? !current : current?.version === condition.ifVersion;
  if (!holds) throw conflict(key, condition);
}

function select(partition: Partition, { partition: name, sortPrefix = '', descending, limit }: RecordQuery) {
  const { sorts, records } = partition;
  let from = position(sorts, sortPrefix);
  let to = sortPrefix === '' ? sorts.length : position(sorts, sortPrefix + last);
  if (limit !== undefined && descending) from = Math.max(from, to - limit);
  else if (limit !== undefined) to = Math.min(to, from + limit);
  const found: StoredRecord[] = [];
  for (const sort of sorts.slice(from, to)) {
    const kept = records.get(sort);
    if (kept) found.push(toRecord({ partition: name, sort }, kept));
  }
  return descending ? found.reverse() : found;
}

function toRecord(key: RecordKey, { version, data }: Kept): StoredRecord {
  return { partition: key.partition, sort: key.sort, version, data };
}

function freeze<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const item of Object.values(value)) freeze(item);
  return Object.freeze(value);
}

/** Index of the first sort key that is not before `sort`. */
function position(sorts: readonly string[], sort: string): number {
  let low = 0;
  let high = sorts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(sorts[middle] ?? '', sort) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** DynamoDB sorts by UTF-8 bytes; JavaScript by UTF-16 units, which puts surrogates before U+E000. */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
