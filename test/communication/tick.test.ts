import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { PublishCommand } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../shared/communication/ask.ts';
import { tick } from '../../shared/communication/tick.ts';
import { makePlan, makeWorld, minute, restoreStep, stepEntry, type World } from './fixture.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
});
const published = () => world.sns.commandCalls(PublishCommand).map(call => call.args[0].input);
const down = Object.assign(new Error('down'), {
  name: 'InternalErrorException',
  $fault: 'server',
  $metadata: {},
});
const topics = () => published().map(({ TopicArn }) => TopicArn?.split(':').at(-1));

describe('a tick', () => {
  it('sends what is due and waits until the next message', async () => {
    expect(await tick(world.runtime, world.run)).toEqual({ next: 'wait', waitSeconds: 150 });
    expect(topics()).toEqual(['on-call', 'engineers', 'customers', 'regulator']);
    world.at(minute(8));
    // Level 2 is due at 10 minutes; half of the shortest deadline would be 150 s.
    expect(await tick(world.runtime, world.run)).toEqual({ next: 'wait', waitSeconds: 120 });
    expect(published()).toHaveLength(4);
  });

  it('writes which level was called into the ledger, once', async () => {
    await tick(world.runtime, world.run);
    await tick(world.runtime, world.run);
    expect(await world.entries('escalated')).toEqual([{ type: 'escalated', level: 1, people: ['ada'] }]);
  });

  it('gives a person who is called their own link, and audiences none', async () => {
    await tick(world.runtime, world.run);
    const texts = published().map(({ Message }) => Message ?? '');
    expect(texts[0]).toMatch(/https:\/\/abcdefghij\.execute-api\S+\?t=a[0-9a-f]{12}\.ada\./);
    for (const text of texts.slice(1)) expect(text).not.toContain('?t=');
  });

  it('passes a message that nobody took to the next level, in the same tick', async () => {
    world.sns
      .on(PublishCommand, { TopicArn: 'arn:aws:sns:ap-southeast-4:123456789012:customers' })
      .rejects(down);
    await tick(world.runtime, world.run);
    const last = published().at(-1);
    expect(last?.Subject).toBe('Shop: a message could not be delivered, please pass it on');
    expect(last?.TopicArn).toMatch(/on-call$/);
    expect(last?.Message).toContain('To: Customers');
  });

  it('goes on when everything is refused, and comes back', async () => {
    world.sns.on(PublishCommand).rejects(down);
    const reply = await tick(world.runtime, world.run);
    expect(reply.next).toBe('wait');
    const failed = await world.entries('message');
    expect(failed.every(({ status }) => status === 'failed')).toBe(true);
    expect(failed.some(({ key }) => key.startsWith('undelivered/level-3/'))).toBe(true);
  });

  it('is done when the run has ended and everybody knows', async () => {
    await tick(world.runtime, world.run);
    world.at(minute(60));
    await world.append(stepEntry('check-api', 'verify', 'done', 'GET /api/health answers 200.'));
    await world.append({ type: 'run-ended', run: world.run.id, outcome: 'recovered', reasons: [] });
    expect(await tick(world.runtime, world.run)).toEqual({ next: 'done', waitSeconds: 1 });
    const closing = published().slice(4);
    expect(closing.map(({ Subject }) => Subject)).toEqual([
      'Shop: recovered after 1 h 5 min',
      'Shop: recovered after 1 h 5 min',
      'Shop: service restored',
      'Shop: the incident shop-20260310t164700z has ended',
    ]);
  });

  it('falls back to the built-in text when the plan’s template can’t be filled in, and says so', async () => {
    const templates = { 'initial-customer': { subject: 'Sorry', text: 'It took ${message.took}.' } };
    world = await makeWorld({ plan: makePlan(plan => Object.assign(plan, { templates })) });
    world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
    await tick(world.runtime, world.run);
    expect(published().find(({ TopicArn }) => TopicArn?.endsWith(':customers'))?.Subject).toBe(
      'Shop: service disruption',
    );
    const notes = (await world.entries('note')).map(({ what }) => what);
    expect(notes).toEqual([
      expect.stringContaining('"initial" could not be used: ${message.took} has no value'),
    ]);
  });

  it('tells who is called how to answer when no link can be made', async () => {
    const runtime = { ...world.runtime, secret: () => Promise.reject(new Error('no secret')) };
    await tick(runtime, world.run);
    expect(published()[0]?.Message).toContain('npx lifeboat status');
  });

  it('tells nobody in a dry run, and ends', async () => {
    world = await makeWorld({ mode: 'dry-run' });
    await tick(world.runtime, world.run);
    await world.append({ type: 'run-ended', run: world.run.id, outcome: 'recovered', reasons: [] });
    expect(await tick(world.runtime, world.run)).toEqual({ next: 'done', waitSeconds: 1 });
    expect(published()).toEqual([]);
    expect((await world.entries('note')).length).toBeGreaterThanOrEqual(7);
  });

  it('never waits longer than the machine may, nor less than a second', async () => {
    for (const minutes of [0, 9.999, 10, 28.99, 29, 300]) {
      world.at(minute(minutes));
      const { waitSeconds } = await tick(world.runtime, world.run);
      expect(waitSeconds).toBeGreaterThanOrEqual(1);
      expect(waitSeconds).toBeLessThanOrEqual(900);
    }
  });
});

describe('an answer that did not reach its machine', () => {
  it('is handed over by the next tick', async () => {
    const { answerQuestion } = await import('../../shared/communication/answers.ts');
    const reply = await ask(world.runtime, {
      operation: 'ask',
      run: world.run,
      step: restoreStep,
      kind: 'failed-step',
      token: 'token-1',
      answerWithinSeconds: 1800,
    });
    if (!('question' in reply)) throw new Error('not asked');
    world.sfn.on(SendTaskSuccessCommand).rejectsOnce(down).resolves({});
    const given = { questionId: reply.question, person: 'ada', value: 'retry', via: 'link' as const };
    await expect(answerQuestion(world.runtime, given)).rejects.toThrow('did not answer');
    await tick(world.runtime, world.run);
    await tick(world.runtime, world.run);
    const sent = world.sfn.commandCalls(SendTaskSuccessCommand).map(call => call.args[0].input);
    expect(sent).toHaveLength(2);
    expect(JSON.parse(sent[1]?.output ?? '')).toMatchObject({ value: 'retry', by: 'ada' });
  });
});
