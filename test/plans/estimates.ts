import { listKinds, loadActions } from '../../shared/actions/load-actions.ts';
import { estimatedEnd } from '../../shared/communication/estimate.ts';
import type { LedgerEntry } from '../../shared/incident/entries.ts';
import type { Rehearsed } from '../../shared/plan/rehearsed.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import type { Report } from '../../shared/report/report.ts';
import { withEstimates } from '../../state-machines/estimates.ts';

/** Shares of a run at which people ask how long it will take. */
const moments = [0, 0.25, 0.5, 0.75];

export type Estimated = {
  /** The worst of the estimates that were made on the way, as a share of the length of the run. */
  worst: number;
  /** How many of them differ: an estimate that never moves knows nothing of the steps that have ended. */
  different: number;
};

/** How well people would have been told, at four moments of a run that has ended, when it would end. */
export async function estimatesDuring(
  plan: Plan,
  rehearsed: Rehearsed | undefined,
  { report, ledger }: { report: Report; ledger: readonly LedgerEntry[] },
): Promise<Estimated> {
  const endMs = Date.parse(ledger.findLast(({ entry }) => entry.type === 'run-ended')?.at ?? '');
  const { id, startedAt } = report.detail.run;
  const { scenario, mode } = report;
  const system = plan.system.id;
  const run = { id, startedAt, scenario, mode, incidentId: '', system, parameters: {} };
  const lengthMs = endMs - Date.parse(startedAt);
  const told = withEstimates(plan, await loadActions(listKinds()), rehearsed);
  const expected = moments.map(share => {
    const now = new Date(Date.parse(startedAt) + share * lengthMs);
    return estimatedEnd({
      plan: told,
      run: { ...run, outageStartedAt: startedAt },
      ledger: ledger.filter(({ at }) => Date.parse(at) <= now.getTime()),
      questions: [],
      now,
    });
  });
  const wrong = expected.map(at => Math.abs(Date.parse(at ?? '') - endMs) / lengthMs);
  return { worst: Math.max(...wrong), different: new Set(expected).size };
}

/** The scenario that takes longest to recover by its own steps, and is worth an estimate most. */
export function longestRecovery({ scenarios }: Plan, rehearsed: Rehearsed | undefined): string {
  const seconds = (id: string) =>
    Object.values(rehearsed?.scenarios[id] ?? {}).reduce<number>(
      (sum, each) => sum + (typeof each === 'number' ? each : (each.recover ?? 0)),
      0,
    );
  const recovering = Object.keys(scenarios).filter(id => scenarios[id]?.modes.includes('recover'));
  return recovering.sort((a, b) => seconds(b) - seconds(a))[0] ?? '';
}
