import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { allStates, type Branch, type Definition, type TaskState } from '../../state-machines/asl.ts';

/** A task as the adapter runs it. `timeoutSeconds` is undefined when it comes with the input. */
export type Task = { resource: string; timeoutSeconds: number | undefined };

/** A state machine as the engine takes it, with its tasks by state name. */
export type LoadedMachine = {
  arn: string;
  name: string;
  definition: StateMachineDefinition;
  tasks: ReadonlyMap<string, Task>;
};

/**
 * Key in a task's input by which a time-out from the state's input reaches the task. The engine reads
 * TimeoutSecondsPath from the result of Parameters, AWS from the state's input; the key makes both the same.
 */
export const timeoutKey = 'lifeboat:timeoutSeconds';

/** setTimeout counts in 32 bits; a longer time-out would end at once. */
const longestTimeoutSeconds = 2_147_483;

/** Prepares a definition, whose ARNs are filled in, for the engine. Throws when two tasks share a state name. */
export function loadMachine(arn: string, definition: Definition): LoadedMachine {
  const copy: Definition = JSON.parse(JSON.stringify(definition));
  copy.TimeoutSeconds = Math.min(copy.TimeoutSeconds, longestTimeoutSeconds);
  const tasks = new Map<string, Task>();
  for (const [name, state] of allStates(copy)) {
    if (state.Type !== 'Task') continue;
    if (tasks.has(name))
      throw new Error(`Two tasks of ${arn} are called "${name}"; the engine tells them apart by name`);
    tasks.set(name, { resource: state.Resource, timeoutSeconds: state.TimeoutSeconds });
    passTimeout(state);
  }
  const loaded: StateMachineDefinition = JSON.parse(JSON.stringify(copy));
  return { arn, name: arn.slice(arn.lastIndexOf(':') + 1), definition: loaded, tasks };
}

function passTimeout(state: TaskState): void {
  if (state.TimeoutSecondsPath === undefined) return;
  state.Parameters[`${timeoutKey}.$`] = state.TimeoutSecondsPath;
  state.TimeoutSecondsPath = `$['${timeoutKey}']`;
}

type EngineBranch = Pick<StateMachineDefinition, 'StartAt' | 'States'>;
export type Entered = (name: string, type: Branch['States'][string]['Type']) => void;

/**
 * The same definition, but `entered` is called at the moment a state is entered. The engine's own event log is
 * read asynchronously and loses what comes after the end of an execution; it looks a state up exactly once, when it
 * enters it.
 */
export function watchStates<B extends EngineBranch>(branch: B, entered: Entered): B {
  const States = new Proxy(branch.States, {
    get(states, key) {
      const state = typeof key === 'string' && Object.hasOwn(states, key) ? states[key] : undefined;
      if (state === undefined || typeof key !== 'string') return undefined;
      entered(key, state.Type as Branch['States'][string]['Type']);
      if (state.Type === 'Map') {
        const { ItemProcessor, ...map } = state;
        return ItemProcessor ? { ...map, ItemProcessor: watchStates(ItemProcessor, entered) } : state;
      }
      if (state.Type !== 'Parallel') return state;
      return { ...state, Branches: state.Branches.map(inner => watchStates(inner, entered)) };
    },
  });
  return { ...branch, States };
}
