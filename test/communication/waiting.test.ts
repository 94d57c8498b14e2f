import { PublishCommand } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../shared/communication/ask.ts';
import { notifyAudience } from '../../shared/communication/notify.ts';
import { tick } from '../../shared/communication/tick.ts';
import type { HttpResponse } from '../../shared/ports.ts';
import { makePlan, makeWorld, minute, restoreStep, type World } from './fixture.ts';

const plan = makePlan(raw => {
  Object.assign(raw.channels as object, { pager: { type: 'pagerduty', routingKey: 'secret:k' } });
  (raw.audiences as Record<string, Record<string, unknown>>).customers = {
    title: 'Customers',
    information: 'customer',
    channels: ['pager'],
    within: '30m',
  };
  (raw.people as Record<string, object>).ben = { name: 'Ben Ruiz', roles: ['approver'], channel: 'pager' };
});

let world: World;
let answers: Pick<HttpResponse, 'status' | 'headers'>[];
let taken: string[];
beforeEach(async () => {
  world = await makeWorld({ plan });
  world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
  answers = [];
  taken = [];
  world.runtime.network.http = async ({ body = '' }) => {
    const next = answers.shift() ?? { status: 202, headers: {} };
    const event = JSON.parse(body);
    if (next.status === 202) taken.push(String(event.payload?.summary ?? event.event_action));
    return { ...next, body: '{}', latencyMs: 1 };
  };
});
const busy = (seconds: number) => ({ status: 429, headers: { 'retry-after': String(seconds) } });

describe('a provider that asks to wait longer than a step can', () => {
  it('gets the step’s own message by a later round, with the step’s fields', async () => {
    answers = [busy(200)];
    const notice = { audience: 'customers', template: 'update', fields: { step: 'tell' } };
    const [evidence] = await notifyAudience(world.runtime, world.run, notice);
    expect(evidence?.data?.status).toBe('busy');
    world.at(minute(3));
    await tick(world.runtime, world.run);
    expect(taken).not.toContain('Shop: update on the service disruption');
    world.at(minute(3.5));
    await tick(world.runtime, world.run);
    await tick(world.runtime, world.run);
    expect(taken.filter(summary => summary.includes('update on'))).toHaveLength(1);
    expect(await world.entries('message')).toContainEqual(
      expect.objectContaining({ template: 'update', status: 'sent', key: expect.stringContaining('step-') }),
    );
  });

  it('keeps the rounds going until its message is out, even after the end', async () => {
    await tick(world.runtime, world.run);
    await world.append({ type: 'run-ended', run: world.run.id, outcome: 'recovered', reasons: [] });
    answers = [busy(20)];
    expect(await tick(world.runtime, world.run)).toEqual({ next: 'wait', waitSeconds: 20 });
    world.at(minute(0.5));
    expect(await tick(world.runtime, world.run)).toEqual({ next: 'done', waitSeconds: 1 });
    expect(taken).toContain('resolve');
  });

  it('does not swallow a question: it stays due until who was asked has it', async () => {
    await tick(world.runtime, world.run);
    answers = [busy(20)];
    const asked = {
      operation: 'ask',
      run: world.run,
      step: restoreStep,
      kind: 'failed-step',
      token: 't',
      answerWithinSeconds: 1800,
    } as const;
    await world.append({ type: 'escalated', level: 2, people: ['ben'] });
    await ask(world.runtime, asked);
    expect(taken.filter(summary => summary.includes('step failed'))).toHaveLength(0);
    world.at(minute(0.5));
    await tick(world.runtime, world.run);
    await tick(world.runtime, world.run);
    expect(taken.filter(summary => summary.includes('step failed'))).toHaveLength(1);
  });
});

describe('an incident that a person resolves after its run failed', () => {
  it('is told to the audiences as resolved, by whom, and nothing is said to be checked', async () => {
    await tick(world.runtime, world.run);
    await world.append({ type: 'run-ended', run: world.run.id, outcome: 'failed', reasons: [] });
    expect((await tick(world.runtime, world.run)).next).toBe('wait');
    world.at(minute(50));
    await world.append({ type: 'incident-resolved', by: 'ben' });
    expect((await tick(world.runtime, world.run)).next).toBe('done');
    const inside = world.sns
      .commandCalls(PublishCommand)
      .map(call => call.args[0].input)
      .filter(({ Subject }) => Subject?.includes(': resolved - '));
    expect(inside[0]?.Message).toContain('resolved by Ben Ruiz at 10 March 17:37 UTC');
    expect(inside[0]?.Message).toContain('nothing was checked by it');
    const keys = (await world.entries('message'))
      .filter(({ template }) => template === 'resolved')
      .map(({ audience }) => audience);
    expect(keys.sort()).toEqual(['customers', 'engineering', 'person:ada', 'regulator']);
  });
});
