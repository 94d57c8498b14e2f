import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { createQuestion, readQuestion } from '../../shared/communication/questions.ts';
import { abortRun } from '../../shared/runbook/abort-run.ts';
import { readRun, updateRun } from '../../shared/runbook/run-record.ts';
import { makeScene, type Scene } from './fixture.ts';

const failure = { Error: 'AbortedError', Cause: 'ben stopped the run' };

describe('a run that a person stops', () => {
  it.each([
    ['prepare', []],
    ['act', ['prepare']],
    ['observe', ['prepare', 'act']],
  ] as const)('begins no %s', async (operation, before) => {
    const scene = await makeScene();
    for (const earlier of before) await scene.call(earlier);
    const seen = [...scene.thing.seen];
    await abortRun(scene.runtime, scene.run.id, { by: 'ben', reason: 'false alarm' });
    await expect(scene.call(operation)).rejects.toMatchObject({
      name: 'AbortedError',
      message: 'ben stopped the run: false alarm',
    });
    expect(scene.thing.seen).toEqual(seen);
    expect(await scene.call('settle', { failure })).toMatchObject({ next: 'stop' });
  });

  it('still takes back what it did', async () => {
    const scene = await makeScene({ mode: 'drill' });
    for (const operation of ['prepare', 'act', 'observe'] as const) await scene.call(operation);
    await abortRun(scene.runtime, scene.run.id, { by: 'ben' });
    await scene.call('undo');
    expect(await scene.call('undo')).toMatchObject({ next: 'done' });
    expect(scene.thing.target).toBe(1);
  });

  it('keeps who stopped it first, and says it once', async () => {
    const scene = await makeScene();
    await abortRun(scene.runtime, scene.run.id, { by: 'ben' });
    await abortRun(scene.runtime, scene.run.id, { by: 'cyd', reason: 'me too' });
    expect(await readRun(scene.runtime.store, scene.run.id)).toMatchObject({ abortedBy: 'ben' });
    expect(await scene.entries('note')).toMatchObject([
      { by: 'ben', what: `ben stopped the run ${scene.run.id}` },
    ]);
  });

  it('is left as it is when it has ended', async () => {
    const scene = await makeScene();
    await updateRun(scene.runtime.store, scene.run.id, record => ({ ...record, outcome: 'recovered' }));
    expect(await abortRun(scene.runtime, scene.run.id, { by: 'ben' })).not.toHaveProperty('abortedBy');
    expect(await scene.entries('note')).toEqual([]);
  });

  it('that is not there is an error', async () => {
    const scene = await makeScene();
    await expect(abortRun(scene.runtime, 'none', { by: 'ben' })).rejects.toThrow(
      'no record of the run "none"',
    );
  });
});

describe('a question that a stopped run waits for', () => {
  async function asked(scene: Scene, runId = scene.run.id) {
    scene.sfn.on(SendTaskSuccessCommand).resolves({});
    return createQuestion(scene.runtime, {
      run: { ...scene.run, id: runId },
      step: scene.step,
      attempt: 1,
      kind: 'approval',
      token: `token of ${runId}`,
      draft: { title: 'Go?', shows: [], askedOf: ['ben'], quorum: 1, answerWithinSeconds: 900 },
    });
  }

  it('is answered for it, so that it ends at once', async () => {
    const scene = await makeScene();
    const { id } = await asked(scene);
    await asked(scene, 'another-run');
    await abortRun(scene.runtime, scene.run.id, { by: 'cyd', reason: 'false alarm' });
    const sent = scene.sfn.commandCalls(SendTaskSuccessCommand).map(({ args }) => args[0].input);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.taskToken).toBe(`token of ${scene.run.id}`);
    expect(JSON.parse(sent[0]?.output ?? '')).toMatchObject({
      value: 'abort',
      by: 'cyd',
      reason: 'false alarm',
    });
    expect(await readQuestion(scene.runtime.store, id)).toMatchObject({
      status: 'answered',
      delivered: true,
    });
  });

  it('is answered by the next try when Step Functions does not take it', async () => {
    const scene = await makeScene();
    await asked(scene);
    scene.sfn.on(SendTaskSuccessCommand).rejectsOnce(
      Object.assign(new Error('down'), {
        name: 'ServiceUnavailable',
        $fault: 'server',
        $metadata: { httpStatusCode: 503 },
      }),
    );
    await expect(abortRun(scene.runtime, scene.run.id, { by: 'ben' })).rejects.toThrow();
    scene.sfn.on(SendTaskSuccessCommand).resolves({});
    await abortRun(scene.runtime, scene.run.id, { by: 'ben' });
    expect(scene.sfn.commandCalls(SendTaskSuccessCommand).length).toBeGreaterThan(1);
  });
});
