import type { TypicalDuration } from '../shared/actions/contract.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { stepsOf } from '../shared/runbook/phases.ts';
import { mostPolls } from '../shared/runbook/poll.ts';
import { undoTimeoutSeconds } from '../shared/runbook/undo-step.ts';
import { type Branch, type Definition, type State, successors, type TaskState } from './asl.ts';
import { type Actions, actionOf, answerSecondsOf, timeoutOf } from './bake-step.ts';
import { compileSystem, type Machine } from './compile-system.ts';
import type { FixedMachineName } from './fixed-machines.ts';

/** Step Functions ends an execution when its history has this many events. */
export const historyLimit = 25_000;
/** Share of the limit that a worst case may take. */
const budgetShare = 0.2;
export const eventBudget = historyLimit * budgetShare;

/** The most loops of the fixed machines, as their Choice states count them. */
const mostUndone = 101;
const mostTicks = 150;

/** How often a state that is in a loop is visited at the most, by state name. */
export type Visits = Readonly<Record<string, number>>;

/** The most events that one machine's execution can have. `events` is for the worst step in the step machine's case. */
export type MachineBudget = { machine: string; events: number };

/**
 * Upper bound of the history events of one execution: every state that can be reached counts, with all its retries
 * used up, though some exclude each other. States in a loop count as often as `visits` says; one without a number
 * there is an error, since it could go on for ever.
 */
export function mostEvents(definition: Definition, visits: Visits = {}): number {
  return 2 + mostEventsOfBranch(definition, visits);
}

function mostEventsOfBranch(branch: Branch, visits: Visits): number {
  let events = 0;
  for (const name of reachable(branch, [branch.StartAt])) {
    const state = stateOf(branch, name);
    const times = visits[name] ?? 1;
    if (visits[name] === undefined && inLoop(branch, name)) {
      throw new Error(`The state "${name}" is in a loop and nothing says how often it is visited`);
    }
    events += times * eventsOfVisit(state, visits);
  }
  return events;
}

/** Entered and Exited; a task also Scheduled, Started and its end, and Submitted when it waits for a job or a token. */
function eventsOfVisit(state: State, visits: Visits): number {
  switch (state.Type) {
    case 'Fail':
      return 1;
    case 'Task':
      return 2 + attemptsOf(state) * (/\.(sync|waitForTaskToken)$/.test(state.Resource) ? 4 : 3);
    case 'Parallel':
      return 4 + state.Branches.reduce((sum, branch) => sum + mostEventsOfBranch(branch, visits), 0);
    case 'Map':
      // Its run is begun and ended; the items are executions with histories of their own.
      return 4;
    default:
      return 2;
  }
}

function attemptsOf(state: TaskState): number {
  return state.Retry.reduce((sum, retrier) => sum + retrier.MaxAttempts, 1);
}

function reachable(branch: Branch, starts: readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...starts];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...successors(stateOf(branch, name)));
  }
  return found;
}

function inLoop(branch: Branch, name: string): boolean {
  return reachable(branch, successors(stateOf(branch, name))).has(name);
}

function stateOf(branch: Branch, name: string): State {
  const state = branch.States[name];
  if (!state) throw new Error(`There is no state "${name}"`);
  return state;
}

/** The most events of one execution of the step machine: one attempt of a step, or its undoing. */
export function mostStepEvents(step: Definition, typical: TypicalDuration, timeoutSeconds: number): number {
  const looks = mostPolls(typical, timeoutSeconds);
  const undoLooks = mostPolls(typical, undoTimeoutSeconds);
  return (
    Math.max(
      mostEvents(
        { ...step, StartAt: 'Prepare' },
        { Observe: looks, 'Observed?': looks, 'Wait for it': looks },
      ),
      mostEvents(
        { ...step, StartAt: 'Undo' },
        { Undo: undoLooks, 'Undone?': undoLooks, 'Wait for undo': undoLooks },
      ),
    ) + 2
  );
}

/** Looks of one restore: every 15 s at first, then after 2 % of its time, for 12 hours; waits for room every 5 minutes. */
const mostRestoreLooks = 260;
const mostWaitsForRoom = 145;
/** The tear-down is left to the sweeper after two hours of looking once a minute. */
const mostRemovalLooks = 122;

const loops: Record<Exclude<FixedMachineName, 'step'>, Visits> = {
  ask: {},
  verify: {
    'Restore it': mostWaitsForRoom,
    'Wait for room': mostWaitsForRoom,
    'What is to be done?': mostWaitsForRoom + mostRestoreLooks,
    'Wait for the database': mostRestoreLooks,
    'Look whether it answers': mostRestoreLooks,
    'Tear it down': mostRemovalLooks,
    'Is it gone?': mostRemovalLooks,
    'Wait until it is gone': mostRemovalLooks,
  },
  'verify-fleet': {},
  teardown: Object.fromEntries(
    ['Pick the next step to undo', 'Anything left?', 'Undo the step', 'Count it'].map(name => [
      name,
      mostUndone,
    ]),
  ),
  communicate: Object.fromEntries(
    [
      'Send what is due',
      'Anything to come?',
      'Wait for the next message',
      'Wait after a failure',
      'Count the tick',
      'Time for a new round?',
    ].map(name => [name, mostTicks]),
  ),
};

/** The worst case of every machine that a plan needs; the step machine's is that of the plan's longest step. */
export function eventBudgets(plan: Plan, actions: Actions): MachineBudget[] {
  return compileSystem(plan, actions).machines.map(machine => ({
    machine: machine.name,
    events: eventsOfMachine(machine, plan, actions),
  }));
}

function eventsOfMachine(machine: Machine, plan: Plan, actions: Actions): number {
  if (machine.kind === 'runbook') return mostEvents(machine.definition);
  if (machine.kind !== 'step') return mostEvents(machine.definition, loops[machine.kind]);
  const steps = Object.values(plan.scenarios).flatMap(scenario =>
    scenario.phases.flatMap(phase => stepsOf(phase.steps)),
  );
  return Math.max(
    ...steps.map(step => {
      const action = actionOf(step, actions);
      // Who asks a person does not look: the answer comes by itself.
      const seconds = answerSecondsOf(step) === undefined ? timeoutOf(step, action) : 0;
      return mostStepEvents(machine.definition, action.typical, seconds);
    }),
  );
}
