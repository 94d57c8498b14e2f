import type { CheckContext } from '../cross-check.ts';
import { parseDuration } from '../duration.ts';
import type { ScenarioView } from '../scenario-view.ts';
import type { PhaseItem, StepPlan } from '../schema.ts';

/**
 * How long a recovery takes in seconds: noticing, typical times of the steps, approvals at their longest, of parallel
 * branches the longest. Up to the last phase that brings a tier back, if one is named and any phase does.
 */
export function recoverySeconds(context: CheckContext, { scenario }: ScenarioView, tier?: string): number {
  const last = tier === undefined ? -1 : scenario.phases.findLastIndex(phase => phase.tiers?.includes(tier));
  const phases = last < 0 ? scenario.phases : scenario.phases.slice(0, last + 1);
  const noticing = scenario.trigger?.sustained ?? 0;
  return phases.flatMap(phase => phase.steps).reduce((sum, item) => sum + secondsOf(context, item), noticing);
}

function secondsOf(context: CheckContext, item: PhaseItem): number {
  if (!('parallel' in item)) return stepSeconds(context, item);
  const branches = item.parallel.map(branch =>
    branch.reduce((sum, step) => sum + stepSeconds(context, step), 0),
  );
  return Math.max(...branches);
}

/** Only of what a recovery does; steps of other modes come on top of no outage. */
function stepSeconds({ actions }: CheckContext, step: StepPlan): number {
  if (step.modes && !step.modes.includes('recover')) return 0;
  const { within } = step.with;
  const answer = typeof within === 'string' ? parseDuration(within) : undefined;
  if (step.do === 'people.approval' && answer !== undefined) return answer;
  const action = Object.hasOwn(actions, step.do) ? actions[step.do] : undefined;
  return action?.typical.likelySeconds ?? 0;
}
