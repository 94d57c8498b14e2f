import { PublishCommand } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { readIncident } from '../../shared/incident/incident.ts';
import { acquireLock, readLock } from '../../shared/incident/lock.ts';
import { closeRun, judge } from '../../shared/runbook/close-run.ts';
import { readRun } from '../../shared/runbook/run-record.ts';
import type { StepRecord } from '../../shared/runbook/step-record.ts';
import { firstRecord } from '../../shared/runbook/step-work.ts';
import { at, makeScene, makeStep, type Scene } from './fixture.ts';

function record(status: StepRecord['status'], error?: string, more: Partial<StepRecord> = {}): StepRecord {
  return {
    ...firstRecord(makeStep(), at(0)),
    status,
    ...(error && { error: { name: error, message: 'it broke' } }),
    ...more,
  };
}

const phaseFailed = { Error: 'StepFailedError', Cause: 'The step is neither done nor skipped.' };
const optional = { step: makeStep({ onFailure: 'continue' }) };

describe('what became of a run', () => {
  it.each<[string, StepRecord[], typeof phaseFailed | undefined, boolean, string]>([
    ['nothing failed', [record('done')], undefined, true, 'recovered'],
    ['nothing failed and nothing was changed', [record('skipped')], undefined, false, 'recovered'],
    [
      'a step failed that may fail',
      [record('failed', 'StepFailedError', optional)],
      undefined,
      true,
      'recovered',
    ],
    ['a step was done at its second attempt', [record('done')], undefined, true, 'recovered'],
    ['a step failed', [record('done'), record('failed', 'StepFailedError')], phaseFailed, true, 'failed'],
    ['a step failed and was undone', [record('undone', 'StepFailedError')], phaseFailed, true, 'failed'],
    ['a step ran out of time', [record('failed', 'StepTimedOutError')], phaseFailed, true, 'failed'],
    ['a guard said no at the start', [record('refused', 'RefusedError')], phaseFailed, false, 'refused'],
    [
      'two branches were refused',
      [record('refused', 'RefusedError'), record('refused', 'RefusedError')],
      phaseFailed,
      false,
      'refused',
    ],
    ['a guard said no after a change', [record('refused', 'RefusedError')], phaseFailed, true, 'failed'],
    [
      'one branch was refused, one failed',
      [record('refused', 'RefusedError'), record('failed', 'StepFailedError')],
      phaseFailed,
      false,
      'failed',
    ],
    [
      'refused, beside a failure that may be',
      [record('refused', 'RefusedError'), record('failed', 'StepFailedError', optional)],
      phaseFailed,
      false,
      'refused',
    ],
    ['a person said no', [record('failed', 'NotApprovedError')], phaseFailed, false, 'aborted'],
    [
      'nobody answered about a failed step',
      [record('failed', 'NotApprovedError', { reasons: [] })],
      phaseFailed,
      true,
      'aborted',
    ],
    [
      'a person stopped it',
      [record('failed', 'AbortedError'), record('failed', 'StepFailedError')],
      phaseFailed,
      true,
      'aborted',
    ],
    [
      'it was stopped in the console',
      [record('acting')],
      { Error: 'AbortedError', Cause: 'stopped' },
      true,
      'aborted',
    ],
    [
      'a failed step was skipped by a person and the run failed later',
      [record('skipped', 'NotApprovedError')],
      phaseFailed,
      true,
      'failed',
    ],
    [
      'the machine itself failed',
      [record('acting')],
      { Error: 'States.Runtime', Cause: 'no such path' },
      false,
      'failed',
    ],
  ])('%s', (_, steps, failure, changed, outcome) => {
    expect(judge(steps, failure, changed).outcome).toBe(outcome);
  });

  it('has the reasons of each step that broke it', () => {
    const reasons = [{ what: 'No snapshot.', mend: 'Copy one.' }];
    const steps = [record('refused', 'RefusedError', { reasons }), record('failed', 'StepFailedError')];
    expect(judge(steps, phaseFailed, true).reasons).toEqual([
      ...reasons,
      { what: 'Resize the thing: it broke', mend: expect.stringContaining('start the scenario again') },
    ]);
  });

  it('has what the machine says when no step broke it', () => {
    expect(judge([], { Error: 'States.Timeout', Cause: 'too long' }, true).reasons).toMatchObject([
      { what: 'States.Timeout: too long' },
    ]);
  });

  it('names what could not be undone, even after a success', () => {
    const undoError = { name: 'StepFailedError', message: 'it is in use' };
    const { outcome, reasons } = judge([record('failed', undefined, { undoError })], undefined, true);
    expect(outcome).toBe('recovered');
    expect(reasons).toMatchObject([{ what: 'Resize the thing could not be undone: it is in use' }]);
  });
});

