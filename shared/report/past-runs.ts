import { listIncidents } from '../incident/incident.ts';
import { readLedger } from '../incident/ledger.ts';
import type { Plan } from '../plan/schema.ts';
import { readRun } from '../runbook/run-record.ts';
import type { Runtime } from '../runtime.ts';
import { type Measured, measuredBy } from './matrix.ts';
import { buildReport } from './model.ts';

/** How many incidents are looked through: more than two years of monthly drills beside what really happened. */
const newestIncidents = 50;

/** What the real runs of a deployed system measured, newest incident first. Runs of scenarios that are gone are left out. */
export async function pastRuns({
  store,
  plan,
}: Pick<Runtime, 'store'> & { plan: Plan }): Promise<Measured[]> {
  const found: Measured[] = [];
  for (const { id } of await listIncidents(store, plan.system.id, newestIncidents)) {
    const ledger = await readLedger(store, id);
    const runs = ledger.flatMap(({ entry }) => (entry.type === 'run-started' ? [entry.run] : []));
    for (const runId of runs) {
      const run = (await readRun(store, runId))?.run;
      if (!run || !plan.scenarios[run.scenario]) continue;
      found.push(measuredBy(buildReport({ plan, run, ledger, facts: {} })));
    }
  }
  return found;
}
