import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../shared/errors.ts';
import { probeKey } from '../../shared/incident/keys.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import { wrapRecordStore } from '../../shared/incident/wrap-record-store.ts';
import type { HttpRequest } from '../../shared/ports.ts';
import { watch } from '../../shared/triage/probe.ts';
import { readReports } from '../../shared/triage/signal-record.ts';
import { foldReports } from '../../shared/triage/signal-state.ts';
import { plan } from './plan.ts';
import { createTestRuntime, type TestRuntime } from './runtime.ts';

const tick: unknown = JSON.parse(
  readFileSync(new URL('../fixtures/events/scheduled-tick.json', import.meta.url), 'utf8'),
);
const silent = () => {
  throw new ServiceUnavailableError('no answer within 10 s', { nextStep: 'look' });
};

/** Answers as the given function says, and remembers what was asked. */
function watched(answer: (request: HttpRequest) => number, store = createMemoryRecordStore()) {
  const asked: HttpRequest[] = [];
  const runtime = createTestRuntime({
    store,
    http: async request => {
      asked.push(request);
      return { status: answer(request), headers: {}, body: '', latencyMs: 5 };
    },
  });
  return { runtime, asked };
}
async function look(runtime: TestRuntime, minute: number) {
  runtime.at(`2026-03-10T16:${String(minute).padStart(2, '0')}:00Z`);
  return watch(runtime, tick, runtime.sendPage);
}
async function stateOf(runtime: TestRuntime, signal: string) {
  return foldReports((await readReports(runtime.store, plan)).get(signal) ?? []);
}

describe('watch', () => {
  it('asks each probe when it is due, with its own time-out', async () => {
    const { runtime, asked } = watched(() => 200);
    for (const minute of [42, 43, 44]) await look(runtime, minute);
    const urls = asked.map(request => request.url.slice('https://app.liquidtreasury.business'.length));
    expect(urls.filter(url => url === '/api/health')).toHaveLength(3);
    expect(urls.filter(url => url === '/api/auth/status')).toHaveLength(2);
    expect(asked[0]).toMatchObject({ method: 'GET', timeoutMs: 10_000 });
  });

  it('clears at the first success', async () => {
    const { runtime } = watched(() => 200);
    await look(runtime, 42);
    expect(await stateOf(runtime, 'app-probe')).toMatchObject({
      state: 'clear',
      at: '2026-03-10T16:42:00.000Z',
    });
  });

  it('fires after as many failures in a row as the plan says, since the first of them', async () => {
    let up = true;
    const { runtime } = watched(() => (up ? 200 : silent()));
    await look(runtime, 42);
    up = false;
    await look(runtime, 43);
    await look(runtime, 44);
    expect(await stateOf(runtime, 'app-probe')).toMatchObject({ state: 'clear' });
    await look(runtime, 45);
    expect(await stateOf(runtime, 'app-probe')).toMatchObject({
      state: 'firing',
      changedAt: '2026-03-10T16:45:00.000Z',
      since: '2026-03-10T16:43:00.000Z',
      what: expect.stringContaining('3 probes in a row failed'),
    });
  });

  it('counts another status as a failure, and says which', async () => {
    const { runtime } = watched(() => 503);
    for (const minute of [42, 43, 44]) await look(runtime, minute);
    expect((await stateOf(runtime, 'app-probe'))?.what).toContain('answers 503 instead of 200');
  });

  it('starts counting again after a success', async () => {
    let minute = 42;
    const { runtime } = watched(() => (minute === 44 ? 200 : silent()));
    for (; minute < 47; minute++) await look(runtime, minute);
    expect(await stateOf(runtime, 'app-probe')).toMatchObject({ state: 'clear' });
    await look(runtime, minute);
    expect(await stateOf(runtime, 'app-probe')).toMatchObject({ state: 'firing' });
  });

  it('reports a change once, however long it lasts', async () => {
    const { runtime } = watched(() => silent());
    for (let minute = 40; minute < 59; minute++) await look(runtime, minute);
    const reports = (await readReports(runtime.store, plan)).get('app-probe') ?? [];
    expect(reports).toHaveLength(1);
  });

  it('reports again, as the same event, what could not be handed on', async () => {
    let broken = false;
    const store = wrapRecordStore(createMemoryRecordStore(), (operation, run) =>
      broken && operation === 'Query' ? Promise.reject(new Error('died')) : run(),
    );
    const { runtime } = watched(() => silent(), store);
    await look(runtime, 42);
    await look(runtime, 43);
    broken = true;
    await look(runtime, 44);
    broken = false;
    await look(runtime, 45);
    const state = await stateOf(runtime, 'app-probe');
    expect(state).toMatchObject({ state: 'firing', since: '2026-03-10T16:42:00.000Z' });
  });

  it('takes the look at the time also when a probe can not be looked after, and fails then', async () => {
    const { runtime } = watched(() => 200);
    await runtime.store.put(probeKey('liquid-abt', 'app-probe'), { failures: 'many' }, { ifAbsent: true });
    await expect(look(runtime, 42)).rejects.toThrow();
    expect(await stateOf(runtime, 'login-probe')).toMatchObject({ state: 'clear' });
  });
});
