import * as z from 'zod';
import type { Runtime } from '../runtime.ts';
import type { SendPage } from '../triage/page.ts';
import { openTask, remindOfTasks } from './calendar.ts';
import { checkBackups, pageFindings, recordChecks } from './check.ts';
import { createBackup } from './create.ts';
import { publishCoverage } from './publish-coverage.ts';

/** What the backups function is called with: by a schedule, by a person, or once a day. */
export const backupsEventSchema = z.union([
  z.object({
    operation: z.literal('create'),
    backups: z.array(z.string()).min(1),
    dueAt: z.string(),
    by: z.string(),
  }),
  z.object({
    operation: z.literal('check'),
    backups: z.array(z.string()).optional(),
    dueAt: z.string(),
    by: z.string(),
  }),
  z.object({ operation: z.literal('task'), entry: z.string(), dueAt: z.string() }),
  z.object({ 'detail-type': z.literal('Scheduled Event') }),
]);
export type BackupsEvent = z.output<typeof backupsEventSchema>;

/** Makes and checks backups, and reminds people of what is theirs. Every operation may be repeated. */
export async function handleBackups(runtime: Runtime, event: BackupsEvent, send: SendPage): Promise<unknown> {
  if (!('operation' in event)) return remindOfTasks(runtime);
  switch (event.operation) {
    case 'create':
      return createAll(runtime, event);
    case 'check': {
      const results = await checkBackups(runtime, event.backups ?? Object.keys(runtime.plan.backups));
      await recordChecks(runtime, results, event.by, event.dueAt);
      await pageFindings(runtime, results, send);
      await publishCoverage(runtime);
      return { checked: results.length, findings: results.flatMap(({ findings }) => findings).length };
    }
    case 'task':
      return openTask(runtime, event.entry, event.dueAt);
  }
}

/** One that can't be made hides none of the others; the first failure is thrown when all have been tried. */
async function createAll(
  runtime: Runtime,
  { backups, dueAt, by }: { backups: string[]; dueAt: string; by: string },
) {
  const failures: unknown[] = [];
  const made = [];
  for (const backup of backups) {
    try {
      made.push({ backup, ...(await createBackup(runtime, { backup, dueAt, by })) });
    } catch (error) {
      failures.push(error);
      runtime.log('error', 'A backup was not made', { backup, error: String(error) });
    }
  }
  if (failures.length > 0) throw failures[0];
  return made;
}
