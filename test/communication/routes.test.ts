import { PublishCommand } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { dueMessages } from '../../shared/communication/due.ts';
import { notifyAudience } from '../../shared/communication/notify.ts';
import { tick } from '../../shared/communication/tick.ts';
import { ledgerOf, makePlan, makeRun, makeWorld, minute, opened } from './fixture.ts';

const plan = makePlan(raw => {
  const audiences = raw.audiences as Record<string, Record<string, unknown>>;
  audiences.customers = {
    ...audiences.customers,
    channels: ['customers', 'engineers-backup'],
    through: 'all',
    updateEvery: '15m',
  };
});
const topicsOf = (world: Awaited<ReturnType<typeof makeWorld>>, part: string) =>
  world.sns
    .commandCalls(PublishCommand)
    .map(call => call.args[0].input)
    .filter(({ Subject }) => Subject?.includes(part))
    .map(({ TopicArn }) => TopicArn?.split(':').at(-1))
    .sort();

describe('an audience that is told through all of its channels', () => {
  it('gets each message on each of them, once, whether the calendar or a step sends it', async () => {
    const world = await makeWorld({ plan });
    world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
    const evidence = await notifyAudience(world.runtime, world.run, {
      audience: 'customers',
      template: 'initial',
    });
    await tick(world.runtime, world.run);
    expect(evidence.map(({ data }) => data?.channel)).toEqual(['customers', 'engineers-backup']);
    expect(topicsOf(world, 'service disruption')).toEqual(['customers', 'engineers-backup']);
  });

  it('escalates for the one channel that refuses, though another one has it', async () => {
    const world = await makeWorld({ plan });
    world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
    const down = Object.assign(new Error('no'), {
      name: 'NotFoundException',
      $fault: 'client',
      $metadata: {},
    });
    world.sns
      .on(PublishCommand, { TopicArn: 'arn:aws:sns:ap-southeast-4:123456789012:customers' })
      .rejects(down);
    await tick(world.runtime, world.run);
    expect(topicsOf(world, 'could not be delivered')).toEqual(['on-call']);
  });
});

describe('the cadence of an audience', () => {
  it('is its own where it has one, in the calendar and in the text', async () => {
    const at = { plan, run: makeRun(), ledger: ledgerOf(opened()), questions: [], now: new Date(minute(15)) };
    const keys = dueMessages(at).due.map(({ key }) => key);
    expect(keys).toContain('update/customers/1/by-customers');
    expect(keys).not.toContain('update/engineering/1');
    const world = await makeWorld({ plan });
    world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
    await tick(world.runtime, world.run);
    const text = (topic: string) =>
      world.sns
        .commandCalls(PublishCommand)
        .map(call => call.args[0].input)
        .find(({ TopicArn }) => TopicArn?.endsWith(`:${topic}`))?.Message;
    expect(text('customers')).toContain('Next update: 10 March 17:02 UTC');
    expect(text('engineers')).toContain('Next update: 10 March 17:17 UTC');
  });
});
