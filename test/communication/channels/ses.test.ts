import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { beforeEach, describe, expect, it } from 'vitest';
import { htmlMail } from '../../../shared/communication/channels/html-mail.ts';
import { sendMessage } from '../../../shared/communication/send.ts';
import { mockClient } from '../../support/mock-client.ts';
import { makePlan, makeWorld, minute, type World } from '../fixture.ts';

const ses = mockClient(SESv2Client);
let world: World;
let addresses: string[];
beforeEach(async () => {
  ses.reset();
  addresses = ['ada@example.com'];
  const plan = makePlan(raw =>
    Object.assign(raw.channels as object, {
      mail: { type: 'ses', from: 'dr@shop.example', to: ['secret:readers'] },
    }),
  );
  world = await makeWorld({ plan });
  world.runtime.secret = async () => JSON.stringify(addresses);
});
const message = {
  key: 'initial/customers/1',
  to: { audience: 'customers' },
  channels: ['mail'],
  template: 'initial',
  sendAt: minute(0),
  dueAt: minute(30),
};
const link = 'https://decide.example/?t=q1.ada.x.y';
const rendered = {
  subject: 'Shop <down>',
  text: `Look & see:\n- one\n\n${link}\n\nReference: ${message.key}\n`,
  sms: 's',
  link,
};
const send = () => sendMessage(world.runtime, world.run, message, rendered);
const inputs = () => ses.commandCalls(SendEmailCommand).map(call => call.args[0].input);

describe('SES', () => {
  it('sends text and HTML to one recipient', async () => {
    ses.on(SendEmailCommand).resolves({ MessageId: 'ses-1' });
    expect(await send()).toMatchObject({ status: 'sent', providerId: 'ses-1' });
    expect(inputs()).toMatchObject([
      { FromEmailAddress: 'dr@shop.example', Destination: { ToAddresses: ['ada@example.com'] } },
    ]);
    expect(inputs()[0]?.Content?.Simple?.Body?.Html?.Data).toContain('Shop &lt;down&gt;');
  });

  it('tells a thousand recipients in groups that do not see each other, each once', async () => {
    addresses = Array.from({ length: 1000 }, (_, n) => `user${n}@example.com`);
    let calls = 0;
    const throttle = Object.assign(new Error('Maximum sending rate exceeded.'), {
      name: 'TooManyRequestsException',
      $fault: 'client',
      $metadata: { httpStatusCode: 429 },
    });
    ses.on(SendEmailCommand).callsFake(() => {
      calls += 1;
      if (calls === 9 || calls === 10) throw throttle;
      return { MessageId: `ses-${calls}` };
    });
    let result = await send();
    const seconds: number[] = [];
    while (result.status === 'busy') {
      const waitUntil = Date.parse(result.retryAt ?? '');
      seconds.push((waitUntil - world.clock.time.getTime()) / 1000);
      world.clock.time = new Date(waitUntil);
      result = await send();
    }
    expect(result).toMatchObject({ status: 'sent', providerId: 'ses-1 and 19 more' });
    expect(seconds.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(60);
    const groups = inputs().flatMap(({ Destination }) => [Destination?.BccAddresses ?? []]);
    expect(groups.every(group => group.length === 50)).toBe(true);
    const taken = groups.filter((_, index) => index !== 8 && index !== 9).flat();
    expect([...taken].sort()).toEqual([...addresses].sort());
  });

  it('is refused by a list that holds no address', async () => {
    addresses = ['not an address'];
    expect(await send()).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('must hold e-mail addresses'),
    });
    expect(inputs()).toEqual([]);
  });
});

describe('an HTML mail', () => {
  const html = htmlMail({
    ...rendered,
    key: message.key,
    incident: 'i',
    template: 'approval',
    mode: 'drill',
    stage: 'investigating',
  });

  it('says what the text says, with a button, and loads nothing', () => {
    expect(html).toContain('Look &amp; see:');
    expect(html).toContain('<li style="margin:4px 0">one</li>');
    expect(html).toContain(`href="${link}"`);
    expect(html).toContain('DRILL');
    expect(html).toContain('@media (prefers-color-scheme: dark)');
    expect(html).not.toMatch(/<img|<script|<link|src=/);
  });
});
