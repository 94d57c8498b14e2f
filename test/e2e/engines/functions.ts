import type { Json, JsonObject } from '../../../shared/json.ts';
import type { Call, Functions } from './trace.ts';

/** What a function says to an operation, call after call; the last is said again. An Error is thrown. */
export type Script = Record<string, readonly (Json | Error)[]>;

export const failure = (name: string) => Object.assign(new Error('as scripted'), { name });
export const reply = (next: string, waitSeconds = 0, answerWithinSeconds = 30): JsonObject => ({
  next,
  waitSeconds,
  answerWithinSeconds,
});

/** Functions without operations are told by their names, which begin with the system's once they are deployed. */
const operationOf = (name: string, payload: JsonObject) =>
  String(payload.operation ?? name.split('-').at(-1));

/** By what a script tells calls apart: the operation, or the function if it has none, and the step. */
export function keyOf({ function: name, payload }: Call): string {
  const step = (payload.step as JsonObject | undefined)?.id;
  const operation = operationOf(name, payload);
  return step === undefined ? operation : `${operation} of ${step}`;
}

/**
 * Functions by script. An operation of one step is `observe of <step id>`, and before that `observe`; a function
 * without operations is called by its name. Each step counts by itself, since steps run side by side.
 */
export const scripted = (script: Script) => (): Functions => {
  const counts = new Map<string, number>();
  return (call: Call): Json => {
    const key = keyOf(call);
    const said = script[key] ?? script[operationOf(call.function, call.payload)];
    if (!said) throw failure('UnscriptedError');
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    const next = said[Math.min(count, said.length - 1)] as Json | Error;
    if (next instanceof Error) throw next;
    return next;
  };
};

export const run = {
  id: '20260310-abc123',
  incidentId: 'incident-1',
  system: 'liquid-abt',
  scenario: 'test',
  mode: 'recover',
  startedAt: '2026-03-10T16:42:00.000Z',
  outageStartedAt: '2026-03-10T16:42:00.000Z',
  parameters: {},
};

export const goodStep: Script = {
  prepare: [reply('act')],
  act: [reply('observe')],
  observe: [reply('done')],
};
