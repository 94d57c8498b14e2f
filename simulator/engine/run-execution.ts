import { StateMachine } from 'aws-local-stepfunctions';
import type { Json, JsonObject } from '../../shared/json.ts';
import { contextOf, createTokenSource, type TokenSource } from './context.ts';
import { resultOf } from './describe.ts';
import { throughJson } from './errors.ts';
import { countEntry, type Execution, type ExecutionResult } from './executions.ts';
import { watchStates } from './machines.ts';
import { runTask, type TaskWorld } from './tasks.ts';

/** One state entered. `atMs` is milliseconds since the epoch. */
export type Transition = {
  executionArn: string;
  stateMachineArn: string;
  state: string;
  type: string;
  atMs: number;
};

type Watching = {
  nowMs(): number;
  onTransition?(transition: Transition): void;
  /** Called once, when the execution has ended; its answer is the result. */
  ended(result: ExecutionResult): ExecutionResult;
};

type Handlers = Record<string, (input: Json) => Promise<Json>>;

/** Runs an execution on the engine. Sets `execution.abort`; never rejects. */
export function runExecution(
  world: TaskWorld,
  execution: Execution,
  watching: Watching,
): Promise<ExecutionResult> {
  const attempts = new Map<string, number>();
  const token = createTokenSource(execution.arn);
  const definition = watchStates(execution.machine.definition, (name, type) => {
    if (execution.status !== 'RUNNING') return;
    const atMs = watching.nowMs();
    execution.lastState = { name, type, enteredAtMs: atMs };
    attempts.set(name, 0);
    countEntry(execution, type);
    watching.onTransition?.({
      executionArn: execution.arn,
      stateMachineArn: execution.machine.arn,
      state: name,
      type,
      atMs,
    });
  });
  const running = new StateMachine(definition, { validationOptions: { noValidate: true } }).run(
    execution.input,
    {
      overrides: { taskResourceLocalHandlers: handlersOf(world, execution, attempts, token) },
      context: contextOf(execution, token),
    },
  );
  execution.abort = running.abort;
  return running.result.then(
    output => watching.ended({ status: 'SUCCEEDED', output: throughJson(output) }),
    error => watching.ended(resultOf(error, execution)),
  );
}

/** The engine asks for a task's handler by the name of its state. */
function handlersOf(
  world: TaskWorld,
  execution: Execution,
  attempts: Map<string, number>,
  token: TokenSource,
): Handlers {
  return new Proxy<Handlers>(
    {},
    {
      get(_, key) {
        const name = String(key);
        const task = execution.machine.tasks.get(name);
        if (!task) return undefined;
        return async (input: Json) => {
          const attempt = (attempts.get(name) ?? 0) + 1;
          attempts.set(name, attempt);
          return runTask(world, execution, task, input as JsonObject, attempt === 1, token.take());
        };
      },
    },
  );
}
