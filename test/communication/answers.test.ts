import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { PublishCommand } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AnswerRequest, answerQuestion, judge } from '../../shared/communication/answers.ts';
import type { GivenAnswer } from '../../shared/communication/question-record.ts';
import { createQuestion, readQuestion, timeOutQuestion } from '../../shared/communication/questions.ts';
import { tick } from '../../shared/communication/tick.ts';
import { resolveIncident } from '../../shared/incident/incident.ts';
import { makeWorld, minute, restoreStep, type World } from './fixture.ts';

let world: World;
async function start(options: Parameters<typeof makeWorld>[0] = {}) {
  world = await makeWorld(options);
  world.sfn.on(SendTaskSuccessCommand).resolves({});
}
beforeEach(() => start());

const draft = {
  title: 'Activate?',
  shows: ['Data lost: 300 s'],
  askedOf: ['approver'],
  quorum: 1,
  answerWithinSeconds: 1800,
};
const create = (
  change: Partial<typeof draft> = {},
  token = 'token-1',
  kind: 'approval' | 'failed-step' | 'task' = 'approval',
) =>
  createQuestion(world.runtime, {
    run: world.run,
    step: restoreStep,
    attempt: 1,
    kind,
    token,
    draft: { ...draft, ...change },
  });
const answer = (questionId: string, change: Partial<AnswerRequest> = {}) =>
  answerQuestion(world.runtime, {
    questionId,
    person: 'ben',
    value: 'approve',
    reason: 'Sydney is gone.',
    via: 'link',
    ...change,
  });
const handedOver = () =>
  world.sfn.commandCalls(SendTaskSuccessCommand).map(call => ({
    token: call.args[0].input.taskToken,
    ...JSON.parse(call.args[0].input.output ?? ''),
  }));
const named = (name: string, attempts = 1) =>
  Object.assign(new Error(name), { name, $metadata: { attempts } });

describe('a question', () => {
  it('is put to the people that its roles name', async () => {
    expect((await create()).askedOf).toEqual(['ben', 'cyd']);
    expect(await world.entries('question')).toMatchObject([
      { askedOf: ['ben', 'cyd'], answerWithinSeconds: 1800 },
    ]);
  });

  it('is asked once however often it is stored; a new token replaces the old one and the time stays', async () => {
    const first = await create();
    world.at(minute(5));
    const second = await create({}, 'token-2');
    expect(second).toEqual({ ...first, token: 'token-2' });
    expect(await world.entries('question')).toHaveLength(1);
    await answer(first.id);
    expect(handedOver().map(({ token }) => token)).toEqual(['token-2']);
  });

  it('is refused when fewer people than the quorum can answer', async () => {
    await expect(create({ quorum: 3 })).rejects.toThrow('needs 3 of approver to agree, and only 2 can');
    await expect(create({ askedOf: ['nobody'] })).rejects.toMatchObject({ name: 'RefusedError' });
  });

  it('is refused when who started the run is needed to make up the quorum', async () => {
    await start({ openedBy: 'ben' });
    await expect(create({ quorum: 2 })).rejects.toThrow('only 1 can');
  });
});

