import { formatDuration } from '../plan/duration.ts';
import { outageCost } from '../report/cost.ts';
import { restoredPoint } from '../report/objectives.ts';
import { secondsBetween } from '../report/time.ts';
import type { Stage } from './channels/contract.ts';
import { cadenceOf } from './due-audiences.ts';
import { estimatedEnd } from './estimate.ts';
import { isRootCause } from './follow-up-modes.ts';
import type { PlannedMessage } from './planned-message.ts';
import { planSteps, stepsNow, stepTitle } from './run-steps.ts';
import { allOf, endedAt, ending, isOver, type Situation, shift } from './situation.ts';
import { stageOf } from './stage.ts';
import { formatTime, nameOf } from './wording.ts';

/** The words of incident notices; none says more than the stage of the run. */
const statusWords: Record<Stage, string> = {
  investigating: 'INVESTIGATING',
  identified: 'IDENTIFIED',
  monitoring: 'MONITORING',
  resolved: 'OPERATIONAL',
};

/** Steps that are named as coming next. */
const mostNext = 5;

/** What the plan says of such an incident, and what this one has come to; always with a value. */
export function incidentFields(situation: Situation, audience?: string): Record<string, string> {
  const { plan, run, now } = situation;
  const scenario = plan.scenarios[run.scenario];
  const { response } = plan;
  const every = cadenceOf(situation, audience);
  const services = scenario?.services ?? [];
  return {
    incident: run.incidentId,
    status:
      run.mode === 'drill'
        ? 'EXERCISE'
        : run.mode === 'planned'
          ? 'PLANNED'
          : statusWords[stageOf(situation)],
    impact:
      run.mode === 'recover'
        ? (scenario?.impact?.trim() ?? 'Its extent is being looked at.')
        : 'Nothing is wrong: this is done on purpose.',
    services: services.length > 0 ? services.join(', ') : 'not known yet',
    cadence:
      every && !isOver(situation) ? `every ${formatDuration(every)}` : 'when there is something to say',
    contact: response.contact ?? 'the person who forwarded this to you',
    statusPage: response.statusPage ?? 'there is no public status page',
    bridge: response.bridge ?? 'no call has been set up',
    eta: etaOf(situation),
    nextSteps: nextStepsOf(situation),
    actions: actionsOf(situation),
    dataLoss: measuredDataLoss(situation),
    rootCause: rootCauseOf(situation),
    reportBy: formatTime(shift(ending(situation)?.at ?? now.toISOString(), response.reportWithin)),
    elapsedMinutes: minutes(run.outageStartedAt, endedAt(situation) ?? now.toISOString()),
    cost: costOf(situation),
    openTasks: openTasksOf(situation),
  };
}

/** What a message about one follow-up says of it. */
export function taskFields(situation: Situation, message: PlannedMessage): Record<string, string> {
  const task = situation.tasks?.find(({ id }) => id === message.task);
  if (!task) return {};
  return {
    question: task.title,
    shows: task.text.trim() || task.title,
    asked: task.owners.map(person => nameOf(situation.plan, person)).join(', '),
    answerBy: formatTime(task.dueAt),
    evidence: task.evidence ?? 'a word on what was done',
    obligation: task.obligation ?? 'as the plan says',
  };
}

function etaOf(situation: Situation): string {
  const at = estimatedEnd(situation);
  return at ? `about ${formatTime(at)}, if nothing else goes wrong` : 'not known yet';
}

/** Titles of what the run does next, in order. */
function nextStepsOf(situation: Situation): string {
  if (ending(situation))
    return isOver(situation) ? 'nothing is left to be done' : '- A person decides how it goes on';
  const begun = new Map(stepsNow(situation).map(({ entry }) => [entry.step, entry.status]));
  const { mode } = situation.run;
  const left = planSteps(situation)
    .filter(step => !step.modes || step.modes.includes(mode))
    .filter(step => !['done', 'skipped', 'failed', 'refused'].includes(begun.get(step.id) ?? ''));
  if (left.length === 0) return 'the last checks';
  return left
    .slice(0, mostNext)
    .map(step => `- ${step.title ?? stepTitle(situation, step.id)}`)
    .join('\n');
}

/** Titles of steps that changed something and are done: what was done about it, without how. */
function actionsOf(situation: Situation): string {
  const changed = new Set(allOf(situation, 'change').map(({ entry }) => entry.step));
  const done = stepsNow(situation).filter(({ entry }) => entry.status === 'done' && changed.has(entry.step));
  if (done.length === 0)
    return ending(situation) ? 'nothing was changed by the run' : 'nothing has been changed yet';
  return done.map(({ entry }) => `- ${stepTitle(situation, entry.step)}`).join('\n');
}

/** Only what a step of this run has measured, and no more than that: a run that stopped before it restored lost nothing. */
export function measuredDataLoss(situation: Situation): string {
  const measured = stepsNow(situation).flatMap(({ entry: { status, action, outputs = {} } }) => {
    if (status !== 'done') return [];
    const restored = restoredPoint(action, outputs);
    const { lossSeconds } = outputs;
    return [
      ...(typeof lossSeconds === 'number' ? [lossSeconds] : []),
      // Whatever is found in the restored data, what was written after its moment is not in it.
      ...(restored ? [Math.max(0, secondsBetween(restored, situation.run.outageStartedAt))] : []),
    ];
  });
  const end = ending(situation);
  if (measured.length === 0) return 'not measured in this run';
  if (end && end.entry.outcome !== 'recovered') {
    return allOf(situation, 'change').length === 0
      ? 'not measured: the run ended before it changed anything'
      : 'not known: the run did not come to its end';
  }
  // Below zero says that nobody could tell.
  if (measured.some(seconds => seconds < 0))
    return 'not known: nobody could tell what had arrived at the other side';
  const most = Math.max(...measured);
  if (most === 0) return end ? 'no loss was measured' : 'as measured so far, none';
  const loss = `what was written in the last ${formatDuration(most)} before the outage`;
  return end ? loss : `as measured so far, ${loss}`;
}

/** A cause is what a person says it is: the evidence of a task whose id begins with root-cause. */
function rootCauseOf(situation: Situation): string {
  const found = situation.tasks?.find(({ followUp, done }) => isRootCause(followUp) && done)?.done;
  return found?.evidence || 'being looked into';
}

function costOf(situation: Situation): string {
  const { plan, run, now } = situation;
  if (run.mode !== 'recover') return 'no outage, no cost';
  const end = ending(situation);
  const over = end?.entry.outcome === 'recovered';
  const cost = outageCost(plan, {
    startedAt: run.outageStartedAt,
    endedAt: over ? end.at : now.toISOString(),
    over,
  });
  if (!cost) return 'the plan names no figure';
  return `${cost.atLeast ? 'at least ' : 'about '}${cost.currency} ${cost.amount.toLocaleString('en-US')}, by the plan's figure per hour`;
}

function openTasksOf(situation: Situation): string {
  const open = (situation.tasks ?? []).filter(({ done, tell }) => !done && tell === undefined);
  if (open.length === 0) return 'none';
  return open
    .map(
      ({ title, owners, dueAt }) =>
        `- ${title}: ${owners.map(person => nameOf(situation.plan, person)).join(', ')}, by ${formatTime(dueAt)}`,
    )
    .join('\n');
}

function minutes(from: string, to: string): string {
  return String(Math.round((Date.parse(to) - Date.parse(from)) / 60_000));
}
