import type { Json, JsonObject } from '../../../shared/json.ts';
import type { Definition } from '../../../state-machines/asl.ts';
import { inMap, placesOf } from './definitions.ts';

export type Call = { function: string; payload: JsonObject };
/** Answers a call. What it throws is what the function throws. */
export type Functions = (call: Call) => Json;
/**
 * One play: what is started, who answers, and what people say when asked (undefined: nobody answers). `id` is the id of
 * its run, or another word by which everything that belongs to it can be told from other plays.
 */
export type Play = {
  id: string;
  machines: Record<string, Definition>;
  start: string;
  input: JsonObject;
  functions: () => Functions;
  answers?: () => (question: Call) => Json | undefined;
};

/**
 * Whether a function is only to be started. Nothing waits for such a call and it names no run, so that it can't be told
 * which play it belongs to: it is answered, and left out of the trace.
 */
export const isWaking = ({ payload }: Pick<Call, 'payload'>) => payload.operation === 'wake';

export type Played = {
  machine: string;
  input: Json;
  /** Names of the states in the order in which they were entered. */
  states: string[];
  status: string;
  output?: Json;
  error?: string;
  cause?: string;
};

/** What two engines must agree on: executions, their states in order, their ends, and what functions were called with. */
export type Trace = { executions: Json[]; calls: Json[] };

/**
 * Executions and calls that are under way side by side come in no fixed order, so both are sorted; within an execution
 * the order is kept, each branch of a Parallel state by itself. Items of a distributed Map are executions of their own on
 * moto, whose history it does not tell; what they start and call is told as everything else is.
 */
export function traceOf(play: Play, executions: readonly Played[], calls: readonly Call[]): Trace {
  const told = executions.map(({ machine, states, ...rest }) => {
    const places = placesOf(play.machines[machine] as Definition);
    const order: Record<string, string[]> = {};
    for (const state of states) {
      const place = places.get(state) ?? 'unknown';
      if (place === inMap) continue;
      order[place] = [...(order[place] ?? []), state];
    }
    return masked({ machine, order, ...rest } as Json);
  });
  return { executions: sorted(told), calls: sorted(calls.map(call => masked(call as unknown as Json))) };
}

/** Times, tokens and generated ARNs differ between two runs of the same engine, and so do the causes of AWS's own. */
const fleeting = new Set([
  'executionArn',
  'executionStartedAt',
  'execution',
  'startedAt',
  'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID',
  'token',
  'at',
  'Cause',
]);

function masked(value: Json): Json {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, fleeting.has(key) ? `(${key})` : masked(item)]),
  );
}

const sorted = (values: Json[]) =>
  values
    .map(value => JSON.stringify(value))
    .sort()
    .map(text => JSON.parse(text));
