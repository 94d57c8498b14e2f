import { describe, expect, it } from 'vitest';
import { acquireLock, readLock } from '../../shared/incident/lock.ts';
import { holdSystem, lockSeconds } from '../../shared/runbook/hold-system.ts';
import { updateRun } from '../../shared/runbook/run-record.ts';
import { at, makeScene, type Scene } from './fixture.ts';

async function locked(holder?: string): Promise<Scene> {
  const scene = await makeScene();
  const { runtime, run } = scene;
  await acquireLock(runtime.store, runtime.clock, run.system, {
    incidentId: run.incidentId,
    runId: holder ?? run.id,
    expiresAt: at(lockSeconds),
  });
  return scene;
}
const lockOf = ({ runtime, run }: Scene) => readLock(runtime.store, run.system);

describe('the lock of a run that goes on', () => {
  it('is not written while there is time enough', async () => {
    const scene = await locked();
    const before = scene.writes();
    await holdSystem(scene.runtime, scene.run, scene.step);
    expect(scene.writes()).toBe(before);
    expect(await lockOf(scene)).toMatchObject({ expiresAt: at(lockSeconds) });
  });

  it('outlives a run that takes days, because each step prolongs it', async () => {
    const scene = await locked();
    for (let day = 0; day < 5; day++) {
      scene.wait(lockSeconds * 0.9);
      await holdSystem(scene.runtime, scene.run, scene.step);
      const lock = await lockOf(scene);
      expect(Date.parse(lock?.expiresAt ?? '')).toBeGreaterThanOrEqual(
        scene.runtime.clock.now().getTime() + (scene.step.timeoutSeconds + lockSeconds / 2) * 1000,
      );
    }
  });

  it('covers a step that takes longer than a day', async () => {
    const scene = await locked();
    const step = { ...scene.step, timeoutSeconds: 3 * 86_400 };
    await holdSystem(scene.runtime, scene.run, step);
    expect(await lockOf(scene)).toMatchObject({ expiresAt: at(step.timeoutSeconds + lockSeconds) });
  });

  it('ends the run that has lost it to another, before anything is looked at', async () => {
    const scene = await locked('another-run');
    await expect(scene.call('prepare')).rejects.toMatchObject({
      name: 'AbortedError',
      message: expect.stringContaining('another-run'),
    });
    expect(scene.thing.seen).toEqual([]);
  });
});

describe('a run that has ended', () => {
  it.each(['prepare', 'act', 'observe'] as const)('begins nothing more: %s', async operation => {
    const scene = await locked();
    await scene.call('prepare');
    const seen = [...scene.thing.seen];
    await updateRun(scene.runtime.store, scene.run.id, record => ({ ...record, outcome: 'failed' }));
    await expect(scene.call(operation)).rejects.toMatchObject({
      name: 'AbortedError',
      message: expect.stringContaining('ended already'),
    });
    expect(scene.thing.seen).toEqual(seen);
  });
});
