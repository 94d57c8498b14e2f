import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { PublishCommand } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import { sendMessage } from '../../../shared/communication/send.ts';
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

it('a topic takes one request, whoever has subscribed', async () => {
  world.sns.on(PublishCommand).resolves({ MessageId: 'sns-1' });
  await sendMessage(world.runtime, world.run, message('customers'), rendered);
  expect(world.sns.commandCalls(PublishCommand)).toHaveLength(1);
});
