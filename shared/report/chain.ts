import type { LedgerEntry } from '../incident/entries.ts';
import { verifyLedger } from '../incident/ledger.ts';
import type { Chain } from './report.ts';

/** The hash of the newest entry, and whether every entry still is what it was when it was written. */
export function chainOf(ledger: readonly LedgerEntry[]): Chain {
  const verification = verifyLedger(ledger);
  const problem = verification.ok ? null : verification.what;
  return { entries: ledger.length, head: ledger.at(-1)?.hash ?? null, verified: verification.ok, problem };
}
