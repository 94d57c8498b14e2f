import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  createExecutionEndedHandler,
  handler as executionEndedHandler,
} from '../../handlers/execution-ended.ts';
import { createRunHandler } from '../../handlers/run.ts';
import { createStepHandler } from '../../handlers/step-handler.ts';
import { executionArn, makeScene } from '../runbook/fixture.ts';

const context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'lifeboat-shop-rds',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:ap-southeast-4:123456789012:function:lifeboat-shop-rds',
  memoryLimitInMB: '512',
  awsRequestId: 'one',
  logGroupName: 'group',
  logStreamName: 'stream',
  getRemainingTimeInMillis: () => 60_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};
const call = async (handler: (event: unknown, context: never) => unknown, event: unknown) =>
  handler(event, context as never);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the handler of a family', () => {
  it('runs one operation of a step', async () => {
    const { runtime, run, step, action, thing } = await makeScene();
    const handler = createStepHandler(
      async () => ({ action }),
      async () => runtime,
    );
    expect(await call(handler, { operation: 'prepare', run, step })).toEqual({
      next: 'act',
      waitSeconds: 0,
      answerWithinSeconds: 0,
    });
    expect(thing.seen).toEqual(['prepare 3 none']);
  });

  it('starts without doing anything when a runbook wakes it', async () => {
    const { runtime, action, thing } = await makeScene();
    let loaded = 0;
    const handler = createStepHandler(
      async () => ({ action }),
      async () => {
        loaded += 1;
        return runtime;
      },
    );
    expect(await call(handler, { operation: 'wake' })).toEqual({ awake: true });
    expect({ loaded, seen: thing.seen }).toEqual({ loaded: 1, seen: [] });
  });

  it.each([
    ['a text', 'go', /This is no step event: event: /],
    ['an unknown operation', { operation: 'redo' }, /operation: .*run: .*step: /],
    ['a step with a wrong time-out', { timeoutSeconds: 0 }, /step\.timeoutSeconds: /],
  ])('names what is wrong with %s', async (_, change, message) => {
    const { runtime, run, step, action, thing } = await makeScene();
    const handler = createStepHandler(
      async () => ({ action }),
      async () => runtime,
    );
    const event =
      typeof change === 'object' && 'timeoutSeconds' in change
        ? { operation: 'prepare', run, step: { ...step, ...change } }
        : change;
    await expect(call(handler, event)).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringMatching(message),
      nextStep: expect.stringContaining('Deploy again'),
    });
    expect(thing.seen).toEqual([]);
  });

  it('lets the errors of a step through by their names, which the step machine matches', async () => {
    const behaviour = {
      prepare: () => ({
        status: 'refused' as const,
        reasons: [{ what: 'No.', mend: 'Mend it.' }],
        evidence: [],
      }),
    };
    const { runtime, run, step, action } = await makeScene({ behaviour });
    const handler = createStepHandler(
      async () => ({ action }),
      async () => runtime,
    );
    await expect(call(handler, { operation: 'prepare', run, step })).rejects.toMatchObject({
      name: 'RefusedError',
    });
  });
});

describe('the run handler', () => {
  it('marks phases', async () => {
    const { runtime, run, entries } = await makeScene();
    const handler = createRunHandler(async () => runtime);
    expect(await call(handler, { operation: 'phase-started', run, phase: 'activate' })).toEqual({
      phase: 'activate',
    });
    expect(await entries('phase-started')).toHaveLength(1);
  });

  it('takes a failure of null, which a state machine can not leave out, for none', async () => {
    const { runtime, run } = await makeScene();
    const handler = createRunHandler(async () => runtime);
    expect(await call(handler, { operation: 'close', run, failure: null })).toEqual({ outcome: 'recovered' });
  });

  it.each([
    ['an unknown operation', { operation: 'reopen' }, /This is no run event: operation: /],
    [
      'an opening without an execution',
      { operation: 'open', system: 'shop', scenario: 'x' },
      /executionArn: /,
    ],
    ['a run without an id', { operation: 'next-undo', run: { mode: 'drill' } }, /run\.id: /],
  ])('names what is wrong with %s', async (_, event, message) => {
    const { runtime } = await makeScene();
    await expect(
      call(
        createRunHandler(async () => runtime),
        event,
      ),
    ).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringMatching(message),
    });
  });
});

describe('the handler of ended executions', () => {
  it('closes what EventBridge says has ended', async () => {
    const { runtime } = await makeScene();
    const handler = createExecutionEndedHandler(async () => runtime);
    const detail = { executionArn, status: 'SUCCEEDED', startDate: 1773161220000, cause: null };
    expect(await call(handler, { 'detail-type': 'Step Functions Execution Status Change', detail })).toEqual({
      closed: false,
    });
  });

  it('names what is wrong with another event', async () => {
    const { runtime } = await makeScene();
    const handler = createExecutionEndedHandler(async () => runtime);
    await expect(call(handler, { 'detail-type': 'EC2 Instance State-change Notification' })).rejects.toThrow(
      /This is no execution status event: detail-type: .*detail: /,
    );
  });

  it('as deployed says which values of its environment are missing', async () => {
    for (const name of ['LIFEBOAT_SYSTEM', 'LIFEBOAT_TABLE']) vi.stubEnv(name, undefined);
    const detail = { executionArn, status: 'FAILED', startDate: 1773161220000 };
    const event = { 'detail-type': 'Step Functions Execution Status Change', detail };
    await expect(call(executionEndedHandler, event)).rejects.toThrow(/LIFEBOAT_SYSTEM.*LIFEBOAT_TABLE/);
  });
});
