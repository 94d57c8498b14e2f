import { PublishCommand } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import { notifyAudience } from '../../shared/communication/notify.ts';
import { tick } from '../../shared/communication/tick.ts';
import { makePlan, makeWorld, type World } from './fixture.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
});
const published = () => world.sns.commandCalls(PublishCommand).map(({ args }) => args[0].input);
const notify = (audience: string, template: string, fields?: Record<string, string>) =>
  notifyAudience(world.runtime, world.run, { audience, template, fields });

describe('telling an audience from a step', () => {
  it('sends the message and gives the evidence', async () => {
    expect(await notify('customers', 'update')).toEqual([
      {
        what: 'Customers: told (update) through customers.',
        data: expect.objectContaining({ status: 'sent', channel: 'customers', providerId: 'm' }),
      },
    ]);
  });

  it('is done once in a run, with the same evidence', async () => {
    const first = await notify('customers', 'update', { step: 'a' });
    expect(await notify('customers', 'update', { step: 'a' })).toEqual(first);
    expect(published()).toHaveLength(1);
    await notify('customers', 'update', { step: 'b' });
    expect(published()).toHaveLength(2);
  });

  it('of the opening, does not tell again who has been told by the calendar, nor the other way round', async () => {
    await notify('customers', 'initial', { step: 'a' });
    await tick(world.runtime, world.run);
    const toCustomers = published().filter(({ TopicArn }) => TopicArn?.endsWith(':customers'));
    expect(toCustomers).toHaveLength(1);
    await notify('engineering', 'initial', { step: 'a' });
    expect(published().filter(({ TopicArn }) => TopicArn?.endsWith(':engineers'))).toHaveLength(1);
  });

  it('fills in the step’s own fields', async () => {
    const templates = { moved: { subject: 'Moved to ${message.place}', text: 'x' } };
    world = await makeWorld({ plan: makePlan(plan => Object.assign(plan, { templates })) });
    world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
    await notify('customers', 'moved', { place: 'Melbourne' });
    expect(published()[0]?.Subject).toBe('Moved to Melbourne');
  });

  it('leaves out audiences that a drill does not reach', async () => {
    world = await makeWorld({ mode: 'drill' });
    world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
    expect(await notify('customers', 'update')).toEqual([
      { what: 'Customers is not told of drills (template update).' },
    ]);
    await notify('engineering', 'update');
    expect(published().map(({ Subject }) => Subject)).toEqual([expect.stringMatching(/^DRILL: /)]);
  });

  it('never throws: what was not delivered is evidence', async () => {
    world.sns.on(PublishCommand).rejects(new Error('down'));
    expect((await notify('customers', 'update'))[0]?.data).toMatchObject({ status: 'failed' });
    expect(await notify('nobody', 'update')).toEqual([
      { what: 'The plan has no audience "nobody"; nobody was told.' },
    ]);
    const store = { ...world.runtime.store, get: () => Promise.reject(new Error('no table')) };
    const found = await notifyAudience({ ...world.runtime, store }, world.run, {
      audience: 'customers',
      template: 'x',
    });
    expect(found[0]?.what).toContain('could not be told');
  });
});
