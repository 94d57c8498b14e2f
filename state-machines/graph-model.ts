import { formatDuration } from '../shared/plan/duration.ts';
import { objectivesFor } from '../shared/plan/objectives.ts';
import type { Condition, Phase, Plan, Scenario, StepPlan } from '../shared/plan/schema.ts';
import { type Actions, actionOf, answerSecondsOf, familyOf, timeoutOf, titleOf } from './bake-step.ts';

/** person: somebody decides or does something. change: changes something. look: only reads. message: tells somebody. */
export type StepLook = 'person' | 'change' | 'look' | 'message';

export type GraphStep = {
  id: string;
  title: string;
  /** Kind, such as `rds.restore`. */
  kind: string;
  look: StepLook;
  /** Short facts, a line each, such as `up to 90 min · asks on failure`. */
  facts: string[];
};

export type GraphItem = { step: GraphStep } | { branches: GraphStep[][] };
export type GraphPhase = { title: string; stage: string; fact?: string; items: GraphItem[] };

/** A runbook as it is drawn: what starts it, phases in order, and how it ends. */
export type Graph = { title: string; facts: string[]; start: string[]; phases: GraphPhase[]; end: string[] };

/** The scenario must exist and its kinds must be among the actions, as compileRunbook has checked. */
export function graphOf(plan: Plan, scenario: Scenario, actions: Actions): Graph {
  const { rto, rpo } = objectivesFor(plan, scenario);
  return {
    title: `${plan.system.title}: ${scenario.title}`,
    facts: [
      `RTO ${formatDuration(rto)}`,
      `RPO ${formatDuration(rpo)}`,
      `${plan.regions.primary} → ${plan.regions.recovery}`,
      `modes: ${scenario.modes.join(', ')}`,
    ],
    start: startOf(scenario),
    phases: scenario.phases.map(phase => phaseOf(phase, scenario, actions)),
    end: [
      ...(scenario.modes.includes('drill') ? ['A drill is taken back, whatever happened before'] : []),
      'The run is closed: outcome, report, lock',
    ],
  };
}

function startOf({ trigger }: Scenario): string[] {
  if (!trigger || trigger.signals.length === 0) return ['A person starts it'];
  const signals = trigger.signals.join(', ');
  const agree = `${trigger.quorum} of ${trigger.signals.length} observers agree for ${formatDuration(trigger.sustained)}`;
  return [
    agree,
    signals,
    trigger.start === 'automatic' ? 'starts by itself' : 'a person is asked to start it',
  ];
}

function phaseOf(phase: Phase, scenario: Scenario, actions: Actions): GraphPhase {
  return {
    title: phase.title,
    stage: phase.stage,
    ...(phase.within !== undefined && { fact: `ends within ${formatDuration(phase.within)}` }),
    items: phase.steps.map(item =>
      'parallel' in item
        ? { branches: item.parallel.map(branch => branch.map(step => stepOf(step, scenario, actions))) }
        : { step: stepOf(item, scenario, actions) },
    ),
  };
}

function stepOf(step: StepPlan, scenario: Scenario, actions: Actions): GraphStep {
  const action = actionOf(step, actions);
  const family = familyOf(step.do);
  const toAnswer = answerSecondsOf(step);
  const limited = step.modes !== undefined && scenario.modes.some(mode => !step.modes?.includes(mode));
  return {
    id: step.id,
    title: titleOf(step),
    kind: step.do,
    look:
      family === 'people' ? 'person' : family === 'notify' ? 'message' : action.mutates ? 'change' : 'look',
    facts: [
      `up to ${formatDuration(toAnswer ?? timeoutOf(step, action))} · ${failureFacts[step.onFailure]}`,
      ...(limited ? [`only ${step.modes?.join(', ')}`] : []),
      ...(step.when ? [conditionText(step.when)] : []),
    ],
  };
}

/** A condition as it is read aloud: `if check-nodes.ready is below 3`. */
function conditionText({ value, is, isNot, atLeast, below }: Condition): string {
  const what = value.replaceAll(/\$\{(?:steps\.)?([^}]+)\}/g, '$1');
  if (is !== undefined) return `if ${what} is ${is}`;
  if (isNot !== undefined) return `if ${what} is not ${isNot}`;
  return atLeast !== undefined ? `if ${what} is at least ${atLeast}` : `if ${what} is below ${below}`;
}

const failureFacts: Record<StepPlan['onFailure'], string> = {
  stop: 'a failure ends the run',
  continue: 'a failure is noted',
  undo: 'a failure is undone',
  ask: 'asks on failure',
};
