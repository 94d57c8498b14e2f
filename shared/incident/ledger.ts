import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ConflictError, InvalidInputError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { Clock } from '../ports.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Entry, entrySchema, type LedgerEntry } from './entries.ts';
import { ledgerKey, onceKey, prefixes } from './keys.ts';
import { parseOnce } from './parse-once.ts';
import type { RecordReader, RecordStore, StoredRecord } from './record-store.ts';

/** `previousHash` of the first entry. */
export const genesisHash = '0'.repeat(64);

/** Writers of one ledger are few (branches of a run, triage, people); each round of a race has one winner. */
const maxAttempts = 50;

const ledgerEntrySchema = z.object({
  seq: z.number().int().positive(),
  at: z.string(),
  /** Checked, and kept as it is: a field that the schema does not know is part of what was hashed. */
  entry: z.custom<Entry>(value => entrySchema.safeParse(value).success, 'no ledger entry that is known'),
  previousHash: z.string(),
  hash: z.string(),
});
/** As stored: the idempotency key stands beside the entry and is no part of what is hashed. */
const ledgerRecordSchema = ledgerEntrySchema.extend({ once: z.string().optional() });
type LedgerRecord = z.infer<typeof ledgerRecordSchema>;
/** All that the next entry needs of the last one. */
const headSchema = z.object({ seq: z.number().int().positive(), hash: z.string() });
type Head = z.infer<typeof headSchema>;
const markerSchema = z.object({ seq: z.number().int().positive() });

export type AppendOptions = {
  /** The same key appends the same fact once, however often and from wherever it is called. */
  idempotencyKey?: string;
};

/**
 * Appends an entry to an incident's ledger and returns it in its place. Throws ConflictError when the ledger grows
 * faster than this entry can be added (50 attempts).
 *
 * With an idempotency key the writer first claims a place in a marker record, then writes there. The marker moves on
 * only after its place was seen to hold another entry, so an entry with that key can stand in one place only: a
 * repeat after a crash between the two writes finds the claimed place filled by itself, or free, or taken.
 */
