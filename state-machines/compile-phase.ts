import type { Phase, PhaseItem, Plan, StepPlan } from '../shared/plan/schema.ts';
import { failedStepAnswerSeconds } from '../shared/runbook/settle-step.ts';
import { undoTimeoutSeconds } from '../shared/runbook/undo-step.ts';
import type { Branch, State, TaskState } from './asl.ts';
import { type Actions, actionOf, type BakedStep, bakeStep } from './bake-step.ts';
import { callTimeoutSeconds, longestSeconds, passingErrors, retryOn, startErrors } from './policies.ts';
import type { GroupNames, NamedScenario } from './state-names.ts';

/** What the compilation of one scenario works with. `onFailure` is the state that every failure leads to. */
export type Compilation = {
  plan: Plan;
  actions: Actions;
  names: NamedScenario;
  onFailure: string;
};

/** Consecutive states: where they begin, and how long they can take at the most. They end at the given `next`. */
export type Piece = { first: string; states: Record<string, State>; seconds: number };

/** How often a person can have a failed step tried again before the runbook's own bound on the step ends it. */
const attemptsInTime = 4;
/** Retries of calls, waits of the machines themselves, and what else a step needs beside its own time. */
const slackSeconds = 900;

/**
 * A phase: its steps and groups in order, and its end, which fails if a step is missing. The first one has a state for
 * its beginning; every other one is begun by the state that ends the one before, `following` it.
 */
export function compilePhase(
  work: Compilation,
  phase: Phase,
  following: Phase | undefined,
  next: string,
): Piece {
  const { end } = named(work.names.phases.get(phase));
  const steps = inSequence(phase.steps, end, (item, after) => compileItem(work, phase, item, after));
  const over = 'Goes on only if every step of the phase is done or skipped';
  const states: Record<string, State> = {
    ...steps.states,
    [end]: following
      ? phaseCall(
          work,
          { operation: 'phase-ended', phase: phase.id, next: following.id },
          `${over}: then the next one begins`,
          next,
        )
      : phaseCall(work, { operation: 'phase-ended', phase: phase.id }, over, next),
  };
  return { first: steps.first, states, seconds: steps.seconds + 2 * slackSeconds };
}

/** The state in which the first phase of a scenario begins, before the phases that are compiled already. */
export function beginFirst(work: Compilation, phase: Phase, phases: Piece): Piece {
  const { begin } = named(work.names.phases.get(phase));
  const call = { operation: 'phase-started', phase: phase.id };
  const state = phaseCall(work, call, 'Marks the beginning of the phase', phases.first);
  return { ...phases, first: begin, states: { [begin]: state, ...phases.states } };
}

/** Compiles items from the last to the first, since each one needs to know what comes after it. */
export function inSequence<Item>(
  items: readonly Item[],
  next: string,
  compile: (item: Item, next: string) => Piece,
): Piece {
  return items.reduceRight<Piece>(
    (after, item) => {
      const piece = compile(item, after.first);
      return {
        first: piece.first,
        states: { ...piece.states, ...after.states },
        seconds: piece.seconds + after.seconds,
      };
    },
    { first: next, states: {}, seconds: 0 },
  );
}

function compileItem(work: Compilation, phase: Phase, item: PhaseItem, next: string): Piece {
  if ('parallel' in item) {
    return compileGroup(work, phase, item.parallel, named(work.names.groups.get(item)), next);
  }
  const step = stepState(work, phase, item, work.onFailure, '$.failure');
  return { ...step, states: { [step.first]: { ...step.state, Next: next } } };
}

function stepState(
  work: Compilation,
  phase: Phase,
  step: StepPlan,
  onFailure: string,
  failurePath: string | null,
): { first: string; state: Omit<TaskState, 'Next' | 'End'>; seconds: number } {
  const baked = bakeStep(work.plan, phase, step, work.actions);
  const action = actionOf(step, work.actions);
  const seconds = mostSeconds(baked);
  const state: Omit<TaskState, 'Next' | 'End'> = {
    Type: 'Task',
    Comment: `${action.summary.replace(/\.$/, '')} (${step.do}). ${failureText[step.onFailure]}`,
    Resource: 'arn:aws:states:::states:startExecution.sync',
    Parameters: {
      StateMachineArn: '${StepMachineArn}',
      // One execution per run and step: a repeated start finds the one that runs.
      'Name.$': `States.Format('{}-${step.id}', $.run.id)`,
      Input: {
        'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$': '$$.Execution.Id',
        'run.$': '$.run',
        step: baked,
        operation: 'run',
      },
    },
    TimeoutSeconds: seconds,
    ResultPath: null,
    Retry: retryOn(startErrors),
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: failurePath, Next: onFailure }],
  };
  return { first: named(work.names.steps.get(step.id)), state, seconds };
}

