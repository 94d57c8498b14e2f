import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/json.ts';
import {
  bakedStep,
  createBench,
  type Functions,
  inVirtualTime,
  reply,
  run,
  thrown,
} from '../simulator/engine/support.ts';
import { machineArn } from './support.ts';

/** Replies by operation, in order; the last one is repeated. An Error is thrown. */
type Script = Record<string, (Json | Error)[]>;

function scripted(script: Script, answer: Json = { value: 'approve', by: 'ops', at: run.startedAt }) {
  const seen: string[] = [];
  const functions: Functions = ({ payload }) => {
    const operation = String(payload.operation);
    seen.push(operation);
    if (operation === 'ask') {
      setTimeout(() => bench.engine.sendTaskSuccess(String(payload.token), answer), 60_000);
      return { question: 'q' };
    }
    const left = script[operation];
    const next = left && left.length > 1 ? left.shift() : left?.[0];
    if (next === undefined) throw thrown('UnscriptedError', operation);
    if (next instanceof Error) throw next;
    return next;
  };
  const bench = createBench(functions);
  const execute = (operation = 'run', over = {}) =>
    inVirtualTime(
      () =>
        bench.engine.startExecution({
          stateMachineArn: machineArn('step'),
          input: { run, step: { ...bakedStep, ...over }, operation },
        }).result,
    );
  return { ...bench, seen, execute };
}

const good: Script = { prepare: [reply('act')], act: [reply('observe')], observe: [reply('done')] };

describe('a step', () => {
  it('is prepared, acted on, and observed until it is done', async () => {
    const { execute, seen, calls } = scripted({
      ...good,
      observe: [reply('pending', 20), reply('pending', 30), reply('done')],
    });
    expect(await execute()).toMatchObject({ status: 'SUCCEEDED', output: { next: 'done' } });
    expect(seen).toEqual(['prepare', 'act', 'observe', 'observe', 'observe']);
    expect(calls.map(call => call.at.slice(14, 19))).toEqual(['42:00', '42:00', '42:00', '42:20', '42:50']);
  });

  it('that changes nothing is looked at when it is prepared, and again later if need be', async () => {
    const once = scripted({ prepare: [reply('done')] });
    expect(await once.execute()).toMatchObject({ status: 'SUCCEEDED', output: { next: 'done' } });
    const later = scripted({ prepare: [reply('pending', 20)], observe: [reply('done')] });
    expect(await later.execute()).toMatchObject({ status: 'SUCCEEDED' });
    expect(later.calls.map(call => call.at.slice(14, 19))).toEqual(['42:00', '42:20']);
    const next = scripted({ prepare: [reply('observe')], observe: [reply('done')] });
    expect(await next.execute()).toMatchObject({ status: 'SUCCEEDED' });
    expect(next.calls.map(call => call.at.slice(14, 19))).toEqual(['42:00', '42:00']);
  });

  it('is done when its change is seen at once, and is looked at without a wait while it may be any moment', async () => {
    const once = scripted({ ...good, act: [reply('done')] });
    expect(await once.execute()).toMatchObject({ status: 'SUCCEEDED', output: { next: 'done' } });
    expect(once.seen).toEqual(['prepare', 'act']);
    const close = scripted({
      ...good,
      act: [reply('pending', 2)],
      observe: [reply('pending'), reply('pending'), reply('done')],
    });
    expect(await close.execute()).toMatchObject({ status: 'SUCCEEDED' });
    expect(close.entered.filter(state => state === 'Wait for it')).toHaveLength(1);
    expect(close.calls.map(call => call.at.slice(14, 19))).toEqual([
      ...['42:00', '42:00'],
      ...['42:02', '42:02', '42:02'],
    ]);
  });

  it.each(['done', 'skipped'])('changes nothing when there is nothing to do (%s)', async next => {
    const { execute, seen } = scripted({ prepare: [reply(next)] });
    expect(await execute()).toMatchObject({ status: 'SUCCEEDED', output: { next } });
    expect(seen).toEqual(['prepare']);
  });

  it('goes on after rate limits and a handler that died', async () => {
    const { execute, seen } = scripted({
      ...good,
      act: [thrown('ThrottledError'), thrown('Runtime.ExitError'), reply('observe')],
    });
    expect(await execute()).toMatchObject({ status: 'SUCCEEDED' });
    expect(seen).toEqual(['prepare', 'act', 'act', 'act', 'observe']);
  });

  it('does not repeat a failure that stays, and settles it with what was thrown', async () => {
    const { execute, seen, calls } = scripted({
      ...good,
      act: [thrown('RequestRejectedError', 'no such key')],
      settle: [reply('stop')],
    });
    expect(await execute()).toMatchObject({ status: 'FAILED', error: 'StepFailedError' });
    expect(seen).toEqual(['prepare', 'act', 'settle']);
    expect(calls.at(-1)?.payload.failure).toMatchObject({
      Error: 'RequestRejectedError',
      Cause: expect.stringContaining('no such key'),
    });
  });

  it('lets the run go on when the plan says so', async () => {
    const { execute } = scripted({
      ...good,
      observe: [thrown('StepFailedError')],
      settle: [reply('continue')],
    });
    expect(await execute()).toMatchObject({ status: 'SUCCEEDED', output: { next: 'continue' } });
  });

  it('is undone by an execution of its own when the plan says so, and the run ends', async () => {
    const { execute, seen, engine } = scripted({
      ...good,
      observe: [thrown('StepFailedError')],
      settle: [reply('undo')],
      undo: [reply('pending', 10), reply('done')],
    });
    expect(await execute()).toMatchObject({ status: 'FAILED', error: 'StepFailedError' });
    expect(seen).toEqual(['prepare', 'act', 'observe', 'settle', 'undo', 'undo']);
    expect(engine.listExecutions().map(execution => execution.status)).toEqual(['SUCCEEDED', 'FAILED']);
  });

  it('ends the run when not even the failure could be recorded', async () => {
    const { execute } = scripted({
      ...good,
      act: [thrown('StepFailedError')],
      settle: [thrown('InvalidInputError')],
    });
    expect(await execute()).toMatchObject({ status: 'FAILED', error: 'StepFailedError' });
  });

  it('fails on a reply that it does not know', async () => {
    const { execute } = scripted({ prepare: [reply('dance')] });
    expect(await execute()).toMatchObject({ status: 'FAILED', error: 'InvalidInputError' });
  });
});

