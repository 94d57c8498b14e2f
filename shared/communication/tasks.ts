import { taskKey } from '../incident/keys.ts';
import { appendEntry } from '../incident/ledger.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { FollowUpPlan } from '../plan/schema.ts';
import type { Runtime } from '../runtime.ts';
import { recordRefusal } from './answers.ts';
import { peopleFor } from './people.ts';
import { pointerKey } from './question-record.ts';
import { incidentOf, putOnce } from './questions.ts';
import { callAgainAt } from './schedules.ts';
import { ending, lastOf, openedAt, type Situation, shift } from './situation.ts';
import { type Task, taskId, taskSchema } from './task-record.ts';
import { timesOf } from './task-times.ts';

/** Longest evidence that is kept: a link and some words. */
const longestEvidence = 1000;

/**
 * Sets the plan's follow-ups whose beginning has come, each once in an incident: a record, a line in the ledger, and
 * schedules that call again when nothing of the incident runs any more. Safe to repeat after a crash anywhere.
 */
export async function setTasks(runtime: Runtime, situation: Situation): Promise<void> {
  const { plan, run } = situation;
  const all = { ...plan.followUps, ...plan.scenarios[run.scenario]?.followUps };
  for (const [id, followUp] of Object.entries(all)) {
    const from = beginningOf(situation, followUp);
    const known = situation.tasks?.find(task => task.id === taskId(run.incidentId, id));
    if (from === undefined || known?.scheduled || !followUp.modes.includes(run.mode)) continue;
    await setTask(runtime, known ?? newTask(situation, id, followUp, from));
  }
}

function newTask({ plan, run, now }: Situation, id: string, followUp: FollowUpPlan, from: string): Task {
  const { title, text, owner, tell, template, due, evidence, obligation } = followUp;
  return {
    id: taskId(run.incidentId, id),
    followUp: id,
    run,
    title,
    text,
    owners: owner === undefined ? [] : peopleFor(plan, [owner]),
    ...(tell && { tell, ...(template && { template }) }),
    setAt: now.toISOString(),
    dueAt: shift(from, due),
    ...(evidence && { evidence }),
    ...(obligation && { obligation }),
    scheduled: false,
  };
}

async function setTask(runtime: Runtime, task: Task): Promise<void> {
  const { store, clock, plan } = runtime;
  const { incidentId } = task.run;
  await putOnce(store, pointerKey(task.id), { incidentId });
  await putOnce(store, taskKey(incidentId, task.id), task);
  const { id, title, owners, tell, dueAt, obligation } = task;
  await appendEntry(
    store,
    clock,
    incidentId,
    {
      type: 'task-set',
      task: id,
      title,
      owners: tell ? [tell] : owners,
      dueAt,
      ...(obligation && { obligation }),
    },
    { idempotencyKey: `task/${id}/set` },
  );
  await callAgainAt(runtime, task, timesOf(task, plan.escalation.length));
  await changeTask(runtime, incidentId, id, current => ({ ...current, scheduled: true }));
}

/** The time from which a follow-up counts; undefined while that has not come. */
function beginningOf(situation: Situation, { from }: FollowUpPlan): string | undefined {
  if (from === 'outage') return situation.run.outageStartedAt;
  if (from === 'opening') return openedAt(situation);
  const end = ending(situation);
  if (end?.entry.outcome === 'recovered') return end.at;
  return lastOf(situation, 'incident-resolved')?.at;
}

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

/** A task by its id alone. */
export async function readTask(runtime: Runtime, id: string): Promise<Task | undefined> {
  const incidentId = await incidentOf(runtime.store, id);
  const stored = incidentId && (await runtime.store.get(taskKey(incidentId, id)));
  return stored ? taskSchema.parse(stored.data) : undefined;
}

async function changeTask(
  runtime: Runtime,
  incidentId: string,
  id: string,
  change: (task: Task) => Task | undefined,
): Promise<Task | undefined> {
  const data = await updateRecord(runtime.store, taskKey(incidentId, id), current => {
    const next = current && change(taskSchema.parse(current));
    return next && toJson(next);
  });
  return data && taskSchema.parse(data);
}
