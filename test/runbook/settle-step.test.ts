import { describe, expect, it, test } from 'vitest';
import { StepFailedError } from '../../shared/errors.ts';
import type { Answer, Step } from '../../shared/runbook/contract.ts';
import { failedStepAnswerSeconds, settleStep } from '../../shared/runbook/settle-step.ts';
import { writeStep } from '../../shared/runbook/step-record.ts';
import { at, makeScene, type Scene } from './fixture.ts';

const failure = {
  Error: 'StepFailedError',
  Cause: JSON.stringify({ errorType: 'StepFailedError', errorMessage: 'It did not come up' }),
};

async function failed(options: Parameters<typeof makeScene>[0] = {}): Promise<Scene> {
  const scene = await makeScene(options);
  await scene.call('prepare');
  await scene.call('act');
  return scene;
}

describe('what happens after a failure is what the plan says', () => {
  it.each([
    ['ask', 'recover', { next: 'ask', answerWithinSeconds: failedStepAnswerSeconds }],
    ['ask', 'dry-run', { next: 'stop', answerWithinSeconds: 0 }],
    ['stop', 'recover', { next: 'stop' }],
    ['continue', 'recover', { next: 'continue' }],
    ['undo', 'recover', { next: 'undo' }],
  ] as const)('onFailure %s in the mode %s', async (onFailure, mode, reply) => {
    const scene = await failed({ mode, step: { onFailure } });
    expect(await scene.call('settle', { failure })).toMatchObject(reply);
  });

  it('stops instead of undoing when there is nothing to undo, or no way to', async () => {
    const untouched = await makeScene({ step: { onFailure: 'undo' } });
    await untouched.call('prepare');
    expect(await untouched.call('settle', { failure })).toMatchObject({ next: 'stop' });
    const oneWay = await failed({ step: { onFailure: 'undo' }, behaviour: { undo: null } });
    expect(await oneWay.call('settle', { failure })).toMatchObject({ next: 'stop' });
  });

  it.each(['AbortedError', 'NotApprovedError'])(
    'ends the run after %s, whatever the plan says',
    async name => {
      const scene = await failed({ step: { onFailure: 'continue' } });
      expect(await scene.call('settle', { failure: { Error: name } })).toMatchObject({ next: 'stop' });
    },
  );
});

describe('a task that nobody has carried out in time', () => {
  const settled = async (
    { onFailure, action = 'people.task' }: Pick<Step, 'onFailure'> & { action?: string },
    value: Answer['value'] = 'timeout',
  ) => {
    const { runtime, run, step, action: resize } = await failed({ step: { onFailure } });
    await writeStep(runtime.store, run.id, step.id, current => {
      if (!current) throw new Error('The step has no record.');
      return { ...current, answer: { value, by: 'nobody', at: at(60) } };
    });
    const work = { runtime, run, action: resize, step: { ...step, action } };
    return settleStep(work, { Error: 'NotApprovedError' });
  };

  it('is left open and the run goes on where the plan says so', async () => {
    expect(await settled({ onFailure: 'continue' })).toMatchObject({ next: 'continue' });
  });

  it('ends the run where the plan does not, and after a person ended it', async () => {
    expect(await settled({ onFailure: 'ask' })).toMatchObject({ next: 'stop' });
    expect(await settled({ onFailure: 'continue' }, 'abort')).toMatchObject({ next: 'stop' });
    expect(await settled({ onFailure: 'continue', action: 'people.approval' })).toMatchObject({
      next: 'stop',
    });
  });
});

describe('a refusal', () => {
  const refusal = {
    status: 'refused',
    reasons: [{ what: 'No snapshot.', mend: 'Copy one.' }],
    evidence: [],
  } as const;
  const behaviour = { prepare: () => ({ ...refusal, reasons: [...refusal.reasons], evidence: [] }) };

  it('carries what is wrong and how to mend it, and is told once', async () => {
    const scene = await makeScene({ behaviour });
    await expect(scene.call('prepare')).rejects.toMatchObject({
      name: 'RefusedError',
      message: 'No snapshot.',
      nextStep: 'Copy one.',
    });
    await scene.call('settle', { failure: { Error: 'RefusedError' } });
    expect(await scene.said()).toEqual(['preparing 1', 'refused 1']);
    expect((await scene.stepEntries()).at(-1)?.reasons).toEqual(refusal.reasons);
  });

  it('stops the run before the first change, even where a person would be asked', async () => {
    const scene = await makeScene({ behaviour });
    await expect(scene.call('prepare')).rejects.toThrow();
    expect(await scene.call('settle', { failure: { Error: 'RefusedError' } })).toMatchObject({
      next: 'stop',
    });
  });

  it('asks a person once something was changed', async () => {
    const scene = await makeScene({ behaviour });
    await scene.append({
      type: 'change',
      run: scene.run.id,
      step: 'earlier',
      call: 'thing.Make',
      region: 'ap-southeast-4',
      resource: 'other',
      what: 'Made it',
    });
    await expect(scene.call('prepare')).rejects.toThrow();
    expect(await scene.call('settle', { failure: { Error: 'RefusedError' } })).toMatchObject({ next: 'ask' });
  });

  it('of a step that may fail goes on', async () => {
    const scene = await makeScene({ behaviour, step: { onFailure: 'continue' } });
    await expect(scene.call('prepare')).rejects.toThrow();
    expect(await scene.call('settle', { failure: { Error: 'RefusedError' } })).toMatchObject({
      next: 'continue',
    });
  });

  it('by act is told too, though preparing had nothing against it', async () => {
    const scene = await failed();
    await scene.call('settle', { failure: { Error: 'RefusedError', Cause: 'The name is taken' } });
    expect(await scene.record()).toMatchObject({ status: 'refused' });
    expect((await scene.stepEntries()).at(-1)).toMatchObject({
      status: 'refused',
      error: 'RefusedError: The name is taken',
    });
  });
});

