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
  /** When a step was looked at again within the call. */
  looksAtMs: number[];
  /** What it answered; undefined when it failed. */
  answer?: Json;
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

const running = new AsyncLocalStorage<Invocation>();

/** Name of the function whose code is running, so that a call to AWS can be held against that function's role. */
export const runningFunction = (): string | undefined => running.getStore()?.name;

/** `Runtime.pause` of a rehearsal, which notes when the step was looked at again. */
export async function lookAgainAfter(ms: number): Promise<void> {
  await sleep(ms);
  running.getStore()?.looksAtMs.push(Date.now());
}

/** The functions of the deployment, by name. */
export function createFunctions(world: World, handlers: Record<string, Handler>): Functions {
  const invocations: Invocation[] = [];
  /**
   * Environments that wait for a call, by function. Each serves one call at a time, so calls side by side need one
   * each. How long Lambda keeps an idle one is nobody's promise; here it is as long as the rehearsal.
   */
  const idle = new Map<string, number>();
  const invoke = async (name: string, payload: Json): Promise<Json> => {
    const handler = handlers[name];
    if (!handler) throw lambdaError('ResourceNotFoundException', `Function not found: ${name}`);
    const startedAtMs = world.nowMs();
    const waiting = idle.get(name) ?? 0;
    if (waiting > 0) idle.set(name, waiting - 1);
    const overheadMs = waiting > 0 ? warmCallMs : coldStartMs;
    await sleep(overheadMs);
    const invocation: Invocation = {
      name,
      payload,
      startedAtMs,
      endedAtMs: startedAtMs,
      overheadMs,
      looksAtMs: [],
      failed: true,
    };
    invocations.push(invocation);
    const crash = world.faults.onHandler(name);
    try {
      if (crash === 'crash-before') throw exitError(name);
      const answer = toJson(await running.run(invocation, () => handler(toJson(payload))));
      if (crash === 'crash-after') throw exitError(name);
      invocation.failed = false;
      invocation.answer = answer;
      return answer;
    } finally {
      invocation.endedAtMs = world.nowMs();
      // A process that ended takes its environment with it.
      if (crash === undefined) idle.set(name, (idle.get(name) ?? 0) + 1);
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
