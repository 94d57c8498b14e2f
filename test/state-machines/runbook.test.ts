import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/json.ts';
import type { PhaseItem } from '../../shared/plan/schema.ts';
import { compileRunbook } from '../../state-machines/compile-runbook.ts';
import { createBench, inVirtualTime, reply, run, thrown } from '../simulator/engine/support.ts';
import { liquidAbt, machineArn, planWith, step } from './support.ts';

const { plan, actions } = await liquidAbt();

type Overrides = Partial<Record<string, () => Json>>;

/** Runs a compiled scenario with functions for which everything goes well, apart from what is overridden. */
async function execute(items: PhaseItem[], overrides: Overrides = {}, mode = 'recover') {
  const compiled = compileRunbook(planWith(plan, items, ['recover', 'drill']), 'test', actions);
  const happened: string[] = [];
  const bench = createBench(
    ({ function: name, payload }) => {
      const operation = String(payload.operation ?? name);
      const { id = '' } = (payload.step ?? {}) as { id?: string };
      const what = id === '' ? operation : `${operation} ${id}`;
      happened.push(what);
      const override = overrides[what];
      if (override) return override();
      return replies(operation, mode);
    },
    { runbook: compiled },
  );
  const result = await inVirtualTime(
    () =>
      bench.engine.startExecution({ stateMachineArn: machineArn('runbook'), name: 'one', input: {} }).result,
  );
  const aside = ['communicate', 'wake'];
  return { result, happened: happened.filter(what => !aside.includes(what)), bench };
}

function replies(operation: string, mode: string): Json {
  switch (operation) {
    case 'open':
      return { opened: 'opened', run: { ...run, mode } };
    case 'close':
      return { outcome: 'recovered' };
    case 'next-undo':
      return { next: 'done', step: null };
    case 'communicate':
      return { next: 'done', waitSeconds: 0 };
    case 'prepare':
      return reply('act');
    case 'act':
      return reply('observe');
    case 'observe':
    case 'undo':
      return reply('done');
    case 'settle':
      return reply('stop');
    default:
      return { phase: 'phase' };
  }
}

const fail = (name: string) => () => {
  throw thrown(name);
};
const closedWith = (bench: Awaited<ReturnType<typeof execute>>['bench']) =>
  bench.calls.find(call => call.payload.operation === 'close')?.payload.failure;