describe('what is recorded', () => {
  it('is the error as the handler threw it, with reasons and evidence of the look that found it', async () => {
    const reasons = [{ what: 'It is gone.', mend: 'Make it again.' }];
    const evidence = [{ what: 'It was not there' }];
    const scene = await failed({ behaviour: { observe: () => ({ status: 'failed', reasons, evidence }) } });
    await expect(scene.call('observe')).rejects.toBeInstanceOf(StepFailedError);
    scene.wait(7);
    await scene.call('settle', { failure });
    const error = { name: 'StepFailedError', message: 'It did not come up' };
    expect(await scene.record()).toMatchObject({ status: 'failed', error, reasons, endedAt: at(7) });
    expect((await scene.stepEntries()).at(-1)).toMatchObject({
      status: 'failed',
      error: 'StepFailedError: It did not come up',
      reasons,
      evidence,
    });
  });

  it.each([
    ['plain text', 'The state timed out', 'The state timed out'],
    ['JSON that is no error', '{"a":1}', '{"a":1}'],
    ['nothing', undefined, 'no further information'],
  ])('has a message from %s', async (_, Cause, message) => {
    const scene = await failed();
    await scene.call('settle', { failure: { Error: 'States.Timeout', Cause } });
    expect((await scene.record()).error).toEqual({ name: 'States.Timeout', message });
  });

  it('stays the same when settling is called again later', async () => {
    const scene = await failed();
    const reply = await scene.call('settle', { failure });
    const record = await scene.record();
    scene.wait(60);
    expect(await scene.call('settle', { failure })).toEqual(reply);
    expect(await scene.record()).toEqual(record);
    expect(await scene.said()).toEqual(['preparing 1', 'acting 1', 'failed 1']);
  });

  it('names an unknown error when the machine gave none', async () => {
    const scene = await failed();
    await scene.call('settle');
    expect((await scene.record()).error?.name).toBe('Unknown');
  });
});

describe('another attempt after a failure that was settled', () => {
  it('counts up, has a time-out of its own, and forgets why the last one failed', async () => {
    const scene = await failed({ step: { timeoutSeconds: 100 }, takesSeconds: 30 });
    scene.wait(120);
    await scene.call('settle', { failure });
    expect(await scene.call('answer', { answer: { value: 'retry', by: 'ben', at: at(121) } })).toMatchObject({
      next: 'retry',
    });
    expect(await scene.call('prepare')).toMatchObject({ next: 'act' });
    const record = await scene.record();
    expect(record).toMatchObject({ attempt: 2, status: 'preparing', preparedAt: at(0) });
    for (const key of ['error', 'endedAt', 'actedAt', 'reasons']) expect(record).not.toHaveProperty(key);
    await scene.call('act');
    expect(await scene.call('observe')).toMatchObject({ next: 'pending' });
    scene.wait(31);
    expect(await scene.call('observe')).toMatchObject({ next: 'done' });
    expect(await scene.said()).toEqual([
      'preparing 1',
      'acting 1',
      'failed 1',
      'preparing 2',
      'acting 2',
      'done 2',
    ]);
  });

  it('is not counted when a refusing handler dies and is called again before it was settled', async () => {
    let refuses = true;
    const scene = await makeScene({
      behaviour: {
        prepare: () =>
          refuses
            ? { status: 'refused', reasons: [{ what: 'Not yet.', mend: 'Wait.' }], evidence: [] }
            : undefined,
      },
    });
    await expect(scene.call('prepare')).rejects.toThrow('Not yet.');
    await expect(scene.call('prepare')).rejects.toThrow('Not yet.');
    expect((await scene.record()).attempt).toBe(1);
    expect(await scene.said()).toEqual(['preparing 1', 'refused 1']);
    refuses = false;
    expect(await scene.call('prepare')).toMatchObject({ next: 'act' });
  });
});

test('a change that is made again in another attempt is listed again', async () => {
  const scene = await failed();
  await scene.call('settle', { failure });
  scene.thing.target = 1;
  await scene.call('prepare');
  await scene.call('act');
  expect(await scene.entries('change')).toHaveLength(2);
});
