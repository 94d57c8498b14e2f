import { describe, expect, it, test } from 'vitest';
import type { Plan } from '../../shared/plan/schema.ts';
import { isSuccess } from '../../shared/report/verdict.ts';
import { plan as liquidAbt, rehearsal, tryRehearsal, violations } from './support/liquid-abt.ts';

/** LIQUID ABT with every type of channel, each carrying somebody who has to know. */
const plan: Plan = {
  ...liquidAbt,
  channels: {
    ...liquidAbt.channels,
    chat: { type: 'slack', channel: 'C024BE91L', token: 'secret:providers#slack' },
    'old-chat': { type: 'slack-webhook', url: 'secret:providers/hook' },
    pager: { type: 'pagerduty', routingKey: 'secret:providers#pager', region: 'us', severity: 'critical' },
    page: {
      type: 'statuspage',
      page: 'kctbh9vrtdwd',
      token: 'secret:providers#page',
      impact: 'major',
      components: { purchases: 'major_outage' },
    },
    mail: { type: 'ses', from: 'dr@liquidtreasury.business', to: ['secret:readers'] },
    rooms: { type: 'teams', url: 'secret:providers#teams' },
    product: {
      type: 'webhook',
      url: 'https://app.liquidtreasury.business/hooks',
      secret: 'secret:providers#hook',
    },
  },
  people: {
    ...liquidAbt.people,
    'on-call-engineer': {
      ...(liquidAbt.people['on-call-engineer'] as Plan['people'][string]),
      channel: 'pager',
      fallback: ['on-call-sms'],
    },
  },
  audiences: {
    engineering: { ...audience('engineering'), channels: ['chat', 'old-chat', 'on-call-sms'] },
    executives: { ...audience('executives'), channels: ['rooms', 'executives-email'] },
    customers: { ...audience('customers'), channels: ['page', 'mail'], through: 'all', updateEvery: 900 },
    partners: { ...audience('partners'), channels: ['product', 'partners-email'] },
  },
};

function audience(id: string): Plan['audiences'][string] {
  return liquidAbt.audiences[id] as Plan['audiences'][string];
}
const providers = ['chat', 'pager', 'page', 'rooms', 'product'];

describe('a region failure with every type of channel', () => {
  it('tells everybody in time, each through their first channel', async () => {
    const result = await rehearsal({ plan, seed: 7 });
    const { notifications } = result.report;
    expect(isSuccess(result.report)).toBe(true);
    expect(violations(result)).toEqual([]);
    expect(notifications.filter(({ onTime }) => !onTime)).toEqual([]);
    const used = new Set(notifications.map(({ channel }) => channel));
    for (const channel of providers) expect(used).toContain(channel);
    expect(result.ledger.some(({ entry }) => entry.type === 'acknowledged')).toBe(true);
  });

  test.each(providers.flatMap(channel => [`provider-refuses:${channel}`, `provider-silent:${channel}`]))(
    'leaves nobody untold with %s',
    async fault => {
      const result = await rehearsal({ plan, seed: 7, faults: [fault] });
      expect(isSuccess(result.report)).toBe(true);
      expect(violations(result)).toEqual([]);
      const { notifications } = result.report;
      // Customers are told on every channel: what the page did not take they have by mail, and level 1 knows of it.
      const lost = notifications.filter(({ sentAt }) => sentAt === null).map(({ channel }) => channel);
      expect(new Set(lost)).toEqual(new Set(fault.endsWith(':page') ? ['page'] : []));
      expect(
        notifications.some(({ channel, template }) => channel === 'mail' && template === 'initial'),
      ).toBe(true);
      expect(result.report.detail.untold).toEqual([]);
      expect(result.faultsWithoutEffect).toEqual([]);
    },
  );

  it('knows no fault of a channel that no provider carries', async () => {
    const result = await tryRehearsal({ plan, faults: ['provider-silent:partners-email'] });
    expect(result).toMatchObject({ ok: false, problems: [expect.stringContaining('names the channel')] });
  });
});
