import type { Json } from '../../shared/json.ts';
import type { Branch } from '../../state-machines/asl.ts';
import type { LoadedMachine } from './machines.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** How an execution ended. `output` is set when it succeeded, `error` and `cause` when it did not. */
export type ExecutionResult = {
  status: Exclude<ExecutionStatus, 'RUNNING'>;
  output?: Json;
  error?: string;
  cause?: string;
};

/** One execution. `transitions` and `events` are counted as AWS counts them; see `countEntry` and `countAttempt`. */
export type Execution = {
  arn: string;
  name: string;
  machine: LoadedMachine;
  input: Json;
  startedAtMs: number;
  stoppedAtMs?: number;
  status: ExecutionStatus;
  ended?: ExecutionResult;
  result: Promise<ExecutionResult>;
  abort(): void;
  stopReason?: { error?: string; cause?: string };
  /** Executions that a `.sync` task of this one waits for; they are stopped with it. */
  children: Set<Execution>;
  /** Tokens that tasks of this execution wait with. */
  tokens: Set<string>;
  lastState?: { name: string; type: Branch['States'][string]['Type']; enteredAtMs: number };
  transitions: number;
  events: number;
};

/** Counts of a whole engine or of one execution. */
export type EngineCounts = { executions: number; stateTransitions: number; historyEvents: number };

/**
 * Entering a state costs one transition and two events, Entered and Exited. A Fail state is never left; a Parallel
 * state also has Started and Succeeded (or Failed).
 * Source: event types of the HistoryEvent API; transitions as on the Step Functions pricing page.
 */
export function countEntry(execution: Execution, type: Branch['States'][string]['Type']): void {
  execution.transitions += 1;
  execution.events += type === 'Fail' ? 1 : type === 'Parallel' ? 4 : 2;
}

/**
 * An attempt of a task has Scheduled, Started and Succeeded (or Failed, or TimedOut), and Submitted as well when the
 * task waits for a job or a token. Every attempt after the first is a transition of its own.
 */
export function countAttempt(execution: Execution, resource: string, first: boolean): void {
  execution.events += /\.(sync|waitForTaskToken)$/.test(resource) ? 4 : 3;
  if (!first) execution.transitions += 1;
}

/** The last event, and the Exited that a state does not get when the execution dies in it. */
export function countEnd(execution: Execution): void {
  execution.events += 1;
  const diedInside = execution.status === 'FAILED' && execution.lastState?.type !== 'Fail';
  if (diedInside) execution.events -= 1;
}
