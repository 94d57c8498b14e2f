import { judge } from '../../runbook/condition.ts';
import { parseDuration } from '../duration.ts';
import type { CheckContext } from '../lint-rule.ts';
import type { ScenarioView } from '../scenario-view.ts';
import type { PhaseItem, Plan, StepPlan } from '../schema.ts';
import { parseTemplate } from '../template.ts';
import { stepByDefault } from './by-default.ts';

/**
 * How long a recovery takes in seconds: noticing, typical times of the steps, approvals at their longest, waits as long
 * as they are, of parallel branches the longest. Up to the last phase that brings a tier back, if one is named and any phase does.
 */
export function recoverySeconds(context: CheckContext, { scenario }: ScenarioView, tier?: string): number {
  const isTaken = (step: StepPlan) => holdsByDefault(scenario, step);
  const last = tier === undefined ? -1 : scenario.phases.findLastIndex(phase => phase.tiers?.includes(tier));
  const phases = last < 0 ? scenario.phases : scenario.phases.slice(0, last + 1);
  const noticing = scenario.trigger?.sustained ?? 0;
  return phases
    .flatMap(phase => phase.steps)
    .reduce(
      (sum, item) => Math.max(sum + secondsOf(context, scenario, item, isTaken), momentOf(item, isTaken)),
      noticing,
    );
}

/** When a wait for a moment ends at the earliest, in seconds from the start of the outage; 0 where there is none. */
function momentOf(item: PhaseItem, isTaken: (step: StepPlan) => boolean): number {
  const steps = 'parallel' in item ? item.parallel.flat() : [item];
  return Math.max(0, ...steps.filter(isTaken).map(step => waitsUntil(step) ?? 0));
}

function waitsUntil({ do: kind, with: { time }, modes }: StepPlan): number | undefined {
  if (kind !== 'wait.until' || typeof time !== 'string' || modes?.includes('recover') === false)
    return undefined;
  const parsed = parseTemplate(time);
  const [only] = parsed.ok ? parsed.parts : [];
  if (!only || !('expression' in only)) return undefined;
  const { path, shiftSeconds } = only.expression;
  return path[0] === 'run' || path[0] === 'incident' ? shiftSeconds : undefined;
}

function secondsOf(
  context: CheckContext,
  scenario: ScenarioView['scenario'],
  item: PhaseItem,
  isTaken: (step: StepPlan) => boolean,
): number {
  const seconds = (step: StepPlan) =>
    isTaken(step) ? stepSeconds(context, stepByDefault(scenario, step)) : 0;
  if (!('parallel' in item)) return seconds(item);
  return Math.max(...item.parallel.map(branch => branch.reduce((sum, step) => sum + seconds(step), 0)));
}

/** Of two ways that a parameter chooses between, the one that is taken when nobody sets it. */
function holdsByDefault({ parameters }: ScenarioView['scenario'], { when }: StepPlan): boolean {
  const name = /^\$\{parameters\.([a-z0-9-]+)\}$/.exec(when?.value ?? '')?.[1];
  if (!when || name === undefined || !Object.hasOwn(parameters, name)) return true;
  const defaults = Object.fromEntries(Object.entries(parameters).map(([key, one]) => [key, one.default]));
  // A comparison of text with a number is refused by the run, not judged here.
  if (typeof defaults[name] !== 'number' && (when.atLeast ?? when.below) !== undefined) return true;
  return judge(when, { parameters: defaults }).holds;
}

/** Parameters by which a step says itself how long it takes. */
const saidBy: Record<string, string> = { 'wait.soak': 'for', 'wait.until': 'for', 'people.task': 'takes' };

/** Only of what a recovery does; steps of other modes come on top of no outage. */
function stepSeconds({ plan, actions }: CheckContext, step: StepPlan): number {
  if (step.modes && !step.modes.includes('recover')) return 0;
  const { within } = step.with;
  const answer = typeof within === 'string' ? parseDuration(within) : undefined;
  if (step.do === 'people.approval' && answer !== undefined) return answer;
  const said = Object.hasOwn(saidBy, step.do) ? step.with[saidBy[step.do] ?? ''] : undefined;
  const seconds = typeof said === 'string' ? parseDuration(said) : undefined;
  if (seconds !== undefined) return seconds;
  if (waitsUntil(step) !== undefined) return 0;
  const action = Object.hasOwn(actions, step.do) ? actions[step.do] : undefined;
  return saidToTake(plan, Object.keys(action?.components ?? {}), step) ?? action?.typical.likelySeconds ?? 0;
}

/** What a step runs and does not know: how long it takes, only the plan can say. */
const ownCode = new Set(['ssm-document', 'codebuild-project', 'state-machine', 'lifeboat-system']);

/** How long the user's own runbook, build, state machine or other system takes, where its component says so. */
function saidToTake({ components }: Plan, parameters: readonly string[], step: StepPlan): number | undefined {
  const said = parameters.flatMap(parameter => {
    const id = step.with[parameter];
    const found = typeof id === 'string' && Object.hasOwn(components, id) ? components[id] : undefined;
    const takes = found && ownCode.has(found.type) && 'takes' in found ? found.takes : undefined;
    return typeof takes === 'string' ? (parseDuration(takes) ?? []) : [];
  });
  return said[0];
}
