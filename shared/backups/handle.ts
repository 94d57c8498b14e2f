import * as z from 'zod';
import type { Runtime } from '../runtime.ts';
import type { SendPage } from '../triage/page.ts';
import { openTask, remindOfTasks } from './calendar.ts';
import { checkBackups, pageFindings, recordChecks } from './check.ts';
import { copyFinished } from './create/copies.ts';
import { createBackup } from './create.ts';
import { addEvidence } from './evidence.ts';
import { isCopiedLater } from './made-here.ts';
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
  z.object({ operation: z.literal('copy'), dueAt: z.string(), by: z.string() }),
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
    case 'copy':
      return copyAll(runtime, event);
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

async function createAll(
  runtime: Runtime,
  { backups, dueAt, by }: { backups: string[]; dueAt: string; by: string },
) {
  return tryEach(runtime, backups, 'made', async backup => ({
    backup,
    ...(await createBackup(runtime, { backup, dueAt, by })),
  }));
}

/** Copies what has been finished since the last look. */
async function copyAll(runtime: Runtime, { dueAt, by }: { dueAt: string; by: string }) {
  const ids = Object.entries(runtime.plan.backups)
    .filter(([, backup]) => isCopiedLater(backup))
    .map(([id]) => id);
  return tryEach(runtime, ids, 'copied', async id => {
    const backup = runtime.plan.backups[id];
    const copied = backup ? await copyFinished(runtime, id, backup) : { begun: [], removed: [] };
    if (copied.begun.length + copied.removed.length > 0)
      await addEvidence(
        runtime,
        { type: 'backup-copied', backup: id, ...copied, by },
        `copied/${id}/${dueAt}`,
      );
    return { backup: id, ...copied };
  });
}

/** One that fails hides none of the others; the first failure is thrown when all have been tried. */
async function tryEach<T>(
  runtime: Runtime,
  ids: readonly string[],
  done: string,
  work: (id: string) => Promise<T>,
): Promise<T[]> {
  const failures: unknown[] = [];
  const results: T[] = [];
  for (const backup of ids) {
    try {
      results.push(await work(backup));
    } catch (error) {
      failures.push(error);
      runtime.log('error', `A backup was not ${done}`, { backup, error: String(error) });
    }
  }
  if (failures.length > 0) throw failures[0];
  return results;
}
