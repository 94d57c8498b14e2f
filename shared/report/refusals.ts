import { refusalsOf } from '../communication/refused-links.ts';
import type { LedgerEntry } from '../incident/entries.ts';
import { readLedger, type Verification, verifyLedger } from '../incident/ledger.ts';
import type { Runtime } from '../runtime.ts';
import { pastIncidents } from './past-incidents.ts';
import { entriesOf } from './read-ledger.ts';
import { refusedThing } from './timeline.ts';

/** One refused link or request. `incident`: null where none could be told. */
export type Refusal = { at: string; incident: string | null; question: string | null; what: string };
/** `chains`: every ledger that was read, and whether its chain of hashes holds. */
export type Refusals = {
  refusals: Refusal[];
  chains: { ledger: string; entries: number; chain: Verification }[];
};

/** All refused links and requests of a system, of its incidents and of none, oldest first, for whoever audits it. */
export async function readRefusals(port: Pick<Runtime, 'store' | 'plan'>): Promise<Refusals> {
  const { store, plan } = port;
  const system = plan.system.id;
  const incidents = await pastIncidents(port);
  const ledgers = await Promise.all(
    [refusalsOf(system), ...incidents].map(async id => ({ id, ledger: await readLedger(store, id) })),
  );
  return {
    refusals: ledgers
      .flatMap(({ id, ledger }) => refusalsIn(ledger, id === refusalsOf(system) ? null : id))
      .sort((a, b) => (a.at < b.at ? -1 : 1)),
    chains: ledgers.map(({ id, ledger }) => ({
      ledger: id,
      entries: ledger.length,
      chain: verifyLedger(ledger),
    })),
  };
}

function refusalsIn(ledger: readonly LedgerEntry[], incident: string | null): Refusal[] {
  return entriesOf(ledger, 'link-refused').map(({ at, entry }) => ({
    at,
    incident,
    question: entry.question ?? null,
    what: `${refusedThing(entry)}: ${entry.why}`,
  }));
}
