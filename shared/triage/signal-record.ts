import * as z from 'zod';
import { parseSort, prefixes, signalKey } from '../incident/keys.ts';
import type { RecordStore } from '../incident/record-store.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { Plan } from '../plan/schema.ts';
import { type Signal, signalReportSchema } from './signal.ts';
import { addReport } from './signal-state.ts';

const recordSchema = z.object({ reports: z.array(signalReportSchema) });

/** Keeps a report. False when it was known already or is too old to matter. */
export async function storeSignal(store: RecordStore, systemId: string, signal: Signal): Promise<boolean> {
  let changed = false;
  await updateRecord(store, signalKey(systemId, signal.signal), current => {
    const known = current ? recordSchema.parse(current).reports : [];
    const reports = addReport(known, signal);
    changed = JSON.stringify(reports) !== JSON.stringify(known);
    return changed ? toJson({ reports }) : undefined;
  });
  return changed;
}

/** The kept reports of every signal that the plan has now, by signal. Throws when a record can't be read. */
export async function readReports(
  store: RecordStore,
  plan: Pick<Plan, 'signals' | 'system'>,
): Promise<Map<string, Signal[]>> {
  const { partition } = signalKey(plan.system.id, '');
  const records = await store.query({ partition, sortPrefix: prefixes.signal });
  const reports = new Map<string, Signal[]>();
  for (const record of records) {
    const id = parseSort(record.sort, 'signal');
    if (id === undefined || !plan.signals[id]) continue;
    reports.set(id, recordSchema.parse(record.data).reports);
  }
  return reports;
}