export async function appendEntry(
  store: RecordStore,
  clock: Clock,
  incidentId: string,
  entry: Entry,
  options: AppendOptions = {},
): Promise<LedgerEntry> {
  const once = options.idempotencyKey;
  const fact = entrySchema.parse(JSON.parse(JSON.stringify(entry)));
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    try {
      return once === undefined
        ? await writeNext(store, clock, incidentId, fact)
        : await writeOnce(store, clock, incidentId, fact, once);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  throw new ConflictError(`The ledger of incident "${incidentId}" changed ${maxAttempts} times in a row`, {
    nextStep: 'Look for an execution that writes without end; the entry was not added.',
  });
}

/** All entries of an incident, oldest first. Throws InvalidInputError if one can't be read. */
export async function readLedger(store: RecordReader, incidentId: string): Promise<LedgerEntry[]> {
  const records = await store.query({
    partition: ledgerKey(incidentId, 1).partition,
    sortPrefix: prefixes.ledger,
  });
  return records.map(entryOf);
}

/** How many entries an incident's ledger has; 0 when there is none. Reads one of them. */
export async function ledgerLength(store: RecordStore, incidentId: string): Promise<number> {
  return (await readHead(store, incidentId))?.seq ?? 0;
}

export type Verification = { ok: true } | { ok: false; seq: number; what: string };

/** Recomputes the chain. Finds the first entry that was changed, removed, added or moved. */
export function verifyLedger(entries: readonly LedgerEntry[]): Verification {
  let previousHash = genesisHash;
  for (const [index, entry] of entries.entries()) {
    const seq = index + 1;
    const broken = (what: string): Verification => ({ ok: false, seq, what });
    if (entry.seq !== seq) return broken(`entry ${seq} is missing or out of place: found ${entry.seq}`);
    if (entry.previousHash !== previousHash)
      return broken(`entry ${seq} does not continue the entry before it`);
    if (entry.hash !== (hashes.get(entry) ?? hashOf(entry)))
      return broken(`entry ${seq} was changed after it was written`);
    previousHash = entry.hash;
  }
  return { ok: true };
}

async function writeNext(
  store: RecordStore,
  clock: Clock,
  incidentId: string,
  entry: Entry,
): Promise<LedgerEntry> {
  const head = await readHead(store, incidentId);
  return write(store, incidentId, follow(head, clock, entry));
}

async function writeOnce(
  store: RecordStore,
  clock: Clock,
  incidentId: string,
  entry: Entry,
  once: string,
): Promise<LedgerEntry> {
  const key = onceKey(incidentId, once);
  const marker = await store.get(key);
  if (!marker) {
    const next = follow(await readHead(store, incidentId), clock, entry);
    await store.put(key, { seq: next.seq }, { ifAbsent: true });
    return write(store, incidentId, next, once);
  }
  const { seq } = markerSchema.parse(marker.data);
  const there = await readAt(store, incidentId, seq);
  if (there?.once === once) return withoutOnce(there);
  if (!there) {
    // Claimed and still free: here or nowhere. Looking for the head instead could find this very entry, just written
    // by another attempt, and go on behind it.
    const before = seq > 1 ? await readAt(store, incidentId, seq - 1) : undefined;
    return write(store, incidentId, follow(before, clock, entry), once);
  }
  const next = follow(await readHead(store, incidentId), clock, entry);
  await store.put(key, { seq: next.seq }, { ifVersion: marker.version });
  return write(store, incidentId, next, once);
}

async function write(
  store: RecordStore,
  incidentId: string,
  next: LedgerEntry,
  once?: string,
): Promise<LedgerEntry> {
  const data = (once === undefined ? next : { ...next, once }) as JsonObject;
  await store.put(ledgerKey(incidentId, next.seq), data, { ifAbsent: true });
  return next;
}

async function readHead(store: RecordStore, incidentId: string): Promise<Head | undefined> {
  const [head] = await store.query({
    partition: ledgerKey(incidentId, 1).partition,
    sortPrefix: prefixes.ledger,
    descending: true,
    limit: 1,
  });
  return head && parseRecord(head, parseHead);
}

async function readAt(store: RecordStore, incidentId: string, seq: number) {
  const record = await store.get(ledgerKey(incidentId, seq));
  return record && parseRecord(record, parseEntryRecord);
}

function follow(head: Head | undefined, clock: Clock, entry: Entry): LedgerEntry {
  const unsealed = {
    seq: (head?.seq ?? 0) + 1,
    at: clock.now().toISOString(),
    entry,
    previousHash: head?.hash ?? genesisHash,
  };
  return { ...unsealed, hash: hashOf(unsealed) };
}

function hashOf({ seq, at, entry, previousHash }: Omit<LedgerEntry, 'hash'>): string {
  return createHash('sha256').update(canonicalJson({ seq, at, entry, previousHash })).digest('hex');
}

function withoutOnce({ seq, at, entry, previousHash, hash }: LedgerRecord): LedgerEntry {
  return { seq, at, entry, previousHash, hash };
}

/** The entry in a record of the ledger. Throws InvalidInputError when it can't be read. */
export function entryOf(record: StoredRecord): LedgerEntry {
  const entry = parseRecord(record, parseEntry);
  if (Object.isFrozen(record.data) && !hashes.has(entry)) hashes.set(Object.freeze(entry), hashOf(entry));
  return entry;
}

/**
 * Recomputed hashes of entries whose data is frozen to its depth, as the in-memory store hands it out: nothing can
 * change them, so a rehearsal that reads its ledger a hundred times hashes each once.
 */
const hashes = new WeakMap<LedgerEntry, string>();

const parseEntryRecord = parseOnce(ledgerRecordSchema);
const parseEntry = parseOnce(ledgerRecordSchema.transform(withoutOnce));
const parseHead = parseOnce(headSchema);

function parseRecord<T>(record: StoredRecord, parse: (data: object) => T): T {
  try {
    return parse(record.data);
  } catch (cause) {
    throw new InvalidInputError(`The ledger record ${record.partition} / ${record.sort} can't be read`, {
      nextStep:
        'It was written by another version or changed by hand; compare it with a backup of the table.',
      cause,
    });
  }
}
