import type { Entry, EntryOf, LedgerEntry } from '../incident/entries.ts';

/** An entry of one type with its place and time. */
export type Placed<T extends Entry['type']> = { seq: number; at: string; entry: EntryOf<T> };

/** All entries of one type, in order. */
export function entriesOf<T extends Entry['type']>(ledger: readonly LedgerEntry[], type: T): Placed<T>[] {
  return ledger.filter((placed): placed is LedgerEntry & Placed<T> => placed.entry.type === type);
}

/** The entries that belong to a run, and those of the incident that belong to none. */
export function ledgerOfRun(ledger: readonly LedgerEntry[], runId: string): LedgerEntry[] {
  return ledger.filter(({ entry }) => !('run' in entry) || entry.run === runId);
}
