import { describe, expect, it } from 'vitest';
import { undoTimeoutSeconds } from '../../shared/runbook/undo-step.ts';
import { at, makeScene, type Scene } from './fixture.ts';

const failure = { Error: 'StepFailedError', Cause: 'It did not come up' };

async function done(options: Parameters<typeof makeScene>[0] = {}): Promise<Scene> {
  const scene = await makeScene(options);
  for (const operation of ['prepare', 'act', 'observe'] as const) await scene.call(operation);
  return scene;
}

describe('undoing a step', () => {
  it('is called until what was before is back, and is told once', async () => {
    const scene = await done();
    expect(await scene.call('undo')).toMatchObject({ next: 'pending', waitSeconds: 1 });
    expect(await scene.record()).toMatchObject({ status: 'undoing', undone: false });
    scene.wait(30);
    expect(await scene.call('undo')).toMatchObject({ next: 'done' });
    expect(await scene.record()).toMatchObject({ status: 'undone', undone: true, endedAt: at(30) });
    expect(await scene.call('undo')).toMatchObject({ next: 'done' });
    expect(scene.thing.target).toBe(1);
    expect(await scene.said()).toEqual(['preparing 1', 'acting 1', 'done 1', 'undoing 1', 'undone 1']);
  });

  it('lists its own change beside the one that it takes back', async () => {
    const scene = await done();
    await scene.call('undo');
    await scene.call('undo');
    expect((await scene.entries('change')).map(({ what }) => what)).toEqual(['From 1 to 3', 'From 3 to 1']);
  });

  it('has a clock of its own', async () => {
    const scene = await done();
    scene.wait(5000);
    await scene.call('undo');
    scene.wait(20);
    await scene.call('undo');
    expect(scene.thing.seen.slice(-2)).toEqual(['undo to 1 after 0', 'undo to 1 after 20']);
  });

  it('goes back to before the first attempt, not to what the second one found', async () => {
    const scene = await makeScene({ takesSeconds: 9999 });
    await scene.call('prepare');
    await scene.call('act');
    await scene.call('settle', { failure });
    await scene.call('prepare');
    await scene.call('act');
    expect(await scene.record()).toMatchObject({ baseline: { before: 3 }, undoBaseline: { before: 1 } });
    await scene.call('undo');
    expect(scene.thing.target).toBe(1);
  });

  it('does nothing for a step that changed nothing', async () => {
    const scene = await makeScene();
    expect(await scene.call('undo')).toMatchObject({ next: 'done' });
    await scene.call('prepare');
    expect(await scene.call('undo')).toMatchObject({ next: 'done' });
    expect(scene.thing.seen).toEqual(['prepare 3 none']);
  });

  it('leaves a step as it is whose kind has no way back', async () => {
    const scene = await done({ behaviour: { undo: null } });
    expect(await scene.call('undo')).toMatchObject({ next: 'done' });
    expect(await scene.record()).toMatchObject({ status: 'done', undone: false });
  });
});

describe('an undo that fails', () => {
  const failing = {
    undo: () => ({
      status: 'failed' as const,
      reasons: [{ what: 'Somebody changed it since.', mend: 'Look who did.' }],
      evidence: [],
    }),
  };

  it('is settled apart from the failure of the step itself, and both are told', async () => {
    const scene = await makeScene({ step: { onFailure: 'undo' }, behaviour: failing });
    await scene.call('prepare');
    await scene.call('act');
    expect(await scene.call('settle', { failure })).toMatchObject({ next: 'undo' });
    await expect(scene.call('undo')).rejects.toMatchObject({
      name: 'StepFailedError',
      message: 'Somebody changed it since.',
      nextStep: 'Look who did.',
    });
    const undoFailure = { Error: 'StepFailedError', Cause: 'Somebody changed it since.' };
    for (const _ of [1, 2]) {
      expect(await scene.call('settle', { failure: undoFailure })).toMatchObject({ next: 'stop' });
    }
    expect(await scene.record()).toMatchObject({
      status: 'failed',
      error: { message: 'It did not come up' },
      undoError: { message: 'Somebody changed it since.' },
    });
    expect((await scene.stepEntries()).slice(2)).toMatchObject([
      { status: 'failed', error: 'StepFailedError: It did not come up' },
      { status: 'undoing' },
      {
        status: 'failed',
        error: 'StepFailedError: Somebody changed it since.',
        note: 'It could not be undone',
      },
    ]);
  });

  it('may be tried again from its beginning', async () => {
    let fails = true;
    const scene = await done({ behaviour: { undo: () => (fails ? failing.undo() : undefined) } });
    await expect(scene.call('undo')).rejects.toThrow();
    await scene.call('settle', { failure });
    fails = false;
    await scene.call('undo');
    expect(await scene.call('undo')).toMatchObject({ next: 'done' });
    const record = await scene.record();
    expect(record).toMatchObject({ status: 'undone' });
    expect(record).not.toHaveProperty('undoError');
  });

  it('ends after an hour and says what to look for', async () => {
    const scene = await done({ behaviour: { undo: () => ({ status: 'pending', note: 'still deleting' }) } });
    await scene.call('undo');
    scene.wait(undoTimeoutSeconds - 1);
    expect(await scene.call('undo')).toMatchObject({ next: 'pending' });
    scene.wait(1);
    await expect(scene.call('undo')).rejects.toMatchObject({
      message: 'Not undone after 3600 s: still deleting',
      nextStep: expect.stringContaining('lifeboat:run = 20260310-3f9c1a'),
    });
  });
});
