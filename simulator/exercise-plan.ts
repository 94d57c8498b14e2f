import type { Plan } from '../shared/plan/schema.ts';
import { measuredBy } from '../shared/report/matrix.ts';
import type { Mode } from '../shared/runbook/contract.ts';
import { exercisedBy } from '../shared/trace/exercised.ts';
import type { Exercise } from '../shared/trace/judge.ts';
import { rehearse } from './rehearse.ts';

/** One rehearsal of those that show that a plan does what it says. */
export type PlannedExercise = {
  name: string;
  scenario: string;
  mode: Mode;
  seed: number;
  faults: readonly string[];
  parameters: Record<string, string | number | boolean>;
};

/** Every scenario in each of its modes with seed 1, and what the plan asks for under `rehearsal.further`. */
export function plannedExercises(plan: Plan): PlannedExercise[] {
  const scenarios = Object.entries(plan.scenarios).flatMap(([scenario, { modes }]) =>
    modes.map(mode => ({ name: `${scenario}/${mode}`, scenario, mode, seed: 1, faults: [], parameters: {} })),
  );
  const further = plan.rehearsal.further.map(({ id, scenario, mode, seed, faults, parameters }) => ({
    name: `further/${id}`,
    scenario,
    mode,
    seed,
    faults,
    parameters,
  }));
  return [...scenarios, ...further];
}

/**
 * Carries out one of them and says which elements of the plan it exercised. What can't be rehearsed at all comes back
 * as an exercise of nothing, with the reason as its outcome: a trace must say so and go on.
 */
export async function exercise(
  plan: Plan,
  planned: PlannedExercise,
  at: { planDirectory: string; planPath?: string },
): Promise<Exercise> {
  const { name } = planned;
  try {
    const result = await rehearse({ plan, ...at, ...planned });
    if (!result.ok) return { name, outcome: `not run: ${result.problems.join(' ')}`, elements: [] };
    const { report, ledger } = result;
    return {
      name,
      outcome: report.outcome,
      elements: exercisedBy(plan, report, ledger),
      measured: measuredBy(report),
    };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return { name, outcome: `not run: ${what}`, elements: [] };
  }
}
