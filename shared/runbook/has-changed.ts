import { readLedger } from '../incident/ledger.ts';
import type { RecordStore } from '../incident/record-store.ts';
import type { Run } from './contract.ts';

/** Whether a run has changed anything outside Lifeboat's own records, as far as its ledger says. */
export async function hasChanged(store: RecordStore, run: Run): Promise<boolean> {
  const ledger = await readLedger(store, run.incidentId);
  return ledger.some(({ entry }) => entry.type === 'change' && entry.run === run.id);
}
