import { taskKey } from '../incident/keys.ts';
import { appendEntry } from '../incident/ledger.ts';
import type { FollowUpPlan } from '../plan/schema.ts';
import type { Runtime } from '../runtime.ts';
import { followUpModes } from './follow-up-modes.ts';
import { peopleFor } from './people.ts';
import { pointerKey } from './question-record.ts';
import { putOnce } from './questions.ts';
import { callAgainAt } from './schedules.ts';
import { ending, lastOf, openedAt, type Situation, shift } from './situation.ts';
import { type Task, taskId } from './task-record.ts';
import { changeTask } from './task-store.ts';
import { timesOf } from './task-times.ts';

/**
 * Sets the plan's follow-ups whose beginning has come, each once in an incident: a record, a line in the ledger, and
 * schedules that call again when nothing of the incident runs any more. Safe to repeat after a crash anywhere.
 */
export async function setTasks(runtime: Runtime, situation: Situation): Promise<void> {
  const { plan, run } = situation;
  const own = plan.scenarios[run.scenario]?.followUps ?? {};
  for (const [id, followUp] of Object.entries({ ...plan.followUps, ...own })) {
    const modes = followUpModes(id, followUp, { ofScenario: Object.hasOwn(own, id) });
    const from = beginningOf(situation, followUp);
    const known = situation.tasks?.find(task => task.id === taskId(run.incidentId, id));
    if (from === undefined || known?.scheduled || !modes.includes(run.mode)) continue;
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
      ...(tell && { tell: true as const }),
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
