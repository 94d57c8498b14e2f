import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../shared/aws/names.ts';
import {
  lastIncidentOf,
  openIncidentOf,
  readIncident,
  resolveIncident,
} from '../../shared/incident/incident.ts';
import { readLedger } from '../../shared/incident/ledger.ts';
import { readLock, releaseLock } from '../../shared/incident/lock.ts';
import type { Json } from '../../shared/json.ts';
import { closeRun } from '../../shared/runbook/close-run.ts';
import type { Run } from '../../shared/runbook/contract.ts';
import { openRun } from '../../shared/runbook/open-run.ts';
import { readRun } from '../../shared/runbook/run-record.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { makePlan, makeWorld, minute } from '../communication/fixture.ts';

const machine = 'arn:aws:states:ap-southeast-4:123456789012:execution:shop-region-failure';

/** A system on which nothing has happened yet, but for what `makeWorld` opens, which is resolved. */
async function quiet(): Promise<Awaited<ReturnType<typeof makeWorld>>> {
  const plan = makePlan(draft => {
    const { scenarios } = draft as { scenarios: Record<string, Record<string, unknown>> };
    const scenario = scenarios['region-failure'];
    if (scenario) scenario.parameters = { nodes: { description: 'How many nodes', default: 3 } };
  });
  const world = await makeWorld({ plan });
  await resolveIncident(world.runtime.store, world.runtime.clock, world.run.incidentId, 'ben');
  world.at(minute(10));
  return world;
}

function open(runtime: Runtime, input: Json = {}, name = 'one') {
  return openRun(runtime, {
    operation: 'open',
    system: 'shop',
    scenario: 'region-failure',
    executionArn: `${machine}:${name}`,
    executionName: name,
    executionStartedAt: runtime.clock.now().toISOString(),
    input,
  });
}

async function opened(runtime: Runtime, input: Json = {}, name = 'one'): Promise<Run> {
  const reply = await open(runtime, input, name);
  if (reply.opened !== 'opened') throw new Error('attached');
  return reply.run;
}

describe('a failback', () => {
  const wayBack = (runtime: Runtime, name: string) =>
    openRun(runtime, {
      operation: 'open',
      system: 'shop',
      scenario: 'region-failback',
      executionArn: `${machine}:${name}`,
      executionName: name,
      executionStartedAt: runtime.clock.now().toISOString(),
      input: {},
    });

  async function withWayBack() {
    const { runtime } = await quiet();
    const { scenarios } = runtime.plan;
    const failover = scenarios['region-failure'];
    if (!failover) throw new Error('the plan has no region failure');
    const back = { ...failover, failbackOf: 'region-failure' };
    return { ...runtime, plan: { ...runtime.plan, scenarios: { ...scenarios, 'region-failback': back } } };
  }

  it('is refused, and opens nothing, when there is nothing to go back from', async () => {
    const runtime = await withWayBack();
    await expect(wayBack(runtime, 'back')).rejects.toThrow(/nothing to go back from/);
    expect(await openIncidentOf(runtime.store, 'shop')).toBeUndefined();
    expect(await readLock(runtime.store, 'shop')).toBeUndefined();
  });

  it('knows the run that it goes back from, once, and not one that did not recover', async () => {
    const runtime = await withWayBack();
    const failed = await opened(runtime, {}, 'failed');
    await closeRun(runtime, failed, { Error: 'States.Timeout' });
    await expect(wayBack(runtime, 'early')).rejects.toThrow(/nothing to go back from/);
    await resolveIncident(runtime.store, runtime.clock, failed.incidentId, 'ben');
    const failover = await opened(runtime, {}, 'failover');
    await closeRun(runtime, failover, undefined);
    const back = await wayBack(runtime, 'back');
    if (back.opened !== 'opened') throw new Error('attached');
    expect(back.run.failover).toBe(failover.id);
    await closeRun(runtime, back.run, undefined);
    await expect(wayBack(runtime, 'again')).rejects.toThrow(/nothing to go back from/);
  });
});

