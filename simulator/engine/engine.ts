import type { Json } from '../../shared/json.ts';
import type { Clock } from '../../shared/ports.ts';
import type { Definition } from '../../state-machines/asl.ts';
import { SimulatedAwsError } from '../world/world.ts';
import { describe, type ExecutionDescription } from './describe.ts';
import { throughJson } from './errors.ts';
import {
  countEnd,
  type EngineCounts,
  type Execution,
  type ExecutionResult,
  type ExecutionStatus,
} from './executions.ts';
import { type LoadedMachine, loadMachine } from './machines.ts';
import { checkName, executionArn, generatedName } from './names.ts';
import { runExecution, type Transition } from './run-execution.ts';
import type { TaskWorld } from './tasks.ts';
import { createTokens } from './tokens.ts';

export type { ExecutionDescription } from './describe.ts';
export type { Transition } from './run-execution.ts';

export type EngineOptions = {
  /** Definitions by ARN, with their own ARNs filled in (`fillArns`). */
  machines: Readonly<Record<string, Definition>>;
  /** Calls a Lambda function. What it throws reaches the state machine as AWS would report it. */
  invokeFunction(arn: string, payload: Json): Promise<Json>;
  clock: Clock;
  onTransition?(transition: Transition): void;
};

export type StartRequest = { stateMachineArn: string; name?: string; input?: Json };

/**
 * Step Functions of the simulated world: Standard workflows in the JSONPath subset that Lifeboat's machines keep to,
 * run by `aws-local-stepfunctions` on the global (virtual) timers. Errors are thrown with the SDK's names.
 *
 * Where it differs from AWS: definitions are not validated, `$$.Execution.StartTime` inside a parallel branch is the
 * branch's start, a branch that dies does not stop the nested executions of its siblings until the parent has ended,
 * the items of a Map belong to the execution and are no executions of their own, and heartbeats and JSONata are not
 * supported.
 */
export type Engine = {
  /**
   * Starts an execution. The same name with the same input returns the execution that is running; otherwise a name
   * is taken for ever: ExecutionAlreadyExists. Throws StateMachineDoesNotExist and InvalidName as well.
   */
  startExecution(request: StartRequest): {
    executionArn: string;
    startDate: Date;
    result: Promise<ExecutionResult>;
  };
  /** Stops an execution and the nested ones that it waits for. Nothing happens when it has ended already. */
  stopExecution(executionArn: string, reason?: { error?: string; cause?: string }): void;
  describeExecution(executionArn: string): ExecutionDescription;
  /** Newest first. */
  listExecutions(filter?: { stateMachineArn?: string; status?: ExecutionStatus }): ExecutionDescription[];
  /** Answers a waiting task. Throws InvalidToken, or TaskTimedOut when nobody waits for the token any more. */
  sendTaskSuccess(token: string, output: Json): void;
  sendTaskFailure(token: string, failure: { error: string; cause: string }): void;
  /** Of all executions, or of one. */
  counts(executionArn?: string): EngineCounts;
};

export function createEngine(options: EngineOptions): Engine {
  const machines = new Map(
    Object.entries(options.machines).map(([arn, definition]) => [arn, loadMachine(arn, definition)]),
  );
  const executions = new Map<string, Execution>();
  const tokens = createTokens();
  const nowMs = () => options.clock.now().getTime();

  const world: TaskWorld = {
    invokeFunction: options.invokeFunction,
    tokens,
    stop,
    start({ stateMachineArn, name, input }) {
      const machine = machines.get(stateMachineArn);
      if (!machine) {
        throw new SimulatedAwsError(
          'StateMachineDoesNotExist',
          `State Machine Does Not Exist: '${stateMachineArn}'`,
        );
      }
      const wanted = name ?? generatedName(stateMachineArn, executions.size);
      const arn = executionArn(machine, wanted);
      const existing = executions.get(arn);
      if (existing) return sameExecution(existing, input);
      const execution = newExecution(arn, wanted, machine, input, nowMs());
      executions.set(arn, execution);
      execution.result = runExecution(world, execution, {
        nowMs,
        onTransition: options.onTransition,
        ended: result => end(execution, result),
      });
      return execution;
    },
  };

  function end(execution: Execution, result: ExecutionResult): ExecutionResult {
    execution.status = result.status;
    execution.ended = result;
    execution.stoppedAtMs = nowMs();
    countEnd(execution);
    for (const token of execution.tokens) tokens.expire(token);
    for (const child of execution.children)
      stop(child, { error: 'States.Aborted', cause: 'The parent execution ended' });
    return result;
  }

  function stop(execution: Execution, reason: { error?: string; cause?: string }): void {
    if (execution.status !== 'RUNNING' || execution.stopReason) return;
    execution.stopReason = reason;
    execution.abort();
  }

  function find(arn: string): Execution {
    const execution = executions.get(arn);
    if (execution) return execution;
    throw new SimulatedAwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }

  return {
    startExecution({ stateMachineArn, name, input }) {
      if (name !== undefined) checkName(name);
      const execution = world.start({ stateMachineArn, name, input: throughJson(input ?? {}) });
      return {
        executionArn: execution.arn,
        startDate: new Date(execution.startedAtMs),
        result: execution.result,
      };
    },
    stopExecution: (arn, reason = {}) => stop(find(arn), reason),
    describeExecution: arn => describe(find(arn)),
    listExecutions(filter = {}) {
      return [...executions.values()]
        .filter(execution => !filter.stateMachineArn || execution.machine.arn === filter.stateMachineArn)
        .filter(execution => !filter.status || execution.status === filter.status)
        .reverse()
        .map(describe);
    },
    sendTaskSuccess: (token, output) => tokens.succeed(token, throughJson(output)),
    sendTaskFailure: (token, { error, cause }) => tokens.fail(token, error, cause),
    counts(arn) {
      const counted = arn === undefined ? [...executions.values()] : [find(arn)];
      return {
        executions: counted.length,
        stateTransitions: counted.reduce((sum, { transitions }) => sum + transitions, 0),
        historyEvents: counted.reduce((sum, { events }) => sum + events, 0),
      };
    },
  };
}

function newExecution(
  arn: string,
  name: string,
  machine: LoadedMachine,
  input: Json,
  atMs: number,
): Execution {
  return {
    arn,
    name,
    machine,
    input,
    startedAtMs: atMs,
    status: 'RUNNING',
    result: new Promise(() => {}),
    abort: () => {},
    children: new Set(),
    tokens: new Set(),
    transitions: 0,
    events: 1,
  };
}

/** Starting is safe to repeat while the execution runs; afterwards its name is used up. */
function sameExecution(existing: Execution, input: Json): Execution {
  if (existing.status === 'RUNNING' && JSON.stringify(existing.input) === JSON.stringify(input))
    return existing;
  throw new SimulatedAwsError('ExecutionAlreadyExists', `Execution Already Exists: '${existing.arn}'`);
}
