import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedMessage } from '../../../shared/communication/due.ts';
import { sendMessage } from '../../../shared/communication/send.ts';
import { makePlan, makeWorld, minute, type World } from '../fixture.ts';
import { type Mood, signingKey, startProviders } from './providers.ts';

const secrets: Record<string, string> = {
  'secret:slack': 'xoxb-token',
  'secret:hook': 'https://hooks.slack.com/services/T000/B000/very-secret',
  'secret:pd': 'routing-key',
  'secret:page': 'page-token',
  'secret:teams': 'https://teams.example/workflows/0/triggers?sig=very-secret',
  'secret:signing': signingKey,
};
const channels = {
  slack: { type: 'slack', channel: 'C024BE91L', token: 'secret:slack' },
  'slack-webhook': { type: 'slack-webhook', url: 'secret:hook' },
  pagerduty: { type: 'pagerduty', routingKey: 'secret:pd' },
  statuspage: {
    type: 'statuspage',
    page: 'kctbh9vrtdwd',
    token: 'secret:page',
    components: { c1: 'major_outage' },
  },
  teams: { type: 'teams', url: 'secret:teams' },
  webhook: { type: 'webhook', url: 'https://app.example/hooks', secret: 'secret:signing' },
};
const types = Object.keys(channels) as (keyof typeof channels)[];
/** They recognise a repeat, or are asked; the others answer nothing by which a repeat could be known. */
const repeating = types.filter(type => !['slack-webhook', 'teams'].includes(type));

let providers: Awaited<ReturnType<typeof startProviders>>;
let world: World;
beforeAll(async () => {
  providers = await startProviders();
});
afterAll(() => providers.stop());
beforeEach(async () => {
  const plan = makePlan(raw => Object.assign(raw.channels as object, channels));
  world = await makeWorld({ plan });
  world.runtime.network.http = providers.http;
  world.runtime.secret = async reference => secrets[reference] ?? '';
  for (const list of [
    providers.moods,
    providers.requests,
    providers.shown,
    providers.state.slack,
    providers.state.incidents,
  ])
    list.length = 0;
  providers.state.alerts.clear();
  providers.state.webhooks.clear();
});

const rendered = (key: string) => ({
  subject: 'Shop: region failure',
  text: `It has begun.

- one
- two

Reference: ${key}
`,
  sms: 'Short',
});
function send(type: string, change: Partial<PlannedMessage> & { stage?: 'resolved' } = {}, ...moods: Mood[]) {
  providers.moods.push(...moods);
  const { stage, ...planned } = change;
  const message: PlannedMessage = {
    key: 'initial/engineering/1',
    to: { audience: 'engineering' },
    channels: [type],
    template: 'initial',
    sendAt: minute(0),
    dueAt: minute(30),
    ...planned,
  };
  return sendMessage(world.runtime, world.run, message, {
    ...rendered(message.key),
    ...(stage && { stage }),
  });
}
/** Lets the time pass until the channel may be tried again. */
async function sendUntilDone(type: string, change: Partial<PlannedMessage> = {}) {
  for (let tries = 0; ; tries++) {
    const result = await send(type, change);
    if (result.status !== 'busy' || tries > 8) return result;
    world.clock.time = new Date(result.retryAt ?? world.clock.time.getTime() + 120_000);
  }
}

describe.each(types)('%s', type => {
  it('takes a message once, and its id is on record', async () => {
    expect(await send(type)).toMatchObject({
      status: 'sent',
      channel: type,
      providerId: expect.stringMatching(/./),
    });
    await send(type);
    expect(providers.shown).toHaveLength(1);
    expect(await world.entries('message')).toMatchObject([{ status: 'sent', channel: type }]);
  });

  it('that refuses gives way to the next channel, and its secret stays out of the ledger', async () => {
    world.sns.onAnyCommand().resolves({ MessageId: 'm' });
    const result = await send(type, { channels: [type, 'engineers'] }, 'refuse');
    expect(result).toMatchObject({ status: 'sent', channel: 'engineers' });
    const ledger = JSON.stringify([await world.ledger(), world.logs]);
    for (const secret of [...Object.values(secrets), 'very-secret']) expect(ledger).not.toContain(secret);
    expect(ledger).toContain('answered 403');
  });

  it('that is too busy is tried again when it says, and not before', async () => {
    const result = await send(type, {}, 'throttle');
    expect(result).toEqual({ status: 'busy', retryAt: new Date(Date.parse(minute(0)) + 7000).toISOString() });
    const before = providers.requests.length;
    expect((await send(type)).status).toBe('busy');
    expect(providers.requests).toHaveLength(before);
    expect(await sendUntilDone(type)).toMatchObject({ status: 'sent' });
    expect(providers.shown).toHaveLength(1);
  });

  it('that can’t be reached at all is no reason to send twice or never', async () => {
    const { http } = world.runtime.network;
    world.runtime.network.http = () =>
      Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    expect((await send(type)).status).toBe('busy');
    world.runtime.network.http = http;
    expect(await sendUntilDone(type)).toMatchObject({ status: 'sent' });
    expect(providers.shown).toHaveLength(1);
  });
});

describe.each(repeating)('%s', type => {
  it.each<Mood>(['take-and-drop', 'fail', 'stall'])(
    'after %s has the message once in the end',
    async mood => {
      expect((await send(type, {}, mood)).status).toBe('busy');
      expect(await sendUntilDone(type)).toMatchObject({ status: 'sent' });
      expect(providers.shown).toHaveLength(1);
    },
  );

  it('after a sender that died in between has the message once', async () => {
    const { store } = world.runtime;
    let deadFrom = Number.POSITIVE_INFINITY;
    let writes = 0;
    world.runtime.store = {
      ...store,
      put: (...args) => (++writes >= deadFrom ? Promise.reject(new Error('killed')) : store.put(...args)),
    };
    // The write after the provider's answer is the one that fails.
    deadFrom = type === 'slack' || type === 'statuspage' ? 3 : 2;
    expect((await send(type)).status).toBe('busy');
    world.runtime.store = store;
    expect(await sendUntilDone(type)).toMatchObject({ status: 'sent' });
    expect(providers.shown).toHaveLength(1);
  });
});

