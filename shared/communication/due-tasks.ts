import { calledAt, toPerson } from './due-people.ts';
import type { PlannedMessage } from './planned-message.ts';
import { routesOf } from './routes.ts';
import type { Situation } from './situation.ts';
import type { Task } from './task-record.ts';
import { overdueTimes, reminderAt, tellAt } from './task-times.ts';

/** Tasks of people and messages that go on after the run: told, reminded, and brought up level after level. */
export function taskMessages(situation: Situation): PlannedMessage[] {
  return (situation.tasks ?? []).flatMap(task => {
    if (task.done) return [];
    return task.tell === undefined ? ofTask(situation, task) : ofAudience(situation, task, task.tell);
  });
}

function ofAudience({ plan }: Situation, task: Task, audience: string): PlannedMessage[] {
  return routesOf(plan.audiences[audience], `follow-up/${task.followUp}/${audience}`).map(route => ({
    ...route,
    to: { audience },
    template: task.template ?? 'follow-up',
    sendAt: tellAt(task),
    dueAt: task.dueAt,
    task: task.id,
  }));
}

function ofTask(situation: Situation, task: Task): PlannedMessage[] {
  const nowMs = situation.now.getTime();
  const isPast = (at: string) => Date.parse(at) <= nowMs;
  const toOwners = (group: string, template: string, at: string) =>
    task.owners.map(person => ({
      ...toPerson(situation, person, `task/${task.id}/${group}`, template, at),
      task: task.id,
    }));
  const reminder = reminderAt(task);
  // What was missed is not made up for: an overdue task is not announced first.
  const before = isPast(task.dueAt)
    ? []
    : [
        ...toOwners('set', 'follow-up-task', task.setAt),
        ...(reminder ? toOwners('reminder', 'task-reminder', reminder) : []),
      ];
  const times = overdueTimes(task, situation.plan.escalation.length);
  const newest = times.filter(isPast).length - 1;
  const overdue = times.flatMap((at, n) => {
    if (n < newest) return [];
    const level = levelAfter(situation, task.owners, n + 1);
    const others = withoutPagers(situation, calledAt(situation, level)).filter(
      person => !task.owners.includes(person),
    );
    return [
      ...toOwners(`overdue-${n}`, 'task-overdue', at),
      ...others.map(person => ({
        ...toPerson(situation, person, `task/${task.id}/overdue-${n}`, 'task-overdue', at),
        level,
        task: task.id,
      })),
    ];
  });
  return [...before, ...overdue];
}

/** What is overdue is no outage: a pager rings for it only where a level has nobody else. */
function withoutPagers({ plan }: Situation, people: readonly string[]): readonly string[] {
  const quiet = people.filter(id => plan.channels[plan.people[id]?.channel ?? '']?.type !== 'pagerduty');
  return quiet.length > 0 ? quiet : people;
}

/** Number of the level so many steps above the owners'; for owners of no level from the first one on. */
function levelAfter({ plan }: Situation, owners: readonly string[], steps: number): number {
  const own = plan.escalation.findLastIndex(level => level.people.some(person => owners.includes(person)));
  return Math.min(own + 1 + steps, plan.escalation.length);
}
