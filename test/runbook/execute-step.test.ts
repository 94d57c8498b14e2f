import { describe, expect, it } from 'vitest';
import { InvalidInputError, ThrottledError } from '../../shared/errors.ts';
import { executeStep } from '../../shared/runbook/execute-step.ts';
import { at, died, makeScene } from './fixture.ts';

describe('a function that lacks the kind of a step', () => {
  it('says which one, with the cause', async () => {
    const { runtime, run, step } = await makeScene();
    const load = () => Promise.reject(new Error('no such file'));
    await expect(executeStep(runtime, load, { operation: 'prepare', run, step })).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: 'This function has no action of the kind "thing.resize"',
      cause: expect.objectContaining({ message: 'no such file' }),
    });
  });

  it('does not run the action of that name that another family has', async () => {
    const { runtime, run, step, action, thing } = await makeScene();
    const event = { operation: 'prepare' as const, run, step: { ...step, action: 'other.resize' } };
    await expect(executeStep(runtime, async () => ({ action }), event)).rejects.toThrow('"other.resize"');
    expect(thing.seen).toEqual([]);
  });
});

describe('time', () => {
  it('that is up is an error with what was missing last', async () => {
    const scene = await makeScene({ step: { timeoutSeconds: 60 }, takesSeconds: 999 });
    await scene.call('prepare');
    await scene.call('act');
    scene.wait(59);
    expect(await scene.call('observe')).toMatchObject({ next: 'pending', waitSeconds: 1 });
    scene.wait(1);
    await expect(scene.call('observe')).rejects.toMatchObject({
      name: 'StepTimedOutError',
      message: 'Not done after 60 s: not there yet',
    });
  });

  it('that is up does not matter to a step that is done by then', async () => {
    const scene = await makeScene({ step: { timeoutSeconds: 60 } });
    await scene.call('prepare');
    await scene.call('act');
    scene.wait(600);
    expect(await scene.call('observe')).toMatchObject({ next: 'done' });
    expect((await scene.record()).endedAt).toBe(at(600));
  });

  it('between two looks grows with the time that has passed', async () => {
    const scene = await makeScene({ takesSeconds: 3000, behaviour: { minSeconds: 1000 } });
    await scene.call('prepare');
    await scene.call('act');
    const waits: number[] = [];
    for (let looks = 0; looks < 200; looks++) {
      const reply = await scene.call('observe');
      if (reply.next === 'done') break;
      waits.push(reply.waitSeconds);
      scene.wait(reply.waitSeconds);
    }
    expect(waits.length).toBeLessThan(75);
    expect((await scene.record()).endedAt).toBe(at(waits.reduce((sum, wait) => sum + wait, 0)));
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(3000 * 1.05);
  });
});

describe('a look that fails with an error that passes', () => {
  async function blind(error: Error, timeoutSeconds = 600) {
    let failing = true;
    const observe = () => {
      if (failing) throw error;
      return undefined;
    };
    const scene = await makeScene({ step: { timeoutSeconds }, behaviour: { observe } });
    await scene.call('prepare');
    await scene.call('act');
    return Object.assign(scene, { mend: () => (failing = false) });
  }
  const throttled = new ThrottledError('Rate exceeded', { nextStep: 'Nothing.' });

  it('is looked again, and the step is done when it can be seen', async () => {
    const scene = await blind(died());
    expect(await scene.call('observe')).toMatchObject({ next: 'pending' });
    expect((await scene.record()).note).toBe('It could not be looked at: The handler died');
    scene.wait(59);
    expect(await scene.call('observe')).toMatchObject({ next: 'pending' });
    scene.mend();
    expect(await scene.call('observe')).toMatchObject({ next: 'done' });
  });

  it('is an error after a minute in a row, so that the plan can take another way', async () => {
    const scene = await blind(died());
    await scene.call('observe');
    scene.wait(60);
    await expect(scene.call('observe')).rejects.toThrow('The handler died');
  });

  it('is waited for until the time of the step is up when only the rate was refused', async () => {
    const scene = await blind(throttled);
    await scene.call('observe');
    scene.wait(599);
    expect(await scene.call('observe')).toMatchObject({ next: 'pending' });
    scene.wait(1);
    await expect(scene.call('observe')).rejects.toMatchObject({ name: 'StepTimedOutError' });
  });

  it('is an error at once when it will not pass', async () => {
    const scene = await blind(new InvalidInputError('No such thing', { nextStep: 'Mend the plan.' }));
    await expect(scene.call('observe')).rejects.toThrow('No such thing');
  });
});

describe('what an action remembers', () => {
  it('is in the baseline of its later calls, and not in what undo goes back to', async () => {
    const scene = await makeScene();
    const { action, thing } = scene;
    const seen: unknown[] = [];
    const { act, observe, undo } = action;
    action.act = async (context, parameters, baseline) => {
      await context.remember({ id: 'job-1' });
      await act?.(context, parameters, baseline);
    };
    action.observe = (context, parameters, baseline) => {
      seen.push(baseline);
      return observe(context, parameters, baseline);
    };
    action.undo = async (context, parameters, baseline, outputs) => {
      seen.push(baseline);
      return undo?.(context, parameters, baseline, outputs) ?? { status: 'pending', note: 'no undo' };
    };
    for (const operation of ['prepare', 'act', 'observe', 'undo'] as const) await scene.call(operation);
    expect(seen).toEqual([{ before: 1, id: 'job-1' }, { before: 1 }]);
    expect(thing.changes).toBe(2);
  });
});
