import { describe, expect, it } from 'vitest';
import type { Plan, Scenario } from '../../shared/plan/schema.ts';
import type { Report } from '../../shared/report/report.ts';
import { fullTime } from '../../shared/report/time.ts';
import { isSuccess } from '../../shared/report/verdict.ts';
import { countOf, plan as liquidAbt, rehearsal, violations } from './support/liquid-abt.ts';

const followUp = (change: object) => ({
  text: '',
  from: 'end' as const,
  due: 86_400,
  modes: ['recover' as const],
  ...change,
});
const failure = liquidAbt.scenarios['region-failure'] as Scenario;
const plan: Plan = {
  ...liquidAbt,
  scenarios: { ...liquidAbt.scenarios, 'region-failure': { ...failure, followUps: {} } },
  followUps: {
    'post-mortem': followUp({ title: 'Hold the post-mortem', owner: 'platform-lead', due: 7 * 86_400 }),
    'regulator-notice': followUp({
      title: 'Notify the regulator',
      owner: 'cto',
      from: 'outage',
      due: 4 * 3600,
      evidence: 'the receipt',
    }),
    'customer-report': followUp({ title: 'Report', tell: 'customers', template: 'post-incident-report' }),
  } as unknown as Plan['followUps'],
};

describe('after a region failure', () => {
  it('people do what is to be done, and customers get their report in time', async () => {
    const written: { key: string; body: string }[] = [];
    const result = await rehearsal({
      plan,
      seed: 3,
      onCall: ({ service, operation, input }) => {
        if (service === 's3' && operation === 'PutObject')
          written.push({ key: String(input.Key), body: String(input.Body) });
      },
    });
    expect(isSuccess(result.report)).toBe(true);
    expect(violations(result)).toEqual([]);
    expect(countOf(result, 'task-set')).toBe(3);
    expect(countOf(result, 'task-done')).toBe(2);
    expect(countOf(result, 'task-overdue')).toBe(0);
    const report = result.report.notifications.find(({ template }) => template === 'post-incident-report');
    expect(report).toMatchObject({ audience: 'customers', onTime: true });
    // The report of the first hour does not have the post-mortem done; the one that is kept in the end has it done.
    const last = (name: string) => written.findLast(({ key }) => key.endsWith(name))?.body ?? '';
    const states = written
      .filter(({ key }) => key.endsWith('/run.json'))
      .map(({ body }) => (JSON.parse(body) as Report).detail.followUps)
      .map(all => all.find(({ title }) => title === 'Hold the post-mortem')?.state);
    expect(states[0]).not.toBe('done');
    expect(states.at(-1)).toBe('done');
    const done = result.ledger.findLast(({ entry }) => entry.type === 'task-done');
    for (const name of ['/report.html', '/report.md']) expect(last(name)).toContain(fullTime(done?.at ?? ''));
  });

  it('that nobody takes on, the escalation goes on until somebody resolves it, and what is due comes up', async () => {
    const result = await rehearsal({ plan, seed: 3, faults: ['no-approval'] });
    expect(result.report.outcome).toBe('aborted');
    expect(violations(result)).toEqual([]);
    const ended = result.ledger.findIndex(({ entry }) => entry.type === 'run-ended');
    const after = result.ledger.slice(ended).map(({ entry }) => entry);
    expect(after.some(entry => entry.type === 'escalated' && entry.level === 4 && entry.task)).toBe(true);
    expect(after.some(entry => entry.type === 'incident-resolved' && entry.by === 'a person')).toBe(true);
    expect(after.some(entry => entry.type === 'message' && entry.template === 'update')).toBe(true);
    expect(countOf(result, 'task-overdue')).toBe(2);
  });
});
