import { describe, expect, test } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import type { Channel, Plan } from '../../shared/plan/schema.ts';
import type { Report } from '../../shared/report/report.ts';
import { rehearse } from '../../simulator/rehearse.ts';
import { systems } from './support.ts';

type Kind = 'slack' | 'email' | 'sms' | 'pagerduty' | 'status-page' | 'in-app';
/** Who (an audience or `person:<id>`), by what, within how many minutes of the opening, by which rows of the document. */
type Row = readonly [who: string, by: Kind, withinMinutes: number, rows: string];

/** Who hears again every so many minutes until the end. */
type Update = readonly [who: string, everyMinutes: number, rows: string];

/**
 * What the five documents ask for, row by row: their channels, audiences and times. Each system's worst scenario is
 * rehearsed without anybody who answers, so that every level of the escalation is reached.
 */
const matrices: Record<string, { scenario: string; updates: readonly Update[]; rows: readonly Row[] }> = {
  'liquid-abt': {
    scenario: 'region-failure',
    updates: [
      ['engineering', 10, 'LA-131'],
      ['executives', 30, 'LA-132'],
    ],
    rows: [
      ['engineering', 'slack', 15, 'LA-127, LA-131'],
      ['person:on-call-engineer', 'sms', 15, 'LA-127'],
      ['person:platform-lead', 'email', 30, 'LA-128'],
      ['person:engineering-manager', 'sms', 60, 'LA-129'],
      ['person:engineering-manager-phone', 'pagerduty', 60, 'LA-129'],
      ['person:cto', 'sms', 65, 'LA-130'],
      ['executives', 'email', 30, 'LA-130'],
      ['customers', 'email', 30, 'LA-135'],
      ['partners', 'email', 60, 'LA-137'],
      ['public', 'status-page', 30, 'LA-082, LA-134'],
    ],
  },
  'ag-botkit': {
    scenario: 'region-failure',
    updates: [['stakeholders', 30, 'P0']],
    rows: [
      ['stakeholders', 'email', 15, 'AG-119, AG-134'],
      ['engineering', 'slack', 15, 'AG-125'],
      ['engineering', 'email', 15, 'AG-127'],
      ['person:on-call-engineer', 'pagerduty', 15, 'AG-126'],
      ['recovery-team', 'email', 15, 'AG-011'],
      ['public', 'status-page', 15, 'AG-012, AG-128'],
      ['users', 'email', 15, 'AG-129'],
    ],
  },
  'fusion-bitcoin-bridge': {
    scenario: 'region-failover',
    updates: [
      ['engineering', 30, 'FB-050'],
      ['users', 15, 'FB-061, FB-062'],
    ],
    rows: [
      ['engineering', 'slack', 15, 'FB-046, FB-057'],
      ['engineering', 'email', 15, 'FB-048, FB-052'],
      ['person:on-call-engineer', 'pagerduty', 15, 'FB-047, FB-076'],
      ['person:product-manager', 'email', 35, 'FB-058'],
      ['person:business-owner', 'email', 35, 'FB-058'],
      ['person:executive-on-call', 'sms', 65, 'FB-059'],
      ['stakeholders', 'email', 120, 'FB-060'],
      ['users', 'status-page', 15, 'FB-061'],
      ['critical-customers', 'email', 30, 'FB-064'],
    ],
  },
  waqiti: {
    scenario: 'region-disaster',
    updates: [['operations', 15, 'WQ-126']],
    rows: [
      ['operations', 'slack', 5, 'WQ-116'],
      ['public', 'status-page', 15, 'WQ-117'],
      ['person:on-call-engineer', 'pagerduty', 15, 'WQ-118'],
      ['customers', 'email', 30, 'WQ-119'],
      ['users', 'in-app', 30, 'WQ-120'],
    ],
  },
  'ai-crypto-trading-bot': {
    scenario: 'complete-recovery',
    updates: [['technical', 30, 'TB-211']],
    rows: [
      ['executives', 'email', 15, 'TB-210'],
      ['technical', 'slack', 5, 'TB-211'],
      ['recovery-team', 'sms', 15, 'TB-048'],
      ['technical-pager', 'sms', 5, 'TB-211'],
      ['support', 'email', 10, 'TB-212'],
      ['public', 'status-page', 10, 'TB-163, TB-213'],
      ['users', 'email', 15, 'TB-164, TB-213'],
      ['traders', 'email', 5, 'TB-162'],
      ['regulators', 'email', 240, 'TB-214'],
    ],
  },
};

test('every system that has a plan has the matrix of its document', () => {
  expect(Object.keys(matrices)).toEqual(expect.arrayContaining([...systems]));
});

describe.each(Object.entries(matrices).filter(([system]) => systems.includes(system)))(
  'the stakeholders of %s',
  async (system, { scenario, updates, rows }) => {
    const { plan } = await checkPlan(`plans/${system}/plan.yml`);
    if (!plan) throw new Error(`the plan of ${system} has errors`);
    const report = await unanswered(plan, system, scenario);

    test.each(rows)('%s by %s within %i min (%s)', (who, by, withinMinutes) => {
      const told = report.notifications.filter(
        ({ audience, channel, sentAt }) =>
          audience === who && sentAt !== null && kindOf(plan.channels[channel]) === by,
      );
      expect(told.length, `${who} is told nothing by ${by}`).toBeGreaterThan(0);
      expect(Math.min(...told.map(({ afterSeconds }) => afterSeconds ?? Infinity))).toBeLessThanOrEqual(
        withinMinutes * 60,
      );
    });

    test.each(updates)('%s hears again within %i min (%s)', (who, everyMinutes) => {
      const all = report.notifications.filter(
        ({ audience, template }) => audience === who && ['initial', 'update'].includes(template),
      );
      const seconds = [...new Set(all.map(({ afterSeconds }) => afterSeconds ?? Infinity))];
      expect(seconds.length).toBeGreaterThan(1);
      // Sent up to a minute ahead of its time, and the next one counts from that time.
      const gaps = seconds.slice(1).map((at, index) => at - (seconds[index] ?? 0));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(everyMinutes * 60 + 60);
    });

    test('are told every message on time', () => {
      expect(report.notifications.filter(({ onTime }) => !onTime)).toEqual([]);
    });
  },
);

async function unanswered(plan: Plan, system: string, scenario: string): Promise<Report> {
  const result = await rehearse({
    plan,
    planDirectory: `plans/${system}`,
    planPath: `plans/${system}/plan.yml`,
    scenario,
    mode: 'recover',
    seed: 5,
    faults: ['no-approval'],
    parameters: {},
  });
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.report;
}

/** A topic that is neither mail nor SMS is one that is joined to a Slack channel. */
function kindOf(channel: Channel | undefined): Kind | undefined {
  switch (channel?.type) {
    case 'sns':
      return channel.protocol === 'other' ? 'slack' : channel.protocol;
    case 'ses':
      return 'email';
    case 'slack':
    case 'slack-webhook':
      return 'slack';
    case 'pagerduty':
      return 'pagerduty';
    case 'statuspage':
      return 'status-page';
    case 'webhook':
      return 'in-app';
    default:
      return undefined;
  }
}
