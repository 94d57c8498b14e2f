import { describe, expect, it } from 'vitest';
import type { Answer } from '../../shared/runbook/contract.ts';
import { at, makeScene } from './fixture.ts';

const question = {
  kind: 'approval' as const,
  title: 'Cut over?',
  shows: ['Six minutes are lost'],
  askedOf: ['approver'],
  quorum: 1,
  answerWithinSeconds: 900,
};
const asks = {
  prepare: () => ({ status: 'ask' as const, baseline: { lost: 6 }, question, evidence: [] }),
};
const answer = (value: Answer['value'], reason?: string): Answer => ({
  value,
  by: 'ben',
  at: at(30),
  reason,
});

describe('a step that asks', () => {
  it('waits as long as the question says and keeps the question for whoever puts it', async () => {
    const scene = await makeScene({ behaviour: asks });
    expect(await scene.call('prepare')).toEqual({ next: 'ask', waitSeconds: 0, answerWithinSeconds: 900 });
    expect(await scene.record()).toMatchObject({ status: 'asking', baseline: { lost: 6, question } });
    expect(await scene.said()).toEqual(['preparing 1', 'asking 1']);
  });

  it('asks the same when it is prepared again', async () => {
    const scene = await makeScene({ behaviour: asks });
    await scene.call('prepare');
    expect(await scene.call('prepare')).toMatchObject({ next: 'ask' });
    expect(await scene.record()).toMatchObject({ status: 'asking', attempt: 1 });
  });

  it.each(['approve', 'done'] as const)(
    'is done by "%s", with what the action makes of the answer',
    async value => {
      let baseline: unknown;
      const scene = await makeScene({ behaviour: asks });
      scene.action.observe = async (_context, _parameters, given) => {
        baseline = given;
        return { status: 'done', outputs: { approvedBy: 'ben' }, evidence: [] };
      };
      await scene.call('prepare');
      expect(await scene.call('answer', { answer: answer(value) })).toMatchObject({ next: 'done' });
      expect(baseline).toMatchObject({ lost: 6, answer: { value, by: 'ben' } });
      expect(await scene.record()).toMatchObject({
        status: 'done',
        outputs: { approvedBy: 'ben' },
        answer: { value, by: 'ben' },
      });
    },
  );

  it('is not done by an answer that the action does not accept', async () => {
    const scene = await makeScene({
      behaviour: { ...asks, observe: () => ({ status: 'pending', note: 'one more has to agree' }) },
    });
    await scene.call('prepare');
    await expect(scene.call('answer', { answer: answer('approve') })).rejects.toMatchObject({
      name: 'StepFailedError',
      message: 'The answer of ben does not complete the step: one more has to agree',
    });
  });
});

describe('an answer', () => {
  it.each([
    ['deny', 'Resize the thing: ben said no: too early'],
    ['abort', 'Resize the thing: ben ended the run: too early'],
    ['timeout', 'Resize the thing: Nobody answered in time'],
  ] as const)('"%s" ends the run', async (value, message) => {
    const scene = await makeScene({ behaviour: asks });
    await scene.call('prepare');
    await expect(scene.call('answer', { answer: answer(value, 'too early') })).rejects.toMatchObject({
      name: 'NotApprovedError',
      message,
    });
  });

  it('"skip" skips the step and says who did it', async () => {
    const scene = await makeScene();
    await scene.call('prepare');
    await scene.call('act');
    await scene.call('settle', { failure: { Error: 'StepFailedError' } });
    for (const _ of [1, 2]) {
      expect(await scene.call('answer', { answer: answer('skip', 'done by hand') })).toMatchObject({
        next: 'skipped',
      });
      scene.wait(20);
    }
    const note = 'ben skipped it: done by hand';
    expect(await scene.record()).toMatchObject({ status: 'skipped', note, acted: true, endedAt: at(0) });
    expect((await scene.stepEntries()).at(-1)).toMatchObject({ status: 'skipped', note });
    expect(await scene.said()).toEqual(['preparing 1', 'acting 1', 'failed 1', 'skipped 1']);
  });

  it('that is missing is an error of the deployment', async () => {
    const scene = await makeScene();
    await expect(scene.call('answer')).rejects.toMatchObject({ name: 'InvalidInputError' });
  });
});
