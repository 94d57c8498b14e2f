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

/**
 * Functions by script. An operation of one step is `observe of <step id>`, and before that `observe`; a function
 * without operations is called by its name. Each step counts by itself, since steps run side by side.
 */
export const scripted = (script: Script) => (): Functions => {
  const counts = new Map<string, number>();
  return ({ function: name, payload }: Call): Json => {
    const operation = String(payload.operation ?? name);
    const step = (payload.step as JsonObject | undefined)?.id;
    const said = script[`${operation} of ${step}`] ?? script[operation];
    if (!said) throw failure('UnscriptedError');
    const key = `${operation} of ${step}`;
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