describe('an execution that is started with {}', () => {
  it('opens an incident and a run in the first mode, with the defaults of the parameters', async () => {
    const { runtime } = await quiet();
    const run = await opened(runtime);
    expect(run).toEqual({
      id: runIdOf(`${machine}:one`, minute(10)),
      incidentId: 'shop-20260310t165700z',
      system: 'shop',
      scenario: 'region-failure',
      mode: 'recover',
      startedAt: minute(10),
      outageStartedAt: minute(10),
      parameters: { nodes: 3 },
    });
    expect(await readRun(runtime.store, run.id)).toEqual({
      run,
      executionArn: `${machine}:one`,
      startedBy: 'the Step Functions console',
    });
    expect(await readIncident(runtime.store, run.incidentId)).toMatchObject({
      status: 'open',
      openedBy: 'the Step Functions console',
      runId: run.id,
      executionArn: `${machine}:one`,
    });
    expect(await readLock(runtime.store, 'shop')).toMatchObject({ runId: run.id });
    const entries = (await readLedger(runtime.store, run.incidentId)).map(({ entry }) => entry.type);
    expect(entries).toEqual(['incident-opened', 'run-started']);
  });

  it('is the same run when its opening is called again', async () => {
    const { runtime } = await quiet();
    const run = await opened(runtime);
    const before = await readLedger(runtime.store, run.incidentId);
    expect(await open(runtime)).toEqual({ opened: 'opened', run });
    expect(await readLedger(runtime.store, run.incidentId)).toEqual(before);
  });

  it.each([null, {}])('takes %j for nothing', async input => {
    const { runtime } = await quiet();
    expect(await open(runtime, input)).toMatchObject({ opened: 'opened' });
  });
});

it('takes mode, person, time of the outage and parameters from the input', async () => {
  const { runtime } = await quiet();
  const run = await opened(runtime, {
    mode: 'drill',
    by: 'cyd',
    reason: 'quarterly',
    outageStartedAt: minute(-5),
    parameters: { nodes: 5 },
  });
  expect(run).toMatchObject({ mode: 'drill', outageStartedAt: minute(-5), parameters: { nodes: 5 } });
  expect((await readIncident(runtime.store, run.incidentId))?.openedBy).toBe('cyd');
});

it.each([
  ['by its incident', (incidentId: string): Json => ({ incidentId })],
  ['by a person who names nothing', (): Json => ({ by: 'cyd' })],
  // Somebody who looks at the clock takes it for a new outage; it is not.
  ['with a later time of the outage', (): Json => ({ outageStartedAt: minute(39) })],
])('a run that is started again, %s, goes on with the clock of the incident', async (_, input) => {
  const world = await quiet();
  const { runtime } = world;
  const first = await opened(runtime, { outageStartedAt: minute(-5) });
  await releaseLock(runtime.store, 'shop', first.id);
  world.at(minute(40));
  const again = await opened(runtime, input(first.incidentId), 'two');
  expect(again.id).not.toBe(first.id);
  expect(again).toMatchObject({
    incidentId: first.incidentId,
    startedAt: minute(40),
    outageStartedAt: minute(-5),
  });
});

describe('an input that can not be used is refused, with what is possible', () => {
  it.each<[string, Json, RegExp, RegExp]>([
    ['no object', 'go', /can't be started with this input: input: /, /\{"mode": "drill"\}/],
    ['an unknown mode', { mode: 'real' }, /mode: /, /\{\}/],
    ['a mode that the scenario lacks', { mode: 'planned' }, /no mode "planned"/, /recover, drill, dry-run/],
    ['an unknown parameter', { parameters: { node: 3 } }, /no parameter "node"/, /It has: nodes/],
    ['a parameter that is no value', { parameters: { nodes: [3] } }, /parameters\.nodes: /, /./],
    ['a time that is none', { outageStartedAt: 'yesterday' }, /outageStartedAt: /, /./],
    [
      'an incident that is not there',
      { incidentId: 'shop-1' },
      /There is no incident "shop-1"/,
      /without incidentId/,
    ],
  ])('%s', async (_, input, message, nextStep) => {
    const { runtime } = await quiet();
    const before = await lastIncidentOf(runtime.store, 'shop');
    await expect(open(runtime, input)).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringMatching(message),
      nextStep: expect.stringMatching(nextStep),
    });
    expect(await lastIncidentOf(runtime.store, 'shop')).toEqual(before);
    expect(await readLock(runtime.store, 'shop')).toBeUndefined();
  });

  it('an incident that is resolved', async () => {
    const { runtime, run } = await quiet();
    await expect(open(runtime, { incidentId: run.incidentId })).rejects.toThrow('is resolved already');
  });

  it('a drill within a real incident, which closing it would resolve', async () => {
    const { runtime } = await quiet();
    const { incidentId } = await opened(runtime);
    await expect(open(runtime, { incidentId, mode: 'drill' }, 'two')).rejects.toThrow(
      `The incident "${incidentId}" is a recover, and this is a drill`,
    );
  });

  it('a scenario that the plan does not have', async () => {
    const { runtime } = await quiet();
    const event = {
      operation: 'open' as const,
      system: 'shop',
      scenario: 'flood',
      executionArn: `${machine}:one`,
      executionName: 'one',
      executionStartedAt: minute(10),
      input: {},
    };
    await expect(openRun(runtime, event)).rejects.toThrow('no scenario "flood"');
  });
});