describe('an answer', () => {
  it('reaches the waiting machine and the ledger', async () => {
    const { id } = await create();
    world.at(minute(3));
    expect(await answer(id, { reason: ' AWS says hours. ' })).toMatchObject({
      status: 'recorded',
      complete: true,
    });
    const expected = { value: 'approve', by: 'ben', at: minute(3), reason: 'AWS says hours.' };
    expect(handedOver()).toEqual([{ token: 'token-1', ...expected }]);
    expect(await world.entries('answer')).toMatchObject([{ question: id, answer: expected, via: 'link' }]);
  });

  it('is recorded and handed over once when it comes twice', async () => {
    const { id } = await create();
    await answer(id);
    expect(await answer(id)).toMatchObject({ status: 'recorded', complete: true });
    expect(handedOver()).toHaveLength(1);
    expect(await world.entries('answer')).toHaveLength(1);
  });

  it('can’t be changed', async () => {
    const { id } = await create();
    await answer(id);
    expect(await answer(id, { value: 'deny' })).toMatchObject({ status: 'refused', why: 'used' });
  });

  it('of a second person comes too late when it is decided', async () => {
    const { id } = await create();
    await answer(id);
    expect(await answer(id, { person: 'cyd', value: 'deny' })).toMatchObject({
      status: 'refused',
      why: 'used',
    });
    expect(handedOver()).toHaveLength(1);
    expect(await world.entries('link-refused')).toMatchObject([{ question: id }]);
  });

  it('counts only from those who were asked', async () => {
    const { id } = await create();
    expect(await answer(id, { person: 'ada' })).toMatchObject({ status: 'refused', why: 'foreign' });
    expect(handedOver()).toEqual([]);
  });

  it.each([
    ['approval', 'retry'],
    ['approval', 'timeout'],
    ['failed-step', 'approve'],
    ['task', 'skip'],
    ['task', ''],
  ] as const)('to a %s can’t be "%s"', async (kind, value) => {
    const { id } = await create({}, 'token-1', kind);
    expect(await answer(id, { value })).toMatchObject({ status: 'refused', why: 'invalid' });
    expect(handedOver()).toEqual([]);
  });

  it.each([
    ['approval', 'approve', true],
    ['approval', 'deny', true],
    ['failed-step', 'skip', true],
    ['failed-step', 'abort', true],
    ['failed-step', 'retry', false],
    ['task', 'abort', true],
    ['task', 'done', false],
  ] as const)('to a %s by "%s" needs a reason: %s', async (kind, value, needed) => {
    const { id } = await create({}, 'token-1', kind);
    for (const reason of [undefined, ' \n ']) {
      const reply = await answer(id, { value, reason });
      expect(reply.status).toBe(needed ? 'refused' : 'recorded');
      if (needed) expect(reply).toMatchObject({ why: 'invalid', message: expect.stringMatching(/^Say why/) });
    }
    expect(handedOver()).toHaveLength(needed ? 0 : 1);
    expect(await answer(id, { value, reason: 'It is needed.' })).toMatchObject({ status: 'recorded' });
  });

  it('counts until the last moment and not after it', async () => {
    const { id } = await create();
    world.clock.time = new Date(Date.parse(minute(30)) + 1);
    expect(await answer(id)).toMatchObject({ status: 'refused', why: 'late' });
    world.at(minute(30));
    expect(await answer(id)).toMatchObject({ status: 'recorded' });
  });

  it('to a question that was never asked is refused', async () => {
    expect(await answer('q000000000000')).toMatchObject({ status: 'refused', why: 'unknown' });
  });

  it('by who started the run can’t approve it, but can end it', async () => {
    await start({ openedBy: 'ben' });
    const { id } = await create();
    expect(await answer(id)).toMatchObject({ status: 'refused', why: 'own-run' });
    expect(await answer(id, { value: 'deny' })).toMatchObject({ status: 'recorded', complete: true });
  });

  it('by who started the run counts when nobody else was asked', async () => {
    await start({ openedBy: 'ben' });
    const { id } = await create({ askedOf: ['ben'] });
    expect(await answer(id)).toMatchObject({ status: 'recorded', complete: true });
  });
});

describe('a quorum', () => {
  it('waits for enough different people', async () => {
    const { id } = await create({ quorum: 2 });
    expect(await answer(id, { reason: 'yes' })).toMatchObject({ status: 'recorded', complete: false });
    expect(await answer(id)).toMatchObject({ status: 'recorded', complete: false });
    expect(handedOver()).toEqual([]);
    world.at(minute(4));
    expect(await answer(id, { person: 'cyd' })).toMatchObject({ complete: true });
    expect(handedOver()).toEqual([
      { token: 'token-1', value: 'approve', by: 'ben, cyd', at: minute(4), reason: 'yes; Sydney is gone.' },
    ]);
    expect(await world.entries('answer')).toHaveLength(2);
  });

  it('is ended by one no', async () => {
    const { id } = await create({ quorum: 2 });
    await answer(id);
    await answer(id, { person: 'cyd', value: 'deny' });
    expect(handedOver()).toMatchObject([{ value: 'deny', by: 'cyd' }]);
  });

  it('is decided by no while undecided answers are too few', () => {
    const given = (person: string, value: GivenAnswer['value']): GivenAnswer => ({
      person,
      value,
      at: 'x',
      via: 'link',
    });
    expect(judge({ kind: 'approval', quorum: 1, answers: [] })).toBeUndefined();
    expect(judge({ kind: 'approval', quorum: 2, answers: [given('a', 'approve')] })).toBeUndefined();
    expect(judge({ kind: 'task', quorum: 2, answers: [given('a', 'done')] })?.value).toBe('done');
  });
});