const failureText: Record<StepPlan['onFailure'], string> = {
  stop: 'A failure ends the run',
  continue: 'A failure is noted and the run goes on',
  undo: 'A failure is undone and ends the run',
  ask: 'On a failure a person decides',
};

/** Longest time for a step with everything that can follow from its failure. */
function mostSeconds(step: BakedStep): number {
  const attempt = step.timeoutSeconds + slackSeconds;
  const withQuestions =
    step.onFailure === 'ask' ? attemptsInTime * (attempt + failedStepAnswerSeconds) : attempt;
  const undo = step.onFailure === 'undo' ? undoTimeoutSeconds + slackSeconds : 0;
  return Math.min(longestSeconds, withQuestions + undo);
}

/** Branches side by side. A step that fails ends its own branch; the others go on to their ends. */
function compileGroup(
  work: Compilation,
  phase: Phase,
  branches: StepPlan[][],
  names: GroupNames,
  next: string,
): Piece {
  const { group, check, stopped } = names;
  const compiled = branches.map((steps, index) =>
    compileBranch(work, phase, steps, named(names.branches[index])),
  );
  const states: Record<string, State> = {
    [group]: {
      Type: 'Parallel',
      Comment: `Side by side: ${branches.map(steps => steps.map(step => step.id).join(', ')).join(' | ')}`,
      Branches: compiled.map(({ branch }) => branch),
      ResultSelector: { 'stopped.$': "States.ArrayContains($, 'stopped')" },
      ResultPath: '$.group',
      Next: check,
    },
    [check]: {
      Type: 'Choice',
      Comment: 'Nothing that follows is begun unless every branch came to its end',
      Choices: [{ Variable: '$.group.stopped', BooleanEquals: true, Next: stopped }],
      Default: next,
    },
    [stopped]: {
      Type: 'Pass',
      Comment: 'A step of a branch is neither done nor skipped, so the run ends',
      Result: {
        Error: 'PhaseFailedError',
        Cause: `A branch of "${phase.title}" stopped. The ledger of the incident says at which step and why.`,
      },
      ResultPath: '$.failure',
      Next: work.onFailure,
    },
  };
  return { first: group, states, seconds: Math.max(...compiled.map(({ seconds }) => seconds)) };
}

function compileBranch(
  work: Compilation,
  phase: Phase,
  steps: StepPlan[],
  { done, stopped }: GroupNames['branches'][number],
): { branch: Branch; seconds: number } {
  const piece = inSequence(steps, done, (step, next) => {
    const compiled = stepState(work, phase, step, stopped, null);
    return { ...compiled, states: { [compiled.first]: { ...compiled.state, Next: next } } };
  });
  const branch: Branch = {
    StartAt: piece.first,
    States: {
      ...piece.states,
      [done]: {
        Type: 'Pass',
        Comment: 'Every step of this branch is done or skipped',
        Result: 'done',
        End: true,
      },
      [stopped]: {
        Type: 'Pass',
        Comment: 'A step failed. The other branches go on to their ends before the run ends',
        Result: 'stopped',
        End: true,
      },
    },
  };
  return { branch, seconds: piece.seconds };
}

function phaseCall(
  work: Compilation,
  call: { operation: string; phase: string; next?: string },
  comment: string,
  next: string,
): State {
  return {
    Type: 'Task',
    Comment: comment,
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: {
      FunctionName: '${RunFunctionArn}',
      Payload: { ...call, 'run.$': '$.run' },
    },
    TimeoutSeconds: callTimeoutSeconds,
    ResultPath: null,
    Retry: retryOn(passingErrors),
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: work.onFailure }],
    Next: next,
  };
}

function named<Names>(names: Names | undefined): Names {
  if (names === undefined) throw new Error('A part of the scenario was not named before it was compiled');
  return names;
}
