import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDecideHandler } from '../../handlers/decide.ts';
import { resolveIncident } from '../../shared/incident/incident.ts';
import { readRefusals } from '../../shared/report/refusals.ts';
import { makePlan, makeWorld, minute, type World } from './fixture.ts';

const plan = makePlan(raw => {
  Object.assign(raw.channels as object, {
    chat: { type: 'slack', channel: 'C024BE91L', token: 'secret:t', signingSecret: 'secret:slack-signs' },
    pager: { type: 'pagerduty', routingKey: 'secret:k', webhookSecret: 'secret:pd-signs' },
  });
  Object.assign((raw.people as Record<string, object>).ada as object, {
    slackUser: 'U024BE7LH',
    pagerdutyUser: 'PTUXL6G',
  });
});
let world: World;
beforeEach(async () => {
  world = await makeWorld({ plan });
  world.runtime.secret = async reference => reference;
  world.at(minute(4));
});
const hmac = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex');
async function post(rawPath: string, headers: Record<string, string>, body: string) {
  const event = {
    rawPath,
    headers,
    requestContext: { http: { method: 'POST' } },
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  };
  return (await createDecideHandler(async () => world.runtime)(event, {} as never)) as { statusCode: number };
}

function press(change: { user?: string; incident?: string; key?: string; at?: string } = {}) {
  const {
    user = 'U024BE7LH',
    incident = world.run.incidentId,
    key = 'secret:slack-signs',
    at = minute(4),
  } = change;
  const actions = [{ action_id: 'lifeboat-acknowledge', value: incident }];
  const body = `payload=${encodeURIComponent(JSON.stringify({ type: 'block_actions', user: { id: user }, actions }))}`;
  const timestamp = String(Date.parse(at) / 1000);
  const headers = {
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${hmac(key, `v0:${timestamp}:${body}`)}`,
  };
  return post('/slack', headers, body);
}

function report(change: { key?: string; type?: string; agent?: object; dedup?: string } = {}) {
  const agent = change.agent ?? { id: 'PTUXL6G', type: 'user_reference', summary: 'Ada' };
  const data = { id: 'P1', incident_key: change.dedup ?? world.run.incidentId };
  const body = JSON.stringify({ event: { event_type: change.type ?? 'incident.acknowledged', agent, data } });
  return post(
    '/pagerduty',
    { 'x-pagerduty-signature': `v1=0000,v1=${hmac(change.key ?? 'secret:pd-signs', body)}` },
    body,
  );
}

describe('a button in Slack', () => {
  it('acknowledges as the person whose user it is', async () => {
    expect((await press()).statusCode).toBe(200);
    await press();
    expect(await world.entries('acknowledged')).toEqual([{ type: 'acknowledged', by: 'ada', via: 'slack' }]);
  });

  it.each([
    ['with a wrong signature', { key: 'another' }],
    ['that was recorded earlier', { at: minute(-2) }],
  ])('%s is refused, changes nothing, and is in the ledger', async (_what, change) => {
    expect((await press(change)).statusCode).toBe(401);
    expect(await world.entries('acknowledged')).toEqual([]);
    expect(await world.entries('link-refused')).toMatchObject([{ from: 'slack' }]);
  });

  it('with a wrong signature while nothing is open is on the record of the system', async () => {
    await resolveIncident(world.runtime.store, world.clock, world.run.incidentId, 'ada');
    expect((await press({ key: 'another' })).statusCode).toBe(401);
    expect((await readRefusals(world.runtime)).refusals).toMatchObject([
      { incident: null, what: expect.stringContaining('A request in the name of Slack') },
    ]);
  });

  it('pressed by nobody of the plan is noted and acknowledges nothing', async () => {
    await press({ user: 'U0000000' });
    expect(await world.entries('acknowledged')).toEqual([]);
    expect(await world.entries('link-refused')).toMatchObject([{ why: expect.stringContaining('U0000000') }]);
  });

  it('for an incident that does not exist does nothing', async () => {
    expect((await press({ incident: 'other-20260310t164700z' })).statusCode).toBe(200);
    expect(await world.entries('acknowledged')).toEqual([]);
  });
});

describe('a webhook of PagerDuty', () => {
  it('acknowledges, for a question’s alert too, and names who did it there', async () => {
    expect((await report({ dedup: `${world.run.incidentId}/q123456` })).statusCode).toBe(200);
    expect(await world.entries('acknowledged')).toEqual([
      { type: 'acknowledged', by: 'ada', via: 'pagerduty' },
    ]);
  });

  it('takes the name of a person whom the plan does not know', async () => {
    await report({ agent: { id: 'PX', type: 'user_reference', summary: 'Zed' } });
    expect(await world.entries('acknowledged')).toMatchObject([{ by: 'Zed' }]);
  });

  it.each([
    ['is what Lifeboat did itself', { agent: { id: 'I1', type: 'integration_reference' } }],
    ['is about something else', { type: 'incident.annotated' }],
  ])('changes nothing when it %s', async (_what, change) => {
    expect((await report(change)).statusCode).toBe(200);
    expect(await world.entries('acknowledged')).toEqual([]);
  });

  it('with a wrong signature is refused, and in the ledger', async () => {
    expect((await report({ key: 'another' })).statusCode).toBe(401);
    expect(await world.entries('acknowledged')).toEqual([]);
    expect(await world.entries('link-refused')).toMatchObject([{ from: 'pagerduty' }]);
  });
});
