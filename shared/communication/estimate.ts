import type { PhaseItem, StepPlan } from '../plan/schema.ts';
import type { StepSeconds } from '../plan/sections/estimates.ts';
import type { Mode } from '../runbook/contract.ts';
import { allOf, ending, type Situation, shift } from './situation.ts';

/** A step that takes longer than was expected is expected to end in so many seconds, and that again. */
const overdueSeconds = 60;

/**
 * When the last phase of this run should end: the longest chain of what is left, by the expected duration of each step
 * and by how long those that are under way have been. It moves as steps end. Undefined without estimates, after the
 * end, and in a dry run.
 */
export function estimatedEnd(situation: Situation): string | undefined {
  const { plan, run, now } = situation;
  const seconds = plan.estimates?.[run.scenario];
  const phases = plan.scenarios[run.scenario]?.phases;
  if (!seconds || !phases || run.mode === 'dry-run' || ending(situation)) return undefined;
  const begun = beginnings(situation);
  const left = (step: StepPlan): number => {
    if (step.modes && !step.modes.includes(run.mode)) return 0;
    const state = begun.get(step.id);
    const expected = secondsIn(seconds[step.id], run.mode);
    if (!state) return expected;
    if (state.over) return 0;
    return Math.max(
      expected - (now.getTime() - Date.parse(state.at)) / 1000,
      Math.min(expected, overdueSeconds),
    );
  };
  const total = phases.flatMap(phase => phase.steps).reduce((sum, item) => sum + longest(item, left), 0);
  return shift(now.toISOString(), Math.ceil(total));
}

/** What was measured in this mode; else the longest of the others, since a promise that is kept early harms nobody. */
function secondsIn(seconds: StepSeconds | undefined, mode: Mode): number {
  if (typeof seconds !== 'object') return seconds ?? 0;
  return seconds[mode] ?? Math.max(0, ...Object.values(seconds));
}

function longest(item: PhaseItem, left: (step: StepPlan) => number): number {
  if (!('parallel' in item)) return left(item);
  return Math.max(...item.parallel.map(branch => branch.reduce((sum, step) => sum + left(step), 0)));
}

/** When each step began its present attempt, and whether it has come to an end. */
function beginnings(situation: Situation): Map<string, { at: string; over: boolean }> {
  const found = new Map<string, { at: string; over: boolean }>();
  for (const { at, entry } of allOf(situation, 'step')) {
    const over = !['preparing', 'acting', 'asking', 'undoing'].includes(entry.status);
    const before = found.get(entry.step);
    const again = entry.status === 'preparing' || !before;
    found.set(entry.step, { at: again ? at : before.at, over });
  }
  return found;
}
