import { describe, expect, it } from 'vitest';
import { calendarResources } from '../../deploy/calendar.ts';
import { loadPlan } from '../../shared/plan/load.ts';
import { account, liquidAbt, region, resolve, statementsOf } from './support.ts';

const { plan, deployment } = await liquidAbt();
const { resources } = deployment;
type Schedule = {
  Name: string;
  ScheduleExpression: string;
  ScheduleExpressionTimezone: string;
  Target: { Arn: string; RoleArn: string; Input: string };
};
const schedules = Object.values(resources)
  .filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
  .map(one => (resolve(one) as { Properties: Schedule }).Properties);
const named = (name: string) => schedules.find(({ Name }) => Name === `lifeboat-liquid-abt-${name}`);

describe('schedules', () => {
  it('are one for each entry that comes again, and one for each backup that Lifeboat makes', () => {
    const made = ['database-snapshots', 'database-copies'].map(id => `lifeboat-liquid-abt-backup-${id}`);
    const entries = Object.keys(plan.calendar)
      .filter(id => id !== 'first-review')
      .map(id => `lifeboat-liquid-abt-calendar-${id}`);
    expect(schedules.map(({ Name }) => Name).sort()).toEqual([...made, ...entries].sort());
  });

  it("go by the plan's clock and start what the plan says", () => {
    const arn = (rest: string) => `arn:aws:states:${region}:${account}:stateMachine:${rest}`;
    expect(named('calendar-full-failover')).toMatchObject({
      ScheduleExpression: 'cron(0 3 ? 3,9 7#2 *)',
      ScheduleExpressionTimezone: 'Australia/Sydney',
      Target: { Arn: arn('liquid-abt-region-failure'), RoleArn: '<CalendarRole.Arn>' },
    });
    expect(JSON.parse(named('calendar-full-failover')?.Target.Input ?? '')).toMatchObject({
      mode: 'drill',
      by: 'calendar full-failover',
    });
    expect(named('calendar-restore-test')?.Target.Arn).toBe(arn('liquid-abt-lifeboat-verify-fleet'));
    expect(JSON.parse(named('backup-database-copies')?.Target.Input ?? '')).toEqual({
      operation: 'create',
      backups: ['database-copies'],
      dueAt: '<aws.scheduler.scheduled-time>',
      by: 'schedule',
    });
  });

  it('look every half hour for backups that are finished and not yet copied, where there are such', async () => {
    const loaded = await loadPlan('plans/waqiti/plan.yml');
    if (!loaded.plan) throw new Error('the plan of Waqiti has errors');
    const copying = calendarResources(loaded.plan).BackupsCopy as { Properties: Schedule } | undefined;
    expect(copying?.Properties.ScheduleExpression).toBe('rate(30 minutes)');
    expect(JSON.parse(copying?.Properties.Target.Input ?? '')).toMatchObject({ operation: 'copy' });
    expect(named('backups-copy')).toBeUndefined();
  });

  it('work with a role that may start these and nothing else', () => {
    const allowed = statementsOf(resources, 'CalendarRole');
    const targets = new Set(schedules.map(({ Target }) => Target.Arn));
    expect(new Set(allowed.flatMap(({ Resource }) => Resource))).toEqual(targets);
    expect(allowed.flatMap(({ Action }) => Action).sort()).toEqual([
      'lambda:InvokeFunction',
      'states:StartExecution',
    ]);
  });
});
