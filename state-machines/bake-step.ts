import type { Action } from '../shared/actions/contract.ts';
import { InvalidInputError } from '../shared/errors.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import { formatDuration, parseDuration } from '../shared/plan/duration.ts';
import { resolveStatic } from '../shared/plan/expression.ts';
import { longestTimeoutSeconds, type Phase, type Plan, type StepPlan } from '../shared/plan/schema.ts';
import { modes, type Step } from '../shared/runbook/contract.ts';

/** Action modules by kind, such as `rds.restore`. */
export type Actions = Readonly<Record<string, Action>>;

/** A step as it is baked into a runbook; its function's ARN is still open (`${RdsFunctionArn}`). */
export type BakedStep = Step & { function: string };

/** Shortest time that a step gets when the plan sets none. */
const shortestTimeoutSeconds = 60;
/** Longest time to answer: the ask machine and everything above it can still wait for it. */
const longestAnswerSeconds = 22 * 86_400;
/** What a step that asks a person gets beyond the time to answer. */
const afterAnswerSeconds = 300;

/** The part of a kind before the dot, which is also the name of the Lambda function that runs it. */
export function familyOf(kind: string): string {
  return kind.slice(0, kind.indexOf('.'));
}

/** Name of the open ARN of a family's function: `RdsFunctionArn` for `rds`. */
export function functionArnName(family: string): string {
  return `${family.charAt(0).toUpperCase()}${family.slice(1)}FunctionArn`;
}

/** Title of a step for people: its own, or its id as words. */
export function titleOf(step: Pick<StepPlan, 'id' | 'title'>): string {
  if (step.title) return step.title;
  const words = step.id.replaceAll('-', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/**
 * Turns a step of the plan into what the runbook carries: components filled in, `${components…}`, `${regions…}` and
 * `${system…}` resolved, all else left for the run. Throws InvalidInputError for a kind that does not exist, a
 * component that does not exist, or a key that Step Functions would take for a path.
 */
export function bakeStep(plan: Plan, phase: Phase, step: StepPlan, actions: Actions): BakedStep {
  const action = actionOf(step, actions);
  return {
    id: step.id,
    phase: phase.id,
    title: titleOf(step),
    action: step.do,
    with: bakeParameters(plan, step, action),
    timeoutSeconds: timeoutOf(step, action),
    onFailure: step.onFailure,
    modes: step.modes ?? [...modes],
    ...(step.when && { when: resolveStatic(step.when, plan) as BakedStep['when'] }),
    function: `\${${functionArnName(familyOf(step.do))}}`,
  };
}

/** The action of a step's kind. Throws InvalidInputError when there is none. */
export function actionOf(step: StepPlan, actions: Actions): Action {
  const action = Object.hasOwn(actions, step.do) ? actions[step.do] : undefined;
  if (action) return action;
  throw new InvalidInputError(`The step "${step.id}" has the kind "${step.do}", which does not exist`, {
    nextStep: `Use one of: ${Object.keys(actions).sort().join(', ')}.`,
  });
}

/** Seconds that a person has to answer the step's own question; undefined for a step that asks nobody. */
export function answerSecondsOf(step: StepPlan): number | undefined {
  return typeof step.with.within === 'string' ? parseDuration(step.with.within) : undefined;
}

/**
 * Seconds that one attempt of a step may take, from act to done: the plan's, or twice the longest typical duration.
 * Throws InvalidInputError when that is longer than the machines can wait.
 */
export function timeoutOf(step: StepPlan, action: Action): number {
  const toAnswer = answerSecondsOf(step);
  const seconds = Math.max(shortestTimeoutSeconds, step.timeout ?? Math.ceil(action.typical.maxSeconds * 2));
  if (toAnswer === undefined) return notLonger(step, seconds, longestTimeoutSeconds);
  return Math.max(seconds, notLonger(step, toAnswer, longestAnswerSeconds) + afterAnswerSeconds);
}

function notLonger(step: StepPlan, seconds: number, longest: number): number {
  if (seconds <= longest) return seconds;
  throw new InvalidInputError(
    `The step "${step.id}" may take ${formatDuration(seconds)}, which is longer than the machines can wait`,
    { nextStep: `Give it at most ${formatDuration(longest)}; split what takes longer into two steps.` },
  );
}

function bakeParameters(plan: Plan, step: StepPlan, action: Action): JsonObject {
  const baked: JsonObject = {};
  for (const [name, value] of Object.entries(step.with)) {
    baked[name] = name in action.components ? componentOf(plan, step, value) : resolveStatic(value, plan);
    refusePathKeys(step, name, baked[name]);
  }
  return baked;
}

function componentOf(plan: Plan, step: StepPlan, value: Json): Json {
  if (typeof value !== 'string') return resolveStatic(value, plan);
  if (value.includes('${')) return resolveStatic(value, plan);
  const component = Object.hasOwn(plan.components, value) ? plan.components[value] : undefined;
  if (!component) {
    throw new InvalidInputError(
      `The step "${step.id}" names the component "${value}", which does not exist`,
      {
        nextStep: `Declare it under "components", or use one of: ${Object.keys(plan.components).join(', ')}.`,
      },
    );
  }
  const filled = resolveStatic(`\${components.${value}}`, plan);
  return { ...(filled as JsonObject), id: component.id || value };
}

/** Step Functions reads a key that ends in `.$` as a path, wherever it stands. */
function refusePathKeys(step: StepPlan, key: string, value: Json | undefined): void {
  if (key.endsWith('.$')) {
    throw new InvalidInputError(
      `The step "${step.id}" has the key "${key}", which Step Functions reads as a path`,
      {
        nextStep: 'Rename the key so that it does not end in ".$".',
      },
    );
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [inner, item] of Object.entries(value)) refusePathKeys(step, inner, item);
}