describe('one run at a time', () => {
  it('a second start attaches to the incident that is open, and is noted in it once', async () => {
    const { runtime } = await quiet();
    const first = await opened(runtime);
    for (const _ of [1, 2]) {
      expect(await open(runtime, { by: 'cyd' }, 'two')).toEqual({
        opened: 'attached',
        incidentId: first.incidentId,
        run: null,
      });
    }
    const notes = (await readLedger(runtime.store, first.incidentId)).filter(
      ({ entry }) => entry.type === 'note',
    );
    expect(notes.map(({ entry }) => entry)).toMatchObject([
      { by: 'cyd', what: expect.stringContaining(first.id) },
    ]);
    expect((await readIncident(runtime.store, first.incidentId))?.runId).toBe(first.id);
  });

  it('another run may begin in the open incident once the first one gave the lock back', async () => {
    const { runtime } = await quiet();
    const first = await opened(runtime);
    await releaseLock(runtime.store, 'shop', first.id);
    const second = await opened(runtime, {}, 'two');
    expect(second.incidentId).toBe(first.incidentId);
    expect(second.id).not.toBe(first.id);
  });

  it('of two that start at once, one runs', async () => {
    const { runtime } = await quiet();
    const replies = await Promise.all([open(runtime, {}, 'one'), open(runtime, {}, 'two')]);
    expect(replies.map(({ opened }) => opened).sort()).toEqual(['attached', 'opened']);
  });

  it('a drill is refused while a real incident is open', async () => {
    const { runtime } = await quiet();
    const { incidentId } = await opened(runtime);
    await expect(open(runtime, { mode: 'drill' }, 'two')).rejects.toMatchObject({
      name: 'RefusedError',
      message: `No drill while the incident ${incidentId} is open`,
    });
  });

  it('a second drill attaches to the first', async () => {
    const { runtime } = await quiet();
    const drill = await opened(runtime, { mode: 'drill' });
    expect(await open(runtime, { mode: 'drill' }, 'two')).toMatchObject({
      opened: 'attached',
      incidentId: drill.incidentId,
    });
  });

  it('a drill gives way to a real incident: it is stopped, and the recovery runs', async () => {
    const { runtime, sfn } = await quiet();
    sfn.on(SendTaskSuccessCommand).resolves({});
    const drill = await opened(runtime, { mode: 'drill' });
    const real = await opened(runtime, {}, 'two');
    expect(real.incidentId).not.toBe(drill.incidentId);
    expect(await readLock(runtime.store, 'shop')).toMatchObject({ runId: real.id });
    expect(await readRun(runtime.store, drill.id)).toMatchObject({
      abortedBy: 'Lifeboat',
      abortReason: `the real incident ${real.incidentId} began`,
    });
    expect((await openIncidentOf(runtime.store, 'shop'))?.id).toBe(real.incidentId);
  });

  it('a real incident takes the lock from a drill that can not be stopped, too', async () => {
    const { runtime, logs } = await quiet();
    const drill = await opened(runtime, { mode: 'drill' });
    const stored = await runtime.store.get({ partition: `RUN#${drill.id}`, sort: 'META' });
    await runtime.store.delete(
      { partition: `RUN#${drill.id}`, sort: 'META' },
      { ifVersion: stored?.version ?? 0 },
    );
    const real = await opened(runtime, {}, 'two');
    expect(await readLock(runtime.store, 'shop')).toMatchObject({ runId: real.id });
    expect(logs.join()).toContain('could not be stopped');
  });
});
