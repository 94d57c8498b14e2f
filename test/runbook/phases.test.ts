import { describe, expect, it } from 'vitest';
import { handleRun } from '../../shared/runbook/handle-run.ts';
import { beginPhase, endPhase, stepsOf } from '../../shared/runbook/phases.ts';
import { type StepRecord, writeStep } from '../../shared/runbook/step-record.ts';
import { firstRecord } from '../../shared/runbook/step-work.ts';
import { makePlan } from '../communication/fixture.ts';
import { at, makeScene, makeStep, type Scene } from './fixture.ts';

async function put(scene: Scene, id: string, status: StepRecord['status']): Promise<void> {
  await writeStep(scene.runtime.store, scene.run.id, id, () => ({
    ...firstRecord(makeStep({ id }), at(0)),
    status,
  }));
}

describe('the end of a phase', () => {
  it.each(['done', 'skipped'] as const)('is well when its steps are %s', async status => {
    const scene = await makeScene();
    await beginPhase(scene.runtime, scene.run, 'activate');
    await put(scene, 'restore', status);
    await endPhase(scene.runtime, scene.run, 'activate');
    await endPhase(scene.runtime, scene.run, 'activate');
    expect(await scene.entries('phase-started')).toHaveLength(1);
    expect(await scene.entries('phase-ended')).toEqual([
      { type: 'phase-ended', run: scene.run.id, phase: 'activate', ok: true, failedSteps: [] },
    ]);
  });

  it('names the steps that are neither, also those that never began', async () => {
    const scene = await makeScene();
    await put(scene, 'check-api', 'failed');
    await expect(endPhase(scene.runtime, scene.run, 'verify')).rejects.toMatchObject({
      name: 'PhaseFailedError',
      message: 'The phase "Verify" ended without: check-api, check-dns',
    });
    expect(await scene.entries('phase-ended')).toMatchObject([
      { ok: false, failedSteps: ['check-api', 'check-dns'] },
    ]);
  });

  it('does not need steps that may fail', async () => {
    const scene = await makeScene();
    const [restore] = stepsOf(scene.runtime.plan.scenarios['region-failure']?.phases[0]?.steps ?? []);
    if (restore) restore.onFailure = 'continue';
    await put(scene, 'restore', 'failed');
    await expect(endPhase(scene.runtime, scene.run, 'activate')).resolves.toBeUndefined();
  });

  it('that the plan does not know is an error, since its steps can not be checked', async () => {
    const scene = await makeScene();
    await expect(endPhase(scene.runtime, scene.run, 'other')).rejects.toMatchObject({
      name: 'InvalidInputError',
    });
  });
});

it('steps of parallel branches belong to the phase, in the order of the plan', () => {
  const plan = makePlan(draft => {
    const { scenarios } = draft as { scenarios: Record<string, { phases: { steps: unknown[] }[] }> };
    const step = (id: string) => ({ id, do: 'thing.resize' });
    scenarios['region-failure']?.phases[0]?.steps.push({ parallel: [[step('a'), step('b')], [step('c')]] });
  });
  const items = plan.scenarios['region-failure']?.phases[0]?.steps ?? [];
  expect(stepsOf(items).map(({ id }) => id)).toEqual(['restore', 'a', 'b', 'c']);
});

it('the run function answers with what the state machine needs', async () => {
  const scene = await makeScene();
  const { runtime, run } = scene;
  expect(await handleRun(runtime, { operation: 'phase-started', run, phase: 'activate' })).toEqual({
    phase: 'activate',
  });
  await put(scene, 'restore', 'done');
  expect(await handleRun(runtime, { operation: 'phase-ended', run, phase: 'activate' })).toEqual({
    phase: 'activate',
  });
  expect(
    await handleRun(runtime, { operation: 'phase-ended', run, phase: 'activate', next: 'prove' }),
  ).toEqual({ phase: 'prove' });
  expect(await scene.entries('phase-started')).toMatchObject([{ phase: 'activate' }, { phase: 'prove' }]);
  expect(await handleRun(runtime, { operation: 'next-undo', run })).toEqual({ next: 'done', step: null });
  expect(await handleRun(runtime, { operation: 'close', run, failure: undefined })).toEqual({
    outcome: 'recovered',
  });
});
