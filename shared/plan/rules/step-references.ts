import { didYouMean } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import type { Complaint } from './complaint.ts';

/**
 * What is wrong with `${steps.<id>.<output>}` in a step: the other step has to exist, to have certainly ended before,
 * to run in every mode that this one runs in, and to put out what is asked for.
 */
export function checkStepReference(
  context: CheckContext,
  view: ScenarioView,
  placed: PlacedStep,
  names: readonly string[],
  inCondition = false,
): Complaint | undefined {
  const [, id, output] = names;
  if (id === undefined || output === undefined) {
    return { message: 'a step and one of its outputs are needed', mend: 'Write ${steps.<id>.<output>}.' };
  }
  const other = view.byId.get(id);
  if (other === undefined) {
    const known = view.steps.filter(each => isBefore(each, placed)).map(each => each.step.id);
    const near = nearest(id, known);
    return {
      message: `this scenario has no step "${id}"`,
      mend: didYouMean(near, known, 'Remove it.'),
      near,
    };
  }
  if (output === 'status' && !hasOutput(context, other, output)) {
    return checkOrder(other, placed) ?? (inCondition ? undefined : statusOutsideOfCondition);
  }
  const wrong = checkOrder(other, placed) ?? checkOutput(context, other, output);
  // A condition without a value does not hold, so it may look at a step that was left out or failed.
  if (wrong || inCondition) return wrong;
  return checkModes(context, other, placed) ?? checkFailure(other, placed) ?? checkCondition(other, placed);
}

/** What is wrong with `${failover.run.id}` or `${failover.steps.<id>.<output>}`. */
export function checkFailoverReference(
  context: CheckContext,
  view: ScenarioView,
  [, part, id, output]: readonly string[],
): Complaint | undefined {
  const of = context.scenarios.find(({ id: scenario }) => scenario === view.scenario.failbackOf);
  if (!of) {
    // Which scenario it is was said, and that there is none, or none without errors, is told where it is said.
    if (view.scenario.failbackOf !== undefined) return undefined;
    return {
      message: 'only a failback knows what it goes back from',
      mend: 'Say with "failbackOf" which scenario this one goes back from.',
    };
  }
  if (part === 'run' && id === 'id' && output === undefined) return undefined;
  if (part !== 'steps' || id === undefined || output === undefined) {
    return {
      message: 'the failover has its run and the outputs of its steps',
      mend: 'Write ${failover.run.id} or ${failover.steps.<id>.<output>}.',
    };
  }
  const other = of.byId.get(id);
  if (other) return checkOutput(context, other, output);
  const known = [...of.byId.keys()];
  const near = nearest(id, known);
  return { message: `"${of.id}" has no step "${id}"`, mend: didYouMean(near, known, 'Remove it.'), near };
}

/** A step that is carried out only if something was found puts out nothing otherwise. */
function checkCondition(other: PlacedStep, placed: PlacedStep): Complaint | undefined {
  if (!other.step.when) return undefined;
  if (JSON.stringify(other.step.when) === JSON.stringify(placed.step.when)) return undefined;
  return {
    rule: 'reference-may-be-missing',
    severity: 'warning',
    message: `"${other.step.id}" is carried out only under a condition, and otherwise there is no such value`,
    mend: 'Give this step the same "when".',
  };
}

function checkOrder(other: PlacedStep, placed: PlacedStep): Complaint | undefined {
  if (isBefore(other, placed)) return undefined;
  const beside = other.item === placed.item && other.branch !== placed.branch;
  return {
    rule: 'reference-too-early',
    message: beside
      ? `the step "${other.step.id}" runs beside this one, in another branch, and may not have ended`
      : `the step "${other.step.id}" does not come before this one`,
    mend: beside
      ? 'Move this step behind it in the same branch, or after the parallel group.'
      : 'Change the order.',
  };
}

/** What a step has come to decides whether another one is needed; as a parameter it would be a word without a use. */
const statusOutsideOfCondition: Complaint = {
  message: 'only a condition may look at what a step has come to',
  mend: 'Use it in "when", such as value: ${steps.<id>.status}, is: failed.',
};

function hasOutput({ actions }: CheckContext, { step }: PlacedStep, output: string): boolean {
  return Object.hasOwn(actions, step.do) && Object.hasOwn(actions[step.do]?.outputs ?? {}, output);
}

function checkOutput({ actions }: CheckContext, other: PlacedStep, output: string): Complaint | undefined {
  const action = Object.hasOwn(actions, other.step.do) ? actions[other.step.do] : undefined;
  if (action === undefined || Object.hasOwn(action.outputs, output)) return undefined;
  const known = Object.keys(action.outputs);
  const near = nearest(output, known);
  return {
    message: `${other.step.do} has no output "${output}"`,
    mend: didYouMean(near, known, 'It has no outputs at all.'),
    near,
  };
}

/** A dry run is left out: what it does not make can't be put out, and its report says so. */
function checkModes({ actions }: CheckContext, other: PlacedStep, placed: PlacedStep): Complaint | undefined {
  const action = Object.hasOwn(actions, other.step.do) ? actions[other.step.do] : undefined;
  const without = placed.modes.filter(mode => {
    if (mode === 'dry-run') return false;
    return !other.modes.includes(mode) || (mode === 'drill' && action?.drill === 'prepare-only');
  });
  if (without.length === 0) return undefined;
  return {
    rule: 'reference-without-value',
    message: `in the mode ${without.join(', ')} the step "${other.step.id}" puts out nothing`,
    mend: `Leave this step out of that mode with "modes", or let "${other.step.id}" run in it.`,
  };
}

/** A step that is carried out only if the other one was done finds what it put out. */
function checkFailure(other: PlacedStep, { step: { when } }: PlacedStep): Complaint | undefined {
  if (other.step.onFailure !== 'continue') return undefined;
  if (when?.value === `\${steps.${other.step.id}.status}` && when.is === 'done') return undefined;
  return {
    rule: 'reference-may-be-missing',
    severity: 'warning',
    message: `the run goes on when "${other.step.id}" fails, and then there is no such value`,
    mend: `Give "${other.step.id}" another "onFailure", such as ask.`,
  };
}