describe('handing over', () => {
  it('that finds nobody waiting refuses the answer, and the run does not go on with it', async () => {
    const { id } = await create();
    world.sfn.on(SendTaskSuccessCommand).rejects(named('TaskTimedOut'));
    expect(await answer(id)).toMatchObject({ status: 'refused', why: 'late' });
    expect(await timeOutQuestion(world.runtime, world.run.incidentId, id)).toMatchObject({
      value: 'timeout',
    });
  });

  it('whose reply was lost is a success', async () => {
    const { id } = await create();
    world.sfn.on(SendTaskSuccessCommand).rejects(named('TaskTimedOut', 2));
    expect(await answer(id)).toMatchObject({ status: 'recorded', complete: true });
    expect(await world.entries('link-refused')).toEqual([]);
  });

  it('that failed is done again when the same person sends the same answer again', async () => {
    const { id } = await create();
    const down = Object.assign(named('InternalServerError'), { $fault: 'server' });
    world.sfn.on(SendTaskSuccessCommand).rejectsOnce(down).resolves({});
    await expect(answer(id)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    expect(await answer(id)).toMatchObject({ status: 'recorded', complete: true });
    expect(handedOver()).toHaveLength(2);
    expect(await world.entries('answer')).toHaveLength(1);
  });
});

describe('time-out', () => {
  it('closes the question, with nobody', async () => {
    const { id } = await create();
    world.at(minute(30));
    expect(await timeOutQuestion(world.runtime, world.run.incidentId, id)).toEqual({
      value: 'timeout',
      by: 'nobody',
      at: minute(30),
    });
    expect(await answer(id)).toMatchObject({ status: 'refused', why: 'late' });
    expect(await world.entries('answer')).toMatchObject([{ via: 'timer', answer: { value: 'timeout' } }]);
  });

  it('gives the same answer when it is called again', async () => {
    const { id } = await create();
    world.at(minute(30));
    const first = await timeOutQuestion(world.runtime, world.run.incidentId, id);
    world.at(minute(31));
    expect(await timeOutQuestion(world.runtime, world.run.incidentId, id)).toEqual(first);
    expect(await world.entries('answer')).toHaveLength(1);
  });

  it('gives way to an answer that was recorded in time and could not be handed over', async () => {
    const { id } = await create();
    const down = Object.assign(named('InternalServerError'), { $fault: 'server' });
    world.sfn.on(SendTaskSuccessCommand).rejects(down);
    await expect(answer(id)).rejects.toThrow();
    world.at(minute(30));
    expect(await timeOutQuestion(world.runtime, world.run.incidentId, id)).toMatchObject({
      value: 'approve',
      by: 'ben',
    });
    expect((await readQuestion(world.runtime.store, id))?.delivered).toBe(true);
  });
});

describe('an answer that lets the run go on', () => {
  const acknowledged = async () => (await world.entries('acknowledged')).map(({ by, via }) => `${by} ${via}`);
  const called = async () =>
    (await world.entries('message')).map(({ key }) => key).filter(key => key.startsWith('escalation/'));

  it.each([
    ['approval', 'approve', ['ben answer']],
    ['failed-step', 'retry', ['ben answer']],
    ['failed-step', 'skip', ['ben answer']],
    // Who ends the run has not said who takes the incident from there, and a task may be somebody else's business.
    ['approval', 'deny', []],
    ['failed-step', 'abort', []],
    ['task', 'done', []],
  ] as const)('%s: %s acknowledges the incident if nobody has: %j', async (kind, value, expected) => {
    const { id } = await create({}, 'token-1', kind);
    await answer(id, { value });
    await answer(id, { value });
    expect(await acknowledged()).toEqual(expected);
  });

  it('keeps the next level asleep, and is no second acknowledgement', async () => {
    world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
    const first = await create();
    await tick(world.runtime, world.run);
    expect(await called()).toEqual(['escalation/level-1/person:ada']);
    world.at(minute(4));
    await answer(first.id);
    world.at(minute(31));
    await tick(world.runtime, world.run);
    expect(await called()).toEqual(['escalation/level-1/person:ada']);
    const second = await create({}, 'token-2', 'failed-step');
    await answer(second.id, { person: 'cyd', value: 'retry' });
    expect(await acknowledged()).toEqual(['ben answer']);
  });

  it('that is too late, or comes when the incident is resolved, acknowledges nothing', async () => {
    const { id } = await create();
    world.at(minute(300));
    expect((await answer(id)).status).toBe('refused');
    expect(await acknowledged()).toEqual([]);
    const { id: other } = await create({ answerWithinSeconds: 86_400 }, 'token-2', 'failed-step');
    await resolveIncident(world.runtime.store, world.runtime.clock, world.run.incidentId, 'ben');
    await answer(other, { value: 'retry' });
    expect(await acknowledged()).toEqual([]);
  });
});