describe('a compiled runbook', () => {
  it('opens the run, goes through the phase in order, and closes it without a failure', async () => {
    const { result, happened, bench } = await execute([step('a'), step('b')]);
    expect(result.status).toBe('SUCCEEDED');
    expect(happened).toEqual([
      'open',
      'phase-started',
      ...['prepare a', 'act a', 'observe a'],
      ...['prepare b', 'act b', 'observe b'],
      'phase-ended',
      'close',
      'report',
    ]);
    expect(closedWith(bench)).toBeNull();
    expect(bench.calls[0]?.payload).toMatchObject({
      input: {},
      executionName: 'one',
      executionStartedAt: run.startedAt,
    });
  });

  it('has the functions of its steps started while the run is opened, and waits for none of them', async () => {
    const { result, bench } = await execute([step('a'), step('b'), step('c', { do: 'dns.check' })], {
      wake: fail('RequestRejectedError'),
    });
    expect(result.status).toBe('SUCCEEDED');
    const woken = bench.calls.filter(call => call.payload.operation === 'wake');
    expect(woken.map(call => [call.function, call.at])).toEqual([
      ['dns', run.startedAt],
      ['http', run.startedAt],
    ]);
  });

  it('has recovered even when its report can not be written', async () => {
    const { result, bench } = await execute([step('a')], { report: fail('RequestRejectedError') });
    expect(result.status).toBe('SUCCEEDED');
    expect(bench.calls.find(call => call.function === 'report')?.payload).toMatchObject({
      run: { id: run.id },
    });
  });

  it('starts the communication once, beside the recovery', async () => {
    const { bench } = await execute([step('a')]);
    const told = bench.engine.listExecutions({ stateMachineArn: machineArn('communicate') });
    expect(told.map(execution => execution.name)).toEqual([`${run.id}-communicate`]);
  });

  it('recovers even when nobody can be told', async () => {
    const { result } = await execute([step('a')], { communicate: fail('RequestRejectedError') });
    expect(result.status).toBe('SUCCEEDED');
  });

  it('gives each step an execution that is named after run and step', async () => {
    const { bench } = await execute([step('a'), step('b')]);
    const names = bench.engine
      .listExecutions({ stateMachineArn: machineArn('step') })
      .map(execution => execution.name);
    expect(names.sort()).toEqual([`${run.id}-a`, `${run.id}-b`]);
  });

  it('begins nothing after a step that failed, and closes the run with the failure', async () => {
    const { result, happened, bench } = await execute([step('a'), step('b')], {
      'act a': fail('StepFailedError'),
      close: () => ({ outcome: 'failed' }),
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'PhaseFailedError' });
    expect(happened).toEqual(['open', 'phase-started', 'prepare a', 'act a', 'settle a', 'close', 'report']);
    expect(closedWith(bench)).toMatchObject({
      Error: 'States.TaskFailed',
      Cause: expect.stringContaining('StepFailedError'),
    });
  });

  it('lets the other branches end when one stops, and begins nothing after the group', async () => {
    let looks = 0;
    const { happened, bench } = await execute(
      [
        {
          parallel: [
            [step('a'), step('b')],
            [step('c'), step('d')],
          ],
        },
        step('e'),
      ],
      {
        'act a': fail('StepFailedError'),
        'observe c': () => (++looks < 3 ? reply('pending', 60) : reply('done')),
        close: () => ({ outcome: 'failed' }),
      },
    );
    expect(happened).toContain('observe d');
    expect(happened).not.toContain('prepare b');
    expect(happened).not.toContain('prepare e');
    expect(closedWith(bench)).toMatchObject({
      Error: 'PhaseFailedError',
      Cause: expect.stringContaining('"Phase"'),
    });
  });

  it('closes the run when the phase finds a step missing at its end', async () => {
    const { result, bench } = await execute([step('a')], {
      'phase-ended': fail('PhaseFailedError'),
      close: () => ({ outcome: 'failed' }),
    });
    expect(result.status).toBe('FAILED');
    expect(closedWith(bench)).toMatchObject({ Error: 'PhaseFailedError' });
  });

  it.each([
    ['succeeded', {}, 'SUCCEEDED'],
    ['failed', { 'act a': fail('StepFailedError'), close: () => ({ outcome: 'failed' }) }, 'FAILED'],
  ])('takes a drill back that has %s, before it is closed', async (_, overrides: Overrides, status) => {
    const { result, happened } = await execute([step('a')], overrides, 'drill');
    expect(result.status).toBe(status);
    expect(happened.slice(-3)).toEqual(['next-undo', 'close', 'report']);
  });

  it('takes back nothing that is not a drill', async () => {
    expect((await execute([step('a')])).happened).not.toContain('next-undo');
  });

  it('changes nothing when another run is under way', async () => {
    const { result, happened } = await execute([step('a')], {
      open: () => ({ opened: 'attached', run: null }),
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(happened).toEqual(['open']);
  });

  it('changes nothing when the run can’t be opened', async () => {
    const { result, happened } = await execute([step('a')], { open: fail('InvalidInputError') });
    expect(result).toMatchObject({ status: 'FAILED', error: 'RefusedError' });
    expect(happened).toEqual(['open']);
  });

  it('fails when the run can’t be closed', async () => {
    const { result } = await execute([step('a')], { close: fail('RequestRejectedError') });
    expect(result).toMatchObject({ status: 'FAILED', error: 'ServiceUnavailableError' });
  });
});