describe('a person', () => {
  const failing: Script = { ...good, observe: [thrown('StepFailedError')], settle: [reply('ask', 0, 1800)] };

  it.each([
    ['people.approval', 'approval'],
    ['people.task', 'task'],
  ])('is asked by %s, and the step goes on with the answer', async (action, kind) => {
    const { execute, calls } = scripted({ prepare: [reply('ask', 0, 600)], answer: [reply('done')] });
    expect(await execute('run', { action })).toMatchObject({ status: 'SUCCEEDED' });
    expect(calls[1]?.payload).toMatchObject({ operation: 'ask', kind, answerWithinSeconds: 600 });
    expect(calls[2]?.payload).toMatchObject({ operation: 'answer', answer: { value: 'approve', by: 'ops' } });
    expect(calls[2]?.at).toBe('2026-03-10T16:43:00.000Z');
  });

  it('who says no ends the run, and that is recorded', async () => {
    const { execute, seen, calls } = scripted({
      prepare: [reply('ask', 0, 600)],
      answer: [thrown('NotApprovedError')],
      settle: [reply('stop')],
    });
    expect(await execute()).toMatchObject({ status: 'FAILED' });
    expect(seen).toEqual(['prepare', 'ask', 'answer', 'settle']);
    expect(calls.at(-1)?.payload.failure).toMatchObject({ Error: 'NotApprovedError' });
  });

  it('who does not answer in time is an answer too, and the question is closed', async () => {
    const { execute, seen, calls } = scripted({
      prepare: [reply('ask', 0, 30)],
      'timed-out': [{ value: 'timeout', by: 'nobody', at: run.startedAt }],
      answer: [thrown('NotApprovedError')],
      settle: [reply('stop')],
    });
    expect(await execute()).toMatchObject({ status: 'FAILED' });
    expect(seen).toEqual(['prepare', 'ask', 'timed-out', 'answer', 'settle']);
    expect(calls[3]?.payload.answer).toMatchObject({ value: 'timeout' });
  });

  it('can have a failed step tried again, as an execution of its own', async () => {
    const { execute, seen, engine } = scripted({
      ...failing,
      observe: [thrown('StepFailedError'), reply('done')],
      answer: [reply('retry')],
    });
    expect(await execute()).toMatchObject({ status: 'SUCCEEDED', output: { next: 'done' } });
    expect(seen).toEqual([
      'prepare',
      'act',
      'observe',
      'settle',
      'ask',
      'answer',
      'prepare',
      'act',
      'observe',
    ]);
    expect(engine.listExecutions({ stateMachineArn: machineArn('step') })).toHaveLength(2);
  });

  it('can have a failed step skipped', async () => {
    const { execute } = scripted({ ...failing, answer: [reply('skipped')] });
    expect(await execute()).toMatchObject({ status: 'SUCCEEDED', output: { next: 'skipped' } });
  });

  it('who ends the run at a failed step is recorded, whatever the function replies to that', async () => {
    const { execute, seen } = scripted({
      ...failing,
      settle: [reply('ask', 0, 1800), reply('ask', 0, 1800)],
      answer: [thrown('NotApprovedError')],
    });
    expect(await execute()).toMatchObject({ status: 'FAILED', error: 'StepFailedError' });
    expect(seen.slice(3)).toEqual(['settle', 'ask', 'answer', 'settle']);
  });
});

