import * as z from 'zod';
import { shortHash } from '../aws/names.ts';
import { measuredKey } from '../incident/keys.ts';
import { ledgerLength, readLedger } from '../incident/ledger.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { Plan } from '../plan/schema.ts';
import { readRun } from '../runbook/run-record.ts';
import type { Runtime } from '../runtime.ts';
import { type Measured, measuredBy, measuredSchema } from './matrix.ts';
import { buildReport } from './model.ts';
import { pastIncidents } from './past-incidents.ts';

/** What the runs of one incident measured, when its ledger had so many entries and the plan was that one. */
const keptSchema = z.object({ entries: z.number(), plan: z.string(), runs: z.array(measuredSchema) });
type Kept = z.infer<typeof keptSchema>;

type Port = Pick<Runtime, 'store'> & { plan: Plan };

/**
 * What the real runs of a deployed system measured, newest incident first. Runs of scenarios that are gone are left out.
 * With `keep`, what was worked out is put on record, so that the page that follows every run reads the ledgers of past
 * incidents once and not every time; without it nothing is written. `incidents`: those of `pastIncidents`, when they
 * are known already.
 */
export async function pastRuns(
  port: Port,
  { keep = false, incidents }: { keep?: boolean; incidents?: readonly string[] } = {},
): Promise<Measured[]> {
  const { store, plan } = port;
  const now = shortHash(JSON.stringify(plan), 16);
  const found: Measured[] = [];
  for (const id of incidents ?? (await pastIncidents(port))) {
    const known = await readKept(port, id);
    if (known?.plan === now && known.entries === (await ledgerLength(store, id))) {
      found.push(...known.runs);
      continue;
    }
    const kept = { ...(await measureRuns(port, id)), plan: now };
    found.push(...kept.runs);
    if (keep) await updateRecord(store, measuredKey(plan.system.id, id), () => toJson(kept));
  }
  return found;
}

/** Undefined also for what another version of Lifeboat kept in another form. */
async function readKept({ store, plan }: Port, incidentId: string): Promise<Kept | undefined> {
  const record = await store.get(measuredKey(plan.system.id, incidentId));
  return keptSchema.safeParse(record?.data).data;
}

async function measureRuns({ store, plan }: Port, incidentId: string): Promise<Omit<Kept, 'plan'>> {
  const ledger = await readLedger(store, incidentId);
  const started = ledger.flatMap(({ entry }) => (entry.type === 'run-started' ? [entry.run] : []));
  const runs: Measured[] = [];
  for (const runId of started) {
    const run = (await readRun(store, runId))?.run;
    if (!run || !plan.scenarios[run.scenario]) continue;
    runs.push(measuredBy(buildReport({ plan, run, ledger, facts: {} })));
  }
  return { entries: ledger.length, runs };
}
