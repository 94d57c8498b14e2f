import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { PublishCommand } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import { limitOf, secondsToTell } from '../../../shared/communication/channels/limits.ts';
import { sendMessage } from '../../../shared/communication/send.ts';
import { channelSchema } from '../../../shared/plan/sections/communication.ts';
import type { HttpResponse } from '../../../shared/ports.ts';
import { mockClient } from '../../support/mock-client.ts';
import { makePlan, makeWorld, minute, type World } from '../fixture.ts';

/**
 * A thousand recipients. Only SES is given them one by one; what Slack, Teams, PagerDuty, Statuspage, a webhook or a
 * topic carries is one request however many read it, and how fast they hand it out is theirs.
 */
const recipients = Array.from({ length: 1000 }, (_, n) => `user${n}@example.com`);
const ses = mockClient(SESv2Client);
let world: World;
beforeEach(async () => {
  ses.reset();
  const plan = makePlan(raw =>
    Object.assign(raw.channels as object, {
      mail: { type: 'ses', from: 'dr@shop.example', to: ['secret:readers'] },
    }),
  );
  world = await makeWorld({ plan });
  world.runtime.secret = async () => recipients.join(',');
});

const ses14 = { type: 'ses', from: 'dr@shop.example', to: ['secret:readers'] };
const rendered = { subject: 'Shop is down', text: 'Reference: x', sms: 's' };
const message = (channel: string) => ({
  key: `initial/customers/${channel}`,
  to: { audience: 'customers' },
  channels: [channel],
  template: 'initial',
  sendAt: minute(0),
  dueAt: minute(30),
});

/**
 * SES as its documentation has it: the rate counts recipients. A call is taken while anything of the rate is left, and
 * is paid off before the next one. Answers when, in seconds, the last of them was told.
 */
async function tellAll(recipientsPerSecond: number): Promise<{ seconds: number; told: string[] }> {
  const told: string[] = [];
  const startedMs = world.clock.time.getTime();
  let [left, countedMs] = [recipientsPerSecond, startedMs];
  ses.on(SendEmailCommand).callsFake(({ Destination }) => {
    const nowMs = world.clock.time.getTime();
    left = Math.min(recipientsPerSecond, left + ((nowMs - countedMs) / 1000) * recipientsPerSecond);
    countedMs = nowMs;
    if (left <= 0) {
      throw Object.assign(new Error('Maximum sending rate exceeded.'), {
        name: 'TooManyRequestsException',
        $fault: 'client',
        $metadata: { httpStatusCode: 429 },
      });
    }
    left -= Destination.BccAddresses.length;
    told.push(...Destination.BccAddresses);
    return { MessageId: `ses-${told.length}` };
  });
  let result = await sendMessage(world.runtime, world.run, message('mail'), rendered);
  while (result.status === 'busy') {
    world.clock.time = new Date(result.retryAt ?? '');
    result = await sendMessage(world.runtime, world.run, message('mail'), rendered);
  }
  expect(result.status).toBe('sent');
  return { seconds: (world.clock.time.getTime() - startedMs) / 1000, told };
}

describe('a thousand recipients by SES', () => {
  it.each([17, 50, 200])('are told once each within 60 s at %i recipients a second', async rate => {
    const { seconds, told } = await tellAll(rate);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(told.toSorted()).toEqual(recipients.toSorted());
  });

  it('take longer below that, which is what the rate is, and nobody is told twice or not at all', async () => {
    const { seconds, told } = await tellAll(14);
    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThanOrEqual(90);
    expect(told.toSorted()).toEqual(recipients.toSorted());
  });
});

