import { copyEverySeconds } from '../shared/backups/copy-every.ts';
import { isCopiedLater, isMadeHere } from '../shared/backups/made-here.ts';
import { parseSchedule, type Schedule } from '../shared/plan/schedule.ts';
import type { CalendarEntry, Plan } from '../shared/plan/schema.ts';
import { fixedMachineName, runbookName } from '../state-machines/compile-system.ts';
import { functionArn, logicalId, stateMachineArn, sub } from './names.ts';
import { type Resources, role } from './resources.ts';

/** EventBridge Scheduler fills in when the run was due, which is what names of backups are made of. */
const dueAt = '<aws.scheduler.scheduled-time>';
/** EventBridge Scheduler's limits for a name. */
const longestName = 64;

type Target = { arn: string; input: Record<string, unknown> };

/** A schedule for each entry of the calendar and each backup that Lifeboat makes, and the role that they work with. */
export function calendarResources(plan: Plan): Resources {
  const schedules: Resources = {};
  for (const [id, entry] of Object.entries(plan.calendar)) {
    // An at() that is past would be refused; the daily reminder finds that the entry is overdue.
    if (isOnce(entry.schedule)) continue;
    schedules[logicalId('calendar', id)] = schedule(
      plan,
      `calendar-${id}`,
      entry.title,
      entry.schedule,
      targetOf(plan, id, entry),
    );
  }
  for (const [id, backup] of Object.entries(plan.backups)) {
    if (!backup.schedule || !isMadeHere(backup)) continue;
    const target = {
      arn: functionArn(plan.system.id, 'backups'),
      input: { operation: 'create', backups: [id], dueAt, by: 'schedule' },
    };
    schedules[logicalId('backup', id, 'schedule')] = schedule(
      plan,
      `backup-${id}`,
      backup.title,
      backup.schedule,
      target,
    );
  }
  if (Object.values(plan.backups).some(isCopiedLater)) {
    const target = {
      arn: functionArn(plan.system.id, 'backups'),
      input: { operation: 'copy', dueAt, by: 'schedule' },
    };
    const every = { when: `rate(${copyEverySeconds / 60} minutes)`, timeZone: 'UTC' };
    const title = 'Backups that are finished are copied into the other region';
    schedules[logicalId('backups', 'copy')] = schedule(plan, 'backups-copy', title, every, target);
  }
  if (Object.keys(schedules).length === 0) return {};
  return { ...schedules, CalendarRole: calendarRole(plan) };
}

function isOnce({ when }: Schedule): boolean {
  const parsed = parseSchedule(when);
  return typeof parsed !== 'string' && parsed.kind === 'at';
}

function targetOf(plan: Plan, id: string, { does }: CalendarEntry): Target {
  const system = plan.system.id;
  const by = `calendar ${id}`;
  switch (does.type) {
    case 'drill':
      return {
        arn: stateMachineArn(runbookName(system, does.scenario)),
        input: { mode: does.mode, by, parameters: does.parameters },
      };
    case 'check':
      return { arn: stateMachineArn(runbookName(system, does.scenario)), input: { mode: 'drill', by } };
    case 'task':
      return { arn: functionArn(system, 'backups'), input: { operation: 'task', entry: id, dueAt } };
    case 'backups':
      if (does.operation === 'verify') {
        return {
          arn: stateMachineArn(fixedMachineName(system, 'verify-fleet')),
          input: { by, ...(does.backups && { backups: does.backups }) },
        };
      }
      return {
        arn: functionArn(system, 'backups'),
        input: { operation: does.operation, ...(does.backups && { backups: does.backups }), dueAt, by },
      };
  }
}

function schedule(
  plan: Plan,
  name: string,
  title: string,
  { when, timeZone }: Schedule,
  { arn, input }: Target,
) {
  return {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      Name: `lifeboat-${plan.system.id}-${name}`.slice(0, longestName),
      Description: title,
      ScheduleExpression: when,
      ScheduleExpressionTimezone: timeZone,
      // At the minute that the plan says: backups and drills keep out of each other's way.
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: {
        Arn: sub(arn),
        RoleArn: { 'Fn::GetAtt': ['CalendarRole', 'Arn'] },
        Input: JSON.stringify(input),
        RetryPolicy: { MaximumRetryAttempts: 8, MaximumEventAgeInSeconds: 3600 },
      },
    },
  };
}

/** May start what the calendar starts, and nothing else. */
function calendarRole(plan: Plan): Record<string, unknown> {
  const targets = [
    ...Object.entries(plan.calendar)
      .filter(([, entry]) => !isOnce(entry.schedule))
      .map(([id, entry]) => targetOf(plan, id, entry).arn),
    ...(Object.values(plan.backups).some(
      backup => isCopiedLater(backup) || (backup.schedule && isMadeHere(backup)),
    )
      ? [functionArn(plan.system.id, 'backups')]
      : []),
  ];
  const of = (service: string) => [...new Set(targets)].filter(arn => arn.includes(`:${service}:`)).sort();
  const allow = (action: string, Resource: string[]) =>
    Resource.length > 0 ? [{ Effect: 'Allow' as const, Action: [action], Resource }] : [];
  return role('scheduler.amazonaws.com', `lifeboat-${plan.system.id}-calendar`, [
    ...allow('lambda:InvokeFunction', of('lambda')),
    ...allow('states:StartExecution', of('states')),
  ]);
}
