import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import type { Action } from '../../../shared/actions/contract.ts';
import { action as approval } from '../../../shared/actions/people/approval.ts';
import { action as assign } from '../../../shared/actions/people/assign.ts';
import { action as task } from '../../../shared/actions/people/task.ts';
import type { Json } from '../../../shared/json.ts';
import { nothing } from './context.ts';

/** These actions look at nothing but their parameters and the answer. */
const context = nothing;
const at = '2026-03-10T16:55:00.000Z';

function parse<P extends z.ZodObject>(action: Action<P>, parameters: Json): z.output<P> {
  return action.parameters.parse(parameters);
}

describe('people.assign', () => {
  it('names the person for later steps and the report', async () => {
    const parameters = parse(assign, { role: 'incident-commander', person: 'ada' });
    expect(await assign.observe(context, parameters, {})).toEqual({
      status: 'done',
      outputs: { person: 'ada', name: 'Ada', role: 'incident-commander' },
      evidence: [{ what: 'Ada is incident commander.', data: { person: 'ada', role: 'incident-commander' } }],
    });
  });
});

describe('people.approval', () => {
  const parameters = parse(approval, {
    title: 'Activate?',
    shows: ['Data lost: 300 s'],
    from: ['approver', 'cyd'],
    within: '30m',
    accepts: ['unfenced-writer'],
  });

  it('asks, and shows the risks that are accepted with it', async () => {
    expect(await approval.prepare(context, parameters)).toEqual({
      status: 'ask',
      baseline: {},
      unasked: { approvedBy: 'nobody, since a dry run asks nobody', accepted: [], reason: '' },
      evidence: [],
      question: {
        kind: 'approval',
        title: 'Activate?',
        shows: ['Data lost: 300 s', 'Approving accepts this risk: unfenced writer.'],
        askedOf: ['approver', 'cyd'],
        quorum: 1,
        answerWithinSeconds: 1800,
      },
    });
  });

  it('is done with an approval, which later steps can refer to', async () => {
    const answer = { value: 'approve', by: 'ben, ada', at, reason: 'Sydney is gone' };
    expect(await approval.observe(context, parameters, { answer })).toMatchObject({
      status: 'done',
      outputs: { approvedBy: 'ben, ada', accepted: ['unfenced-writer'], reason: 'Sydney is gone' },
      evidence: [{ what: 'ben, Ada approved: Sydney is gone.' }],
    });
  });

  it('is not done with any other answer', async () => {
    expect(await approval.observe(context, parameters, {})).toMatchObject({ status: 'pending' });
    for (const value of ['deny', 'done', 'skip', 'timeout']) {
      const seen = await approval.observe(context, parameters, { answer: { value, by: 'ben', at } });
      expect(seen.status).toBe('failed');
    }
  });

  it('needs somebody to ask and a positive quorum', () => {
    const given = { title: 'x', shows: [], from: ['a'], within: '30m' };
    expect(approval.parameters.safeParse(given).success).toBe(true);
    expect(approval.parameters.safeParse({ ...given, from: [] }).success).toBe(false);
    expect(approval.parameters.safeParse({ ...given, quorum: 0 }).success).toBe(false);
  });
});

describe('people.task', () => {
  const parameters = parse(task, {
    title: 'Call the bank',
    text: 'Say:\n\nWe moved.',
    owner: 'ada',
    within: '1h',
  });

  it('gives the owner the prepared text', async () => {
    expect(await task.prepare(context, parameters)).toMatchObject({
      status: 'ask',
      question: {
        kind: 'task',
        shows: ['Say:', 'We moved.'],
        askedOf: ['ada'],
        quorum: 1,
        answerWithinSeconds: 3600,
      },
    });
  });

  it('is done when the owner says so, and failed when it can’t be done', async () => {
    const done = { value: 'done', by: 'ada', at, reason: 'Spoke with Kim' };
    expect(await task.observe(context, parameters, { answer: done })).toMatchObject({
      status: 'done',
      outputs: { doneBy: 'ada', note: 'Spoke with Kim' },
    });
    const abort = { value: 'abort', by: 'ada', at };
    expect(await task.observe(context, parameters, { answer: abort })).toMatchObject({ status: 'failed' });
    expect(await task.observe(context, parameters, {})).toMatchObject({ status: 'pending' });
  });
});