async function locked(options: Parameters<typeof makeScene>[0] = {}): Promise<Scene> {
  const scene = await makeScene(options);
  const { runtime, run } = scene;
  scene.sns.on(PublishCommand).resolves({ MessageId: 'm-1' });
  await acquireLock(runtime.store, runtime.clock, 'shop', {
    incidentId: run.incidentId,
    runId: run.id,
    expiresAt: at(3600),
  });
  return scene;
}

describe('closing', () => {
  it('after a recovery says so, gives the lock back and resolves the incident', async () => {
    const { runtime, run, entries } = await locked();
    expect(await closeRun(runtime, run, undefined)).toEqual({ outcome: 'recovered' });
    expect(await entries('run-ended')).toMatchObject([{ run: run.id, outcome: 'recovered', reasons: [] }]);
    expect(await readRun(runtime.store, run.id)).toMatchObject({ outcome: 'recovered', endedAt: at(0) });
    expect(await readLock(runtime.store, 'shop')).toBeUndefined();
    expect(await readIncident(runtime.store, run.incidentId)).toMatchObject({
      status: 'resolved',
      resolvedBy: `run ${run.id}`,
    });
  });

  it('after a failure leaves the incident open for people', async () => {
    const { runtime, run } = await locked();
    expect(await closeRun(runtime, run, phaseFailed)).toEqual({ outcome: 'failed' });
    expect((await readIncident(runtime.store, run.incidentId))?.status).toBe('open');
    expect(await readLock(runtime.store, 'shop')).toBeUndefined();
  });

  it.each(['drill', 'dry-run'] as const)('resolves the incident of a %s in any case', async mode => {
    const { runtime, run } = await locked({ mode });
    await closeRun(runtime, run, phaseFailed);
    expect((await readIncident(runtime.store, run.incidentId))?.status).toBe('resolved');
  });

  it('finds out from the ledger whether anything was changed', async () => {
    const refuses = {
      prepare: () => ({
        status: 'refused' as const,
        reasons: [{ what: 'No.', mend: 'Mend it.' }],
        evidence: [],
      }),
    };
    const scene = await locked({ behaviour: refuses });
    await expect(scene.call('prepare')).rejects.toThrow();
    await scene.call('settle', { failure: { Error: 'RefusedError' } });
    expect(await closeRun(scene.runtime, scene.run, phaseFailed)).toEqual({ outcome: 'refused' });
    expect(await scene.entries('run-ended')).toMatchObject([
      { reasons: [{ what: 'No.', mend: 'Mend it.' }] },
    ]);
  });

  it('again, with another view of things, keeps the outcome that was said', async () => {
    const { runtime, run, entries } = await locked();
    await closeRun(runtime, run, undefined);
    const record = await readRun(runtime.store, run.id);
    expect(await closeRun(runtime, run, phaseFailed)).toEqual({ outcome: 'recovered' });
    expect(await readRun(runtime.store, run.id)).toEqual(record);
    expect(await entries('run-ended')).toHaveLength(1);
  });

  it('is not undone by messages that can not be sent', async () => {
    const scene = await locked();
    scene.sns.on(PublishCommand).rejects(new Error('no network'));
    expect(await closeRun(scene.runtime, scene.run, undefined)).toEqual({ outcome: 'recovered' });
  });

  it('cut short anywhere and called again gives the lock back and says the end once', async () => {
    const scene = await locked();
    const before = scene.writes();
    for (let write = before + 1; write <= before + 4; write++) {
      scene.crashes.push({ write, when: 'before' });
    }
    for (let attempt = 0; attempt < 8; attempt++) {
      await closeRun(scene.runtime, scene.run, undefined).catch(() => {});
    }
    expect(await scene.entries('run-ended')).toHaveLength(1);
    expect(await scene.entries('incident-resolved')).toHaveLength(1);
    expect(await readLock(scene.runtime.store, 'shop')).toBeUndefined();
  });
});
