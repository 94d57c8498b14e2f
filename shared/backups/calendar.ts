import * as z from 'zod';
import { calendarTaskKey, prefixes } from '../incident/keys.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import { formatDuration } from '../plan/duration.ts';
import type { CalendarEntry } from '../plan/schema.ts';
import type { Runtime } from '../runtime.ts';
import { pageOnce, pagePeople } from '../triage/page.ts';
import { addEvidence } from './evidence.ts';
import { momentOf } from './occurrences.ts';

const taskSchema = z.object({
  entry: z.string(),
  dueAt: z.string(),
  doneBy: z.string().optional(),
  doneAt: z.string().optional(),
});
export type CalendarTask = z.output<typeof taskSchema>;

/** A task of the calendar is due: the people are told, and it is remembered until somebody has done it. */
export async function openTask(runtime: Runtime, id: string, dueAt: string): Promise<void> {
  const entry = runtime.plan.calendar[id];
  if (entry?.does.type !== 'task') return;
  await updateRecord(runtime.store, calendarTaskKey(runtime.plan.system.id, id, dueAt), current =>
    current ? undefined : toJson({ entry: id, dueAt }),
  );
  await addEvidence(
    runtime,
    { type: 'calendar-due', entry: id, dueAt, what: entry.title },
    `calendar/${id}/${dueAt}`,
  );
  await tell(runtime, id, entry, { entry: id, dueAt });
}

/** Every task that was ever due, with what became of it, oldest first. */
export async function listTasks({ store, plan }: Pick<Runtime, 'store' | 'plan'>): Promise<CalendarTask[]> {
  const { partition } = calendarTaskKey(plan.system.id, 'x', 'x');
  const records = await store.query({ partition, sortPrefix: prefixes.calendarTask });
  return records.map(({ data }) => taskSchema.parse(data)).sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
}

export async function finishTask(
  runtime: Runtime,
  id: string,
  by: string,
): Promise<CalendarTask | undefined> {
  const open = (await listTasks(runtime)).find(task => task.entry === id && task.doneAt === undefined);
  if (!open) return undefined;
  const doneAt = runtime.clock.now().toISOString();
  await updateRecord(runtime.store, calendarTaskKey(runtime.plan.system.id, id, open.dueAt), () =>
    toJson({ ...open, doneBy: by, doneAt }),
  );
  return { ...open, doneBy: by, doneAt };
}

/** When a task must be done, ISO-8601. */
export function deadlineOf(entry: CalendarEntry, dueAt: string): string {
  const within = entry.does.type === 'task' ? entry.does.within : 0;
  return new Date(Date.parse(dueAt) + within * 1000).toISOString();
}

/**
 * Looks once a day: an `at()` that was past when the plan was deployed is due at once, and who has an overdue task is
 * told again.
 */
export async function remindOfTasks(runtime: Runtime): Promise<{ overdue: string[] }> {
  const now = runtime.clock.now();
  const known = await listTasks(runtime);
  for (const [id, entry] of Object.entries(runtime.plan.calendar)) {
    const momentMs = momentOf(entry.schedule);
    if (entry.does.type !== 'task' || momentMs === undefined || momentMs > now.getTime()) continue;
    const dueAt = new Date(momentMs).toISOString();
    if (!known.some(task => task.entry === id && task.dueAt === dueAt)) await openTask(runtime, id, dueAt);
  }
  const overdue: string[] = [];
  for (const task of await listTasks(runtime)) {
    const entry = runtime.plan.calendar[task.entry];
    if (!entry || task.doneAt !== undefined || deadlineOf(entry, task.dueAt) > now.toISOString()) continue;
    overdue.push(task.entry);
    await tell(runtime, task.entry, entry, task);
  }
  return { overdue };
}

async function tell(
  runtime: Runtime,
  id: string,
  entry: CalendarEntry,
  { dueAt }: CalendarTask,
): Promise<void> {
  if (entry.does.type !== 'task') return;
  const now = runtime.clock.now().toISOString();
  const deadline = deadlineOf(entry, dueAt);
  const late = (Date.parse(now) - Date.parse(deadline)) / 1000;
  await pageOnce(runtime, pagePeople(runtime, entry.does.people), {
    key: `calendar/${id}/${dueAt}/${now.slice(0, 10)}`,
    subject: `${late > 0 ? 'Overdue' : 'Due'}: ${entry.title}`,
    lines: [
      entry.does.text,
      late > 0
        ? `It was to be done by ${deadline}, ${formatDuration(late)} ago.`
        : `To be done by ${deadline}.`,
      `When it is done: lifeboat calendar PLAN done ${id} --by YOU`,
    ],
  });
}
