import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../shared/aws/names.ts';
import { acquireLock, readLock } from '../../shared/incident/lock.ts';
import { closeRun } from '../../shared/runbook/close-run.ts';
import { closeEndedExecution, type ExecutionEnded } from '../../shared/runbook/execution-ended.ts';
import { createRun, readRun } from '../../shared/runbook/run-record.ts';
import { openedAt } from '../communication/fixture.ts';
import { at, executionArn, makeScene } from './fixture.ts';

const runId = runIdOf(executionArn, openedAt);

function ended(status: ExecutionEnded['detail']['status'], cause?: string): ExecutionEnded {
  return {
    'detail-type': 'Step Functions Execution Status Change',
    detail: { executionArn, status, startDate: Date.parse(openedAt), cause },
  };
}

/** A run under the id that follows from its execution, holding the lock. */
async function running(options: { stored: boolean } = { stored: true }) {
  const scene = await makeScene();
  const { runtime } = scene;
  const run = { ...scene.run, id: runId };
  if (options.stored) await createRun(runtime.store, run, executionArn);
  await acquireLock(runtime.store, runtime.clock, 'shop', {
    incidentId: run.incidentId,
    runId,
    expiresAt: at(3600),
  });
  return { ...scene, run };
}

describe('an execution that ended', () => {
  it.each([
    ['ABORTED', 'aborted'],
    ['FAILED', 'failed'],
    ['TIMED_OUT', 'failed'],
  ] as const)(
    'as %s without closing its run has it closed as %s and the lock given back',
    async (status, outcome) => {
      const { runtime, entries } = await running();
      expect(await closeEndedExecution(runtime, ended(status))).toEqual({ closed: true });
      expect((await readRun(runtime.store, runId))?.outcome).toBe(outcome);
      expect(await readLock(runtime.store, 'shop')).toBeUndefined();
      expect(await entries('run-ended')).toMatchObject([
        { outcome, reasons: [{ what: expect.stringContaining(executionArn) }] },
      ]);
    },
  );

  it('says the cause that Step Functions gives', async () => {
    const { runtime, entries } = await running();
    await closeEndedExecution(runtime, ended('FAILED', 'Too many events'));
    expect((await entries('run-ended'))[0]?.reasons[0]?.what).toBe('Execution FAILED: Too many events');
  });

  it('is closed once, however often the event is delivered', async () => {
    const { runtime, entries } = await running();
    await closeEndedExecution(runtime, ended('FAILED'));
    expect(await closeEndedExecution(runtime, ended('FAILED'))).toEqual({ closed: false });
    expect(await entries('run-ended')).toHaveLength(1);
  });

  it('by itself after closing its run is left as it is', async () => {
    const { runtime, run, entries } = await running();
    await closeRun(runtime, run, { Error: 'StepFailedError', Cause: 'x' });
    expect(await closeEndedExecution(runtime, ended('FAILED'))).toEqual({ closed: false });
    expect(await entries('run-ended')).toHaveLength(1);
  });

  it.each(['RUNNING', 'SUCCEEDED'] as const)('is not one while it is %s', async status => {
    const { runtime } = await running();
    expect(await closeEndedExecution(runtime, ended(status))).toEqual({ closed: false });
    expect(await readLock(runtime.store, 'shop')).toMatchObject({ runId });
  });

  it('between taking the lock and storing its run gives the lock back', async () => {
    const { runtime } = await running({ stored: false });
    expect(await closeEndedExecution(runtime, ended('FAILED'))).toEqual({ closed: false });
    expect(await readLock(runtime.store, 'shop')).toBeUndefined();
  });

  it('that only attached leaves the lock with the run that has it', async () => {
    const { runtime } = await running();
    const other = ended('FAILED');
    other.detail.executionArn = `${executionArn}-other`;
    expect(await closeEndedExecution(runtime, other)).toEqual({ closed: false });
    expect(await readLock(runtime.store, 'shop')).toMatchObject({ runId });
  });
});
