import { shift } from './situation.ts';
import type { Task } from './task-record.ts';

/** The reminder comes a quarter of the time before, and a day before at the most. */
const reminderShare = 0.25;
const longestReminderSeconds = 86_400;
/** How often an overdue task is brought up again, one escalation level further up each time. */
const overdueEverySeconds = 86_400;
/** Messages leave so long before they are due. */
const leadSeconds = 60;

/** When somebody is reminded; undefined for a task that was set when its time was up. */
export function reminderAt({ setAt, dueAt }: Pick<Task, 'setAt' | 'dueAt'>): string | undefined {
  const seconds = (Date.parse(dueAt) - Date.parse(setAt)) / 1000;
  if (seconds <= 0) return undefined;
  return shift(dueAt, -Math.min(seconds * reminderShare, longestReminderSeconds));
}

/** When an overdue task is brought up: when it is due, and once for each level above. */
export function overdueTimes({ dueAt }: Pick<Task, 'dueAt'>, levels: number): string[] {
  return Array.from({ length: Math.max(levels, 1) }, (_, n) => shift(dueAt, n * overdueEverySeconds));
}

/** When the message of a `tell` leaves. */
export function tellAt({ setAt, dueAt }: Pick<Task, 'setAt' | 'dueAt'>): string {
  const early = shift(dueAt, -leadSeconds);
  return Date.parse(early) < Date.parse(setAt) ? setAt : early;
}

/** All times at which something is to be done about a task. */
export function timesOf(task: Task, levels: number): string[] {
  if (task.tell !== undefined) return [tellAt(task)];
  const reminder = reminderAt(task);
  return [...(reminder ? [reminder] : []), ...overdueTimes(task, levels)];
}
