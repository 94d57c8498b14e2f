import { appendEntry } from '../incident/ledger.ts';
import { askForReport } from '../report/ask-for-report.ts';
import type { Runtime } from '../runtime.ts';
import { recordRefusal } from './answers.ts';
import type { Task } from './task-record.ts';
import { changeTask, readTask } from './task-store.ts';

/** Longest evidence that is kept: a link and some words. */
const longestEvidence = 1000;

export type DoneReply =
  | { status: 'done'; task: Task }
  | { status: 'refused'; why: 'unknown' | 'foreign' | 'used' | 'invalid'; message: string; task?: Task };

/** Notes that a person has done a task, with what shows it. A repeat by the same person changes nothing. */
export async function completeTask(
  runtime: Runtime,
  given: { taskId: string; person: string; evidence: string | undefined; via: 'link' | 'cli' },
): Promise<DoneReply> {
  const found = await readTask(runtime, given.taskId);
  if (!found) return { status: 'refused', why: 'unknown', message: 'There is no such task.' };
  const evidence = given.evidence?.trim().slice(0, longestEvidence) ?? '';
  const refused = refusalOf(found, given.person, evidence);
  const { incidentId } = found.run;
  if (refused) {
    await recordRefusal(runtime, incidentId, found.id, `${given.person}: ${refused.message}`);
    return { status: 'refused', ...refused, task: found };
  }
  const at = runtime.clock.now().toISOString();
  const task = await changeTask(runtime, incidentId, found.id, current =>
    current.done ? undefined : { ...current, done: { by: given.person, at, evidence, via: given.via } },
  );
  const done = task?.done;
  if (!task || !done) return { status: 'refused', why: 'unknown', message: 'There is no such task.' };
  if (done.by !== given.person) {
    return { status: 'refused', why: 'used', message: `${done.by} has said so already.`, task };
  }
  await appendEntry(
    runtime.store,
    runtime.clock,
    incidentId,
    {
      type: 'task-done',
      task: task.id,
      title: task.title,
      by: done.by,
      evidence: done.evidence,
      via: done.via,
    },
    { idempotencyKey: `task/${task.id}/done` },
  );
  await askForReport(runtime, task.run);
  return { status: 'done', task };
}

function refusalOf(task: Task, person: string, evidence: string) {
  if (!task.owners.includes(person))
    return { why: 'foreign' as const, message: 'This is the task of somebody else.' };
  if (task.done && task.done.by !== person)
    return { why: 'used' as const, message: `${task.done.by} has said so already.` };
  if (!task.done && task.evidence && evidence === '')
    return { why: 'invalid' as const, message: `It has to be shown: ${task.evidence}.` };
  return undefined;
}
