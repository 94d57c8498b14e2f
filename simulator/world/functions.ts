import { AsyncLocalStorage } from 'node:async_hooks';
import type { Json } from '../../shared/json.ts';
import type { World } from './world.ts';

/** A Lambda handler as the simulator calls it. */
export type Handler = (event: unknown) => Promise<unknown>;

/** One invocation, for the critical path and for counting. Times are virtual ms. */
export type Invocation = {
  name: string;
  payload: Json;
  startedAtMs: number;
  endedAtMs: number;
  /** The part of it that is Lambda's: the start of the function and the call. The rest is waiting for answers. */
  overheadMs: number;
  failed: boolean;
};

export type Functions = {
  /** Calls a function as Lambda does: JSON in, JSON out, an error with the handler's error name. */
  invoke(name: string, payload: Json): Promise<Json>;
  /** Calls it asynchronously, as EventBridge does: two more attempts after a failure, then it is given up. */
  deliver(name: string, payload: Json): Promise<void>;
  readonly invocations: readonly Invocation[];
};

/** First call of a function: download, runtime start, imports. Measured for small Node bundles on arm64. */
const coldStartMs = 450;
/** Invoke overhead and the handler's own work, without what it waits for. */
const warmCallMs = 60;
/** Waits of Lambda's asynchronous retries. Source: Lambda developer guide, "error handling for asynchronous invocation". */
const asynchronousRetryMs = [60_000, 120_000];

/** Name of the function whose code is running, so that a call to AWS can be held against that function's role. */
export const runningFunction = new AsyncLocalStorage<string>();

/** The functions of the deployment, by name. */
export function createFunctions(world: World, handlers: Record<string, Handler>): Functions {
  const invocations: Invocation[] = [];
  const warm = new Set<string>();
  const invoke = async (name: string, payload: Json): Promise<Json> => {
    const handler = handlers[name];
    if (!handler) throw lambdaError('ResourceNotFoundException', `Function not found: ${name}`);
    const startedAtMs = world.nowMs();
    const overheadMs = warm.has(name) ? warmCallMs : coldStartMs;
    await sleep(overheadMs);
    warm.add(name);
    const invocation: Invocation = {
      name,
      payload,
      startedAtMs,
      endedAtMs: startedAtMs,
      overheadMs,
      failed: true,
    };
    invocations.push(invocation);
    const crash = world.faults.onHandler(name);
    try {
      if (crash === 'crash-before') throw exitError(name);
      const answer = toJson(await runningFunction.run(name, () => handler(toJson(payload))));
      if (crash === 'crash-after') throw exitError(name);
      invocation.failed = false;
      return answer;
    } finally {
      invocation.endedAtMs = world.nowMs();
    }
  };
  return {
    invocations,
    invoke,
    async deliver(name, payload) {
      for (const waitMs of [0, ...asynchronousRetryMs]) {
        if (waitMs > 0) await sleep(waitMs);
        try {
          await invoke(name, payload);
          return;
        } catch {
          // Lambda tries again by itself; the handler has logged what was wrong.
        }
      }
    },
  };
}

function exitError(name: string): Error {
  return lambdaError('Runtime.ExitError', `The function ${name} exited without an answer`);
}

function lambdaError(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** Payloads cross as JSON, so that nothing passes here that would not pass in AWS. */
function toJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