/** What each channel can do for a thousand readers in a minute, by what its provider documents. */
const minuteOf: Record<string, { channel: object; seconds: number; inTime: boolean }> = {
  'SNS e-mail': { channel: { type: 'sns', topic: 't', protocol: 'email' }, seconds: 100, inTime: false },
  'SNS SMS': { channel: { type: 'sns', topic: 't', protocol: 'sms' }, seconds: 50, inTime: true },
  'SNS to a chat': { channel: { type: 'sns', topic: 't', protocol: 'other' }, seconds: 1, inTime: true },
  'SES at its usual rate': { channel: ses14, seconds: 72, inTime: false },
  'SES at 50 a second': { channel: { ...ses14, perSecond: 50 }, seconds: 20, inTime: true },
  'SES in the sandbox': { channel: { ...ses14, perSecond: 1 }, seconds: 1000, inTime: false },
  Slack: { channel: { type: 'slack', channel: 'C024BE91L', token: 'secret:t' }, seconds: 1, inTime: true },
  'Slack webhook': { channel: { type: 'slack-webhook', url: 'secret:u' }, seconds: 1, inTime: true },
  PagerDuty: { channel: { type: 'pagerduty', routingKey: 'secret:k' }, seconds: 1, inTime: true },
  Statuspage: {
    channel: { type: 'statuspage', page: 'kctbh9vrtdwd', token: 'secret:t' },
    seconds: 1,
    inTime: true,
  },
  Teams: { channel: { type: 'teams', url: 'secret:u' }, seconds: 1, inTime: true },
  webhook: {
    channel: { type: 'webhook', url: 'https://a.example/', secret: 'secret:s' },
    seconds: 1,
    inTime: true,
  },
};

describe('a thousand readers within 60 s', () => {
  it.each(Object.entries(minuteOf))('by %s', (_name, { channel, seconds, inTime }) => {
    const parsed = channelSchema.parse(channel);
    expect(secondsToTell(parsed, 1000)).toBe(seconds);
    expect(seconds <= 60).toBe(inTime);
    expect(limitOf(parsed).source).toMatch(/./);
  });

  it('is said of every type of channel that there is', () => {
    const types = new Set(Object.values(minuteOf).map(({ channel }) => (channel as { type: string }).type));
    expect([...types].sort()).toEqual(channelSchema.options.map(({ shape }) => shape.type.value).sort());
  });
});

it('a topic takes one request, whoever has subscribed', async () => {
  world.sns.on(PublishCommand).resolves({ MessageId: 'sns-1' });
  await sendMessage(world.runtime, world.run, message('customers'), rendered);
  expect(world.sns.commandCalls(PublishCommand)).toHaveLength(1);
});

describe('a provider that takes one request a second', () => {
  it('has forty messages of the same minute in the end, each once and none too late', async () => {
    const plan = makePlan(raw =>
      Object.assign(raw.channels as object, {
        chat: { type: 'webhook', url: 'https://a.example/', secret: 'secret:s' },
      }),
    );
    world = await makeWorld({ plan });
    const taken: string[] = [];
    let lastMs = 0;
    world.runtime.network.http = async ({ headers }): Promise<HttpResponse> => {
      const nowMs = world.clock.time.getTime();
      if (nowMs - lastMs < 1000)
        return { status: 429, headers: { 'retry-after': '1' }, body: '', latencyMs: 1 };
      lastMs = nowMs;
      taken.push(String(headers?.['webhook-id']));
      return { status: 204, headers: {}, body: '', latencyMs: 1 };
    };
    const waiting = new Set(Array.from({ length: 40 }, (_, n) => `update/customers/${n}`));
    while (waiting.size > 0) {
      for (const key of waiting) {
        const result = await sendMessage(world.runtime, world.run, { ...message('chat'), key }, rendered);
        expect(['sent', 'busy']).toContain(result.status);
        if (result.status === 'sent') waiting.delete(key);
      }
      world.clock.time = new Date(world.clock.time.getTime() + 1000);
    }
    expect(new Set(taken).size).toBe(40);
    expect(taken).toHaveLength(40);
    expect(world.clock.time.getTime() - Date.parse(minute(0))).toBeLessThanOrEqual(60_000);
  });
});
