import { PublishCommand } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PlannedMessage } from '../../shared/communication/due.ts';
import { claimSeconds, sendMessage } from '../../shared/communication/send.ts';
import type { RecordStore } from '../../shared/incident/record-store.ts';
import { makeWorld, minute, type World } from './fixture.ts';

const message: PlannedMessage = {
  key: 'initial/engineering/1',
  to: { audience: 'engineering' },
  channels: ['engineers', 'engineers-backup'],
  template: 'initial',
  sendAt: minute(0),
  dueAt: minute(5),
};
const rendered = { subject: 'Shop: region failure', text: 'It has begun.', sms: 'Short' };
const topic = (name: string) => `arn:aws:sns:ap-southeast-4:123456789012:${name}`;
const down = Object.assign(new Error('down'), {
  name: 'InternalErrorException',
  $fault: 'server',
  $metadata: {},
});

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  world.sns.on(PublishCommand).resolves({ MessageId: 'm-1' });
});
const send = (change: Partial<PlannedMessage> = {}) =>
  sendMessage(world.runtime, world.run, { ...message, ...change }, rendered);

describe('sending', () => {
  it('publishes to the first channel and records the provider’s id', async () => {
    expect(await send()).toMatchObject({ status: 'sent', channel: 'engineers', providerId: 'm-1' });
    expect(world.sns.commandCalls(PublishCommand).map(call => call.args[0].input)).toEqual([
      {
        TopicArn: topic('engineers'),
        Subject: 'Shop: region failure',
        Message: 'It has begun.',
        MessageAttributes: {
          'lifeboat-message-key': { DataType: 'String', StringValue: 'initial/engineering/1' },
          'lifeboat-mode': { DataType: 'String', StringValue: 'recover' },
        },
      },
    ]);
    expect(await world.entries('message')).toEqual([
      {
        type: 'message',
        key: 'initial/engineering/1',
        audience: 'engineering',
        channel: 'engineers',
        template: 'initial',
        status: 'sent',
        dueAt: minute(5),
        providerId: 'm-1',
      },
    ]);
  });

  it('sends the short form, as transactional, through an SMS channel', async () => {
    await send({ channels: ['chief-sms'] });
    const input = world.sns.commandCalls(PublishCommand)[0]?.args[0].input;
    expect(input?.Message).toBe('Short');
    expect(input?.MessageAttributes?.['AWS.SNS.SMS.SMSType']?.StringValue).toBe('Transactional');
  });

  it('is done once, however often it is asked for', async () => {
    await send();
    expect(await send()).toMatchObject({ status: 'sent', providerId: 'm-1' });
    expect(world.sns.commandCalls(PublishCommand)).toHaveLength(1);
    expect(await world.entries('message')).toHaveLength(1);
  });

  it('is done once by two senders at the same time', async () => {
    const results = await Promise.all([send(), send()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['busy', 'sent']);
    expect(world.sns.commandCalls(PublishCommand)).toHaveLength(1);
  });

  it('falls back to the next channel and keeps what the first one said', async () => {
    world.sns.on(PublishCommand, { TopicArn: topic('engineers') }).rejects(down);
    expect(await send()).toMatchObject({ status: 'sent', channel: 'engineers-backup' });
    expect((await world.entries('message')).map(({ status, channel }) => [status, channel])).toEqual([
      ['sent', 'engineers-backup'],
      ['failed', 'engineers'],
    ]);
  });

  it('says so in the ledger when no channel takes it, and does not try again by itself', async () => {
    world.sns.on(PublishCommand).rejects(down);
    expect(await send()).toMatchObject({ status: 'failed' });
    const entries = await world.entries('message');
    expect(entries.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(entries[0]?.error).toContain('sns.Publish in ap-southeast-4 did not answer');
    const calls = world.sns.commandCalls(PublishCommand).length;
    expect(await send()).toMatchObject({ status: 'failed' });
    expect(world.sns.commandCalls(PublishCommand)).toHaveLength(calls);
  });

  it('fails for a recipient without a channel that exists', async () => {
    expect(await send({ channels: [] })).toMatchObject({ status: 'failed' });
    expect(await send({ key: 'other', channels: ['gone'] })).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('has no channel "gone"'),
    });
  });

  it('tells nobody in a dry run and notes who would have been', async () => {
    world = await makeWorld({ mode: 'dry-run' });
    expect(await send()).toEqual({ status: 'withheld' });
    expect(world.sns.commandCalls(PublishCommand)).toHaveLength(0);
    expect((await world.entries('note')).map(({ what }) => what)).toEqual([
      'Dry run: "initial" would go to engineering through engineers, engineers-backup.',
    ]);
  });
});

describe('after a sender died', () => {
  /** A store whose writes begin to fail at the n-th one, as seen by a process that is killed there. */
  function dyingAt(store: RecordStore, nth: number): RecordStore {
    let writes = 0;
    return {
      ...store,
      put: (...args) => {
        writes += 1;
        return writes >= nth ? Promise.reject(new Error('killed')) : store.put(...args);
      },
    };
  }
  const die = (nth: number) =>
    sendMessage({ ...world.runtime, store: dyingAt(world.runtime.store, nth) }, world.run, message, rendered);

  it('between publishing and recording, the message waits for its claim to end, then is sent again', async () => {
    expect(await die(2)).toEqual({ status: 'busy' });
    expect(world.sns.commandCalls(PublishCommand)).toHaveLength(1);
    world.clock.time = new Date(Date.parse(minute(0)) + claimSeconds * 1000 - 1);
    expect(await send()).toEqual({ status: 'busy' });
    world.clock.time = new Date(Date.parse(minute(0)) + claimSeconds * 1000);
    expect(await send()).toMatchObject({ status: 'sent' });
    const keys = world.sns
      .commandCalls(PublishCommand)
      .map(call => call.args[0].input.MessageAttributes?.['lifeboat-message-key']?.StringValue);
    expect(keys).toEqual(['initial/engineering/1', 'initial/engineering/1']);
    expect(await world.entries('message')).toHaveLength(1);
  });

  it('between recording and the ledger, the ledger is completed and nothing is sent', async () => {
    expect(await die(3)).toEqual({ status: 'busy' });
    expect(await world.entries('message')).toHaveLength(0);
    expect(await send()).toMatchObject({ status: 'sent', providerId: 'm-1' });
    expect(world.sns.commandCalls(PublishCommand)).toHaveLength(1);
    expect(await world.entries('message')).toHaveLength(1);
  });

  it('or rather after one failed write, the next try records it and the message goes out once', async () => {
    let writes = 0;
    const store: RecordStore = {
      ...world.runtime.store,
      put: (...args) => {
        writes += 1;
        return writes === 2 ? Promise.reject(new Error('throttled')) : world.runtime.store.put(...args);
      },
    };
    const result = await sendMessage({ ...world.runtime, store }, world.run, message, rendered);
    expect(result).toMatchObject({ status: 'sent' });
    expect(await send()).toMatchObject({ status: 'sent' });
    expect(world.sns.commandCalls(PublishCommand)).toHaveLength(1);
  });

  it('never throws, even when nothing can be written', async () => {
    expect(await die(1)).toEqual({ status: 'busy' });
    expect(world.logs).toEqual(['error: A message could not be recorded; it stays due']);
  });
});
