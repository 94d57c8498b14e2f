import type { Json, JsonObject } from '../../shared/json.ts';
import { lambdaError, TaskError, throughJson } from './errors.ts';
import { countAttempt, type Execution, type ExecutionResult } from './executions.ts';
import { type Task, timeoutKey } from './machines.ts';
import type { Tokens } from './tokens.ts';

/** What tasks need of the engine. */
export type TaskWorld = {
  invokeFunction(arn: string, payload: Json): Promise<Json>;
  start(request: { stateMachineArn: string; name?: string; input: Json }): Execution;
  stop(execution: Execution, reason: { error?: string; cause?: string }): void;
  tokens: Tokens;
};

/** Runs one attempt of a task. The engine turns what is thrown into Retry and Catch, and watches the time-out. */
export function runTask(
  world: TaskWorld,
  execution: Execution,
  task: Task,
  input: JsonObject,
  first: boolean,
  token: string,
): Promise<Json> {
  countAttempt(execution, task.resource, first);
  const { [timeoutKey]: fromInput, ...parameters } = input;
  const timeoutSeconds = task.timeoutSeconds ?? Number(fromInput);
  switch (task.resource) {
    case 'arn:aws:states:::lambda:invoke':
      return invoke(world, parameters);
    case 'arn:aws:states:::lambda:invoke.waitForTaskToken':
      return ask(world, execution, parameters, token, timeoutSeconds);
    case 'arn:aws:states:::states:startExecution':
      return Promise.resolve(startOnly(world, parameters));
    case 'arn:aws:states:::states:startExecution.sync':
      return startAndWait(world, execution, parameters, timeoutSeconds);
    default:
      throw new Error(`The simulator can't run the resource ${task.resource}`);
  }
}

async function invoke(world: TaskWorld, parameters: JsonObject): Promise<Json> {
  if (parameters.InvocationType === 'Event') {
    // Lambda takes it and answers at once; what becomes of the call is its own affair.
    world.invokeFunction(String(parameters.FunctionName), throughJson(parameters.Payload)).catch(() => {});
    return { ExecutedVersion: '$LATEST', Payload: '', StatusCode: 202 };
  }
  try {
    const reply = await world.invokeFunction(
      String(parameters.FunctionName),
      throughJson(parameters.Payload),
    );
    return { ExecutedVersion: '$LATEST', Payload: throughJson(reply), StatusCode: 200 };
  } catch (thrown) {
    throw lambdaError(thrown);
  }
}

/** The function is called and its reply ignored; the answer comes by the token, maybe before the call returns. */
async function ask(
  world: TaskWorld,
  execution: Execution,
  parameters: JsonObject,
  token: string,
  timeoutSeconds: number,
): Promise<Json> {
  const answer = world.tokens.open(token, execution);
  const expiry = setTimeout(() => world.tokens.expire(token), timeoutSeconds * 1000);
  try {
    await Promise.race([invoke(world, parameters), answer]);
    return await answer;
  } finally {
    clearTimeout(expiry);
    world.tokens.expire(token);
  }
}

function startOnly(world: TaskWorld, parameters: JsonObject): Json {
  const child = startChild(world, parameters);
  return { ExecutionArn: child.arn, StartDate: child.startedAtMs };
}

/** On a time-out the child is stopped, as AWS stops it, and the engine fails the task with States.Timeout. */
async function startAndWait(
  world: TaskWorld,
  execution: Execution,
  parameters: JsonObject,
  timeoutSeconds: number,
): Promise<Json> {
  const child = startChild(world, parameters);
  execution.children.add(child);
  let timedOut = false;
  // Set before the engine's own timer for the same moment, so it fires first.
  const timer = setTimeout(() => {
    timedOut = true;
    world.stop(child, { error: 'States.Timeout', cause: 'The task of the parent execution timed out' });
  }, timeoutSeconds * 1000);
  const result = await child.result;
  clearTimeout(timer);
  execution.children.delete(child);
  if (timedOut) return new Promise<Json>(() => {});
  const description = describeChild(child, result);
  if (result.status === 'SUCCEEDED') return description;
  throw new TaskError('States.TaskFailed', JSON.stringify(description));
}

function startChild(world: TaskWorld, parameters: JsonObject): Execution {
  try {
    return world.start({
      stateMachineArn: String(parameters.StateMachineArn),
      name: typeof parameters.Name === 'string' ? parameters.Name : undefined,
      input: throughJson(parameters.Input ?? {}),
    });
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    throw new TaskError(`StepFunctions.${error.name}Exception`, error.message);
  }
}

/** What a `.sync` task returns, and what Cause says when the child failed: DescribeExecution with capital letters. */
function describeChild(child: Execution, result: ExecutionResult): JsonObject {
  return {
    ExecutionArn: child.arn,
    Input: JSON.stringify(child.input),
    InputDetails: { Included: true },
    Name: child.name,
    StartDate: child.startedAtMs,
    StateMachineArn: child.machine.arn,
    Status: result.status,
    StopDate: child.stoppedAtMs ?? child.startedAtMs,
    ...(result.status === 'SUCCEEDED' && {
      Output: JSON.stringify(result.output ?? null),
      OutputDetails: { Included: true },
    }),
    ...(result.error !== undefined && { Error: result.error }),
    ...(result.cause !== undefined && { Cause: result.cause }),
  };
}
