import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createProbeHandler } from '../../handlers/probe.ts';
import { createTestRuntime } from '../triage/runtime.ts';

const tick: unknown = JSON.parse(
  readFileSync(new URL('../fixtures/events/scheduled-tick.json', import.meta.url), 'utf8'),
);

it('probes what the plan says and takes the look at the time', async () => {
  const asked: string[] = [];
  const runtime = createTestRuntime({
    http: async ({ url }) => {
      asked.push(url);
      return { status: 200, headers: {}, body: '', latencyMs: 1 };
    },
  });
  const handler = createProbeHandler(
    async () => runtime,
    () => runtime.sendPage,
  );
  const context = {} as Parameters<typeof handler>[1];
  expect(await handler(tick, context)).toEqual({ decision: 'ignore', reasons: ['no signal fires'] });
  expect(asked).toHaveLength(2);
});
