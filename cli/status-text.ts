import { stands } from '../shared/communication/acknowledgement.ts';
import { isExercise } from '../shared/incident/incident.ts';
import { objectivesOf } from '../shared/plan/objectives.ts';
import { elapsedSeconds, fullTime } from '../shared/report/time.ts';
import { duration } from '../shared/report/words.ts';
import { createPaint, oneLine } from './paint.ts';
import type { IncidentStatus, Status } from './status.ts';
import { stepLines } from './status-steps.ts';
import { taskLines } from './status-tasks.ts';
import { toldLines } from './status-told.ts';
import { nameOf, row, type StatusView } from './status-view.ts';
import { questionLines } from './status-waiting.ts';

/** From this share of the objective on, the time is shown as a warning. */
const warnFrom = 0.75;

/**
 * What a system is doing, for somebody who was just woken: what it is, how much time is left, who has to decide what
 * and with which command, and then how far the run has come. Times are UTC.
 */
export function statusText(status: Status, options: { planPath: string; colour: boolean }): string {
  const paint = createPaint(options.colour);
  const { incident, plan } = status;
  if (!incident) {
    return [
      paint.good(paint.bold(`${plan.system.title}: no incident so far`)),
      automationLine(status),
      ...signalLines(status),
      '',
    ].join('\n');
  }
  const view: StatusView = { ...status, incident, planPath: options.planPath, paint };
  return [
    headline(view),
    ...facts(view),
    ...signalLines(view),
    ...questionLines(view),
    ...stepLines(view),
    ...toldLines(view),
    ...taskLines(view),
    ...commands(view),
    '',
  ].join('\n');
}

/** Why nothing has started by itself, while no incident is open. */
function signalLines({ lastDecision }: Status): string[] {
  if (!lastDecision) return [];
  const { reasons, since } = lastDecision;
  return [row('signals', oneLine(`${reasons.join('; ')} (since ${fullTime(since)})`))];
}

function headline({ plan, incident: { incident, run }, paint }: StatusView): string {
  const title = plan.scenarios[incident.scenario]?.title ?? incident.scenario;
  const state = incident.status === 'resolved' ? 'resolved' : runState(run);
  const colour = incident.status === 'resolved' ? paint.good : run?.outcome ? paint.bad : paint.warn;
  const kind = isExercise(incident) ? ` (${incident.mode})` : '';
  return colour(paint.bold(oneLine(`${plan.system.title}: ${title}${kind}: ${state}`)));
}

function runState(run: IncidentStatus['run']): string {
  if (!run) return 'no run yet';
  if (run.outcome === 'recovered') return 'recovered';
  if (run.outcome) return `run ${run.outcome}, people have to go on`;
  if (run.abortedBy) return `being stopped by ${run.abortedBy}`;
  return 'run under way';
}

function facts(view: StatusView): string[] {
  const { incident: found, paint, planPath } = view;
  const { incident, run } = found;
  const by = incident.acknowledgedBy;
  const counts = stands(view.plan, incident.acknowledgedAt ?? incident.openedAt, view.now);
  return [
    row(
      'incident',
      `${incident.id}, ${incident.severity}, opened ${fullTime(incident.openedAt)} by ${oneLine(incident.openedBy)}`,
    ),
    row('time', timeText(view)),
    row(
      'answers',
      by && (counts || incident.status === 'resolved')
        ? `${nameOf(view, by)} since ${fullTime(incident.acknowledgedAt ?? incident.openedAt)}`
        : incident.status === 'resolved'
          ? 'nobody did'
          : paint.warn(
              `${by ? `nobody any more (${nameOf(view, by)} before)` : 'nobody yet'}: npx lifeboat ack ${planPath} --by PERSON`,
            ),
    ),
    ...(run ? [row('run', `${run.run.id}, mode ${run.run.mode}${endText(run)}`)] : []),
  ];
}

function endText({ outcome, endedAt, abortedBy, abortReason }: NonNullable<IncidentStatus['run']>): string {
  if (outcome) return `, ${outcome}${endedAt ? ` at ${fullTime(endedAt)}` : ''}`;
  return abortedBy ? `, ${oneLine(`stopped by ${abortedBy}${abortReason ? `: ${abortReason}` : ''}`)}` : '';
}

/** Time since the outage began against the objective; until the end once there is one. */
function timeText({ plan, now, incident: { incident, run }, paint }: StatusView): string {
  const target = objectivesOf(plan, incident.scenario).rto;
  const end = incident.resolvedAt ?? (run?.outcome === 'recovered' ? run.endedAt : undefined);
  const elapsed = elapsedSeconds(incident.outageStartedAt, end ?? now.toISOString());
  const left = target - elapsed;
  const verdict = left < 0 ? `${duration(-left)} over` : `${duration(left)} left`;
  const colour = left < 0 ? paint.bad : elapsed >= target * warnFrom ? paint.warn : paint.good;
  return `${duration(elapsed)} since the outage began; objective ${duration(target)}, ${colour(end && left >= 0 ? 'met' : verdict)}`;
}

/** What can be done now, each with its command. */
function commands(view: StatusView): string[] {
  const { incident: found, planPath, paint } = view;
  const { incident, run } = found;
  if (incident.status === 'resolved') return [automationLine(view)];
  const command = (text: string) => `  npx lifeboat ${text}`;
  const lines =
    run && !run.outcome
      ? [command(`abort ${planPath} --by PERSON --reason "WHY"`)]
      : [
          command(`start ${planPath} --scenario ${incident.scenario} --by PERSON`),
          command(`resolve ${planPath} --by PERSON`),
        ];
  return [paint.bold('you can'), ...lines];
}

function automationLine({ automation }: Status): string {
  return row('automation', `${automation.state}: ${oneLine(automation.reason)}`);
}
