import { dirname } from 'node:path';
import { loadPlan } from '../../../shared/plan/load.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import type { Mode } from '../../../shared/runbook/contract.ts';
import { type Rehearsal, type RehearsalRequest, rehearse } from '../../../simulator/rehearse.ts';

export const planPath = 'plans/liquid-abt/plan.yml';

const loaded = await loadPlan(planPath);
if (!loaded.plan) throw new Error(loaded.findings.map(finding => finding.message).join('\n'));
/** The plan that the project is built on, as it is. */
export const plan: Plan = loaded.plan;

export type Options = {
  scenario?: string;
  mode?: Mode;
  seed?: number;
  faults?: readonly string[];
  parameters?: Record<string, string | number | boolean>;
  plan?: Plan;
  onCall?: RehearsalRequest['onCall'];
};
type Good = Extract<Rehearsal, { ok: true }>;

/** One rehearsal of LIQUID ABT; by default its region failure, in mode recover, without faults. */
export async function tryRehearsal(options: Options): Promise<Rehearsal> {
  const { scenario = 'region-failure', mode = 'recover', seed = 1, faults = [], parameters = {} } = options;
  return rehearse({
    plan: options.plan ?? plan,
    planDirectory: dirname(planPath),
    planPath,
    scenario,
    mode,
    seed,
    faults,
    parameters,
    onCall: options.onCall,
  });
}

/** The same, of which nothing but a report is expected. */
export async function rehearsal(options: Options): Promise<Good> {
  const result = await tryRehearsal(options);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result;
}

/** How many entries of a type a ledger has. */
export function countOf({ ledger }: Good, type: string): number {
  return ledger.filter(({ entry }) => entry.type === type).length;
}

/** Violated rules, in words. */
export function violations({ report }: Good): string[] {
  return (report.invariants ?? [])
    .filter(({ held }) => !held)
    .map(({ name, violations }) => `${name}: ${violations?.join('; ')}`);
}