describe.each(['slack-webhook', 'teams'])('%s', type => {
  it.each<Mood>(['take-and-drop', 'fail', 'stall'])(
    'after %s is not tried again: the next channel tells',
    async mood => {
      world.sns.onAnyCommand().resolves({ MessageId: 'm' });
      const result = await send(type, { channels: [type, 'engineers'] }, mood);
      expect(result).toMatchObject({ status: 'sent', channel: 'engineers' });
      expect(providers.requests).toHaveLength(1);
    },
  );

  it('without another channel is said to be unsure, which escalates', async () => {
    const result = await send(type, {}, 'take-and-drop');
    expect(result).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('not known whether it took'),
    });
    expect(providers.shown).toHaveLength(1);
  });
});

describe('Teams', () => {
  it('that answers 200 to a card that it has thrown away for its rate is asked again', async () => {
    const { http } = world.runtime.network;
    world.runtime.network.http = async () => ({
      status: 200,
      headers: {},
      body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x.',
      latencyMs: 1,
    });
    expect((await send('teams')).status).toBe('busy');
    expect(providers.shown).toHaveLength(0);
    world.runtime.network.http = http;
    expect(await sendUntilDone('teams')).toMatchObject({ status: 'sent' });
    expect(providers.shown).toHaveLength(1);
  });
});

describe('Slack', () => {
  it('has one thread for an incident, and shows its end to the whole channel', async () => {
    await send('slack');
    await send('slack', { key: 'update/engineering/1', template: 'update' });
    await send('slack', { key: 'all-clear/engineering/1', template: 'all-clear' });
    const [first, second, third] = providers.state.slack;
    expect(first).not.toHaveProperty('thread_ts');
    expect(second).toMatchObject({ thread_ts: first?.ts, reply_broadcast: false });
    expect(third).toMatchObject({ thread_ts: first?.ts, reply_broadcast: true });
    expect(JSON.stringify(first?.blocks)).toContain('• one\\n• two');
  });

  it('that may not be read says that it is not known, and the next channel tells', async () => {
    world.sns.onAnyCommand().resolves({ MessageId: 'm' });
    const change = { channels: ['slack', 'engineers'] };
    await send('slack', change, 'take-and-drop');
    world.clock.time = new Date(world.clock.time.getTime() + 10_000);
    expect(await send('slack', change, 'refuse')).toMatchObject({ status: 'sent', channel: 'engineers' });
    expect(providers.shown).toHaveLength(1);
  });
});

describe('PagerDuty', () => {
  it('is triggered, acknowledged and resolved under one key', async () => {
    await send('pagerduty');
    await send('pagerduty', { key: 'update/engineering/1', template: 'update' });
    await send('pagerduty', { key: 'acknowledged/1', template: 'acknowledged' });
    await send('pagerduty', { key: 'all-clear/1', template: 'all-clear', stage: 'resolved' });
    const { incidentId } = world.run;
    expect(providers.shown).toEqual([
      `trigger ${incidentId}`,
      `acknowledge ${incidentId}`,
      `resolve ${incidentId}`,
    ]);
  });
});

describe('PagerDuty, when an acknowledgement has lapsed', () => {
  const again = { key: 'escalation/level-1/lapse-1/person:ada', template: 'escalation', again: true };
  const acknowledged = async () => {
    await send('pagerduty');
    await send('pagerduty', { key: 'acknowledged/1', template: 'acknowledged' });
    providers.shown.length = 0;
  };

  it('has a new alert, since nobody is notified of one that was acknowledged', async () => {
    const { incidentId } = world.run;
    await acknowledged();
    await send('pagerduty', { key: 'update/engineering/1', template: 'update' });
    expect(providers.shown).toEqual([]);
    await send('pagerduty', again);
    expect(providers.shown).toEqual([`resolve ${incidentId}`, `trigger ${incidentId}`]);
  });

  it('has one new alert, also when no answer came to the request that raised it', async () => {
    const { incidentId } = world.run;
    await acknowledged();
    await send('pagerduty', again, 'take', 'take-and-drop');
    await sendUntilDone('pagerduty', again);
    expect(providers.shown).toEqual([`resolve ${incidentId}`, `trigger ${incidentId}`]);
  });
});

describe('Statuspage', () => {
  it('has one incident that is made once, updated, and resolved with its components', async () => {
    await send('statuspage');
    await send('statuspage', { key: 'update/customers/1', template: 'update' });
    await send('statuspage', { key: 'all-clear/customers/1', template: 'all-clear', stage: 'resolved' });
    expect(providers.shown).toEqual(['made investigating', 'updated investigating', 'updated resolved']);
    expect(providers.state.incidents).toMatchObject([
      { status: 'resolved', components: { c1: 'operational' } },
    ]);
    expect(JSON.stringify(providers.state.incidents)).not.toContain('Reference');
  });

  it('shows a planned move as work, and no component as down', async () => {
    world.run.mode = 'planned';
    await send('statuspage');
    expect(providers.state.incidents).toMatchObject([
      { impact_override: 'none', components: { c1: 'under_maintenance' } },
    ]);
  });

  it('shows no drill to the public', async () => {
    world.run.mode = 'drill';
    expect(await send('statuspage')).toMatchObject({ status: 'failed' });
    expect(providers.requests).toHaveLength(0);
  });
});