it('takes a question that could not be sent for no answer', async () => {
  const answers: Json[] = [];
  const bench = createBench(({ payload }) => {
    if (payload.operation === 'prepare') return reply('ask', 0, 600);
    if (payload.operation === 'ask') throw thrown('RequestRejectedError');
    if (payload.operation === 'answer') answers.push(payload.answer ?? null);
    return reply('stop');
  });
  const { result } = await inVirtualTime(async () => ({
    result: await bench.engine.startExecution({
      stateMachineArn: machineArn('step'),
      input: { run, step: bakedStep, operation: 'run' },
    }).result,
  }));
  expect(result.status).toBe('FAILED');
  expect(answers).toEqual([expect.objectContaining({ value: 'timeout', by: 'nobody', at: run.startedAt })]);
});

describe('undoing', () => {
  it('is repeated until it is done', async () => {
    const { execute, seen } = scripted({ undo: [reply('pending', 10), reply('done')] });
    expect(await execute('undo')).toMatchObject({ status: 'SUCCEEDED' });
    expect(seen).toEqual(['undo', 'undo']);
  });

  it('that fails is recorded and fails', async () => {
    const { execute, seen } = scripted({ undo: [thrown('StepFailedError')], settle: [reply('stop')] });
    expect(await execute('undo')).toMatchObject({ status: 'FAILED', error: 'StepFailedError' });
    expect(seen).toEqual(['undo', 'settle']);
  });
});

describe('the tear-down', () => {
  it('undoes step by step and is not held up by one that fails', async () => {
    const left = ['c', 'b', 'a'];
    const undone: string[] = [];
    const bench = createBench(({ payload }) => {
      if (payload.operation === 'next-undo') {
        const id = left.shift();
        return id ? { next: 'undo', step: { ...bakedStep, id } } : { next: 'done', step: null };
      }
      const { id } = payload.step as { id: string };
      if (payload.operation === 'settle') return reply('stop');
      if (id === 'b') throw thrown('StepFailedError');
      undone.push(id);
      return reply('done');
    });
    const result = await inVirtualTime(
      () =>
        bench.engine.startExecution({ stateMachineArn: machineArn('teardown'), input: { run, undone: 0 } })
          .result,
    );
    expect(result.status).toBe('SUCCEEDED');
    expect(undone).toEqual(['c', 'a']);
    expect(bench.engine.listExecutions({ stateMachineArn: machineArn('step') })).toHaveLength(3);
  });
});

describe('communication', () => {
  it('goes on after a failure, starts itself anew after 150 ticks, and ends with the incident', async () => {
    let ticks = 0;
    const bench = createBench(() => {
      ticks += 1;
      if (ticks === 3) throw thrown('RequestRejectedError');
      return ticks < 200 ? { next: 'wait', waitSeconds: 30 } : { next: 'done', waitSeconds: 0 };
    });
    const statuses = await inVirtualTime(async () => {
      await bench.engine.startExecution({
        stateMachineArn: machineArn('communicate'),
        input: { run, ticks: 0, rounds: 0 },
      }).result;
      await new Promise(resolve => setTimeout(resolve, 7_200_000));
      return bench.engine.listExecutions().map(execution => execution.status);
    });
    expect(ticks).toBe(200);
    expect(statuses).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    const [last] = bench.engine.listExecutions();
    expect(JSON.parse(last?.input ?? '')).toMatchObject({ ticks: 0, rounds: 1 });
  });
});
