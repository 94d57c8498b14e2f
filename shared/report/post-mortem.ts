import { commanderAmong } from '../incident/commander.ts';
import { formatDuration } from '../plan/duration.ts';
import { sentence } from '../sentence.ts';
import type { Report } from './report.ts';
import { clockTime, fullTime } from './time.ts';
import { verdictOf } from './verdict.ts';

/** A line of the draft. `fill` marks what only people know: it says who should write it. */
export type DraftLine = { text: string; fill?: true };
export type ActionItem = { text: string; owner: string; due: string; done: string };

export type PostMortem = {
  summary: { label: string; value: string }[];
  timeline: { label: string; value: string }[];
  whatHappened: DraftLine[];
  why: DraftLine[];
  howResolved: DraftLine[];
  wentWell: DraftLine[];
  toImprove: DraftLine[];
  actionItems: ActionItem[];
  /** Where the evidence is: what Lifeboat has itself, and what a person links to. */
  evidence: DraftLine[];
};

/** A draft of the post-mortem: filled from the record where the record knows, and saying who fills in the rest. */
export function draftPostMortem(report: Report): PostMortem {
  const { detail } = report;
  const commander = commanderOf(report);
  return {
    summary: summaryOf(report),
    timeline: milestones(report),
    whatHappened: [
      ...signalsSince(detail)
        .slice(0, 5)
        .map(({ at, what }) => ({ text: `${clockTime(at)} ${sentence(what)}` })),
      fill(`${commander}: what users noticed, how many of them, and what they could not do.`),
    ],
    why: [
      ...(detail.faults.length > 0 ? [{ text: `Rehearsed with ${detail.faults.join(', ')}.` }] : []),
      ...rootCauses(report),
      fill(`${detail.title.owner}: the root cause, with links to logs and metrics.`),
    ],
    howResolved: howResolved(report, commander),
    wentWell: [...wentWell(report), fill(`${commander}: what people did well that no record shows.`)],
    toImprove: [...toImprove(report), fill(`${commander}: what was confusing, slow or missing.`)],
    actionItems: actionItems(report),
    evidence: evidence(report, commander),
  };
}

/** Signals from the first that said something is wrong; one that was well all along tells nobody what happened. */
function signalsSince({ timeline }: Report['detail']): Report['detail']['timeline'] {
  const signals = timeline.filter(({ type }) => type === 'signal');
  const first = signals.findIndex(({ tone }) => tone !== 'good');
  return first < 0 ? [] : signals.slice(first);
}

function summaryOf(report: Report): PostMortem['summary'] {
  const { detail, rto } = report;
  const cost = detail.outageCost;
  return [
    { label: 'Date and time', value: fullTime(detail.outageStartedAt) },
    {
      label: 'Duration',
      value: rto.actualSeconds === null ? 'Not recovered in this run' : formatDuration(rto.actualSeconds),
    },
    { label: 'Severity', value: detail.run.severity ?? 'Not recorded' },
    { label: 'Result', value: sentence(verdictOf(report).headline) },
    {
      label: 'Impact',
      value: detail.impact ?? unlessCalm(report, 'To be filled in by the owner of the service'),
    },
    {
      label: 'Services',
      value: detail.services.join(', ') || 'To be filled in by the owner of the service',
    },
    {
      label: 'Root cause',
      value: rootCauses(report)[0]?.text ?? unlessCalm(report, `To be filled in by ${detail.title.owner}`),
    },
    { label: 'Data loss', value: `${lossText(report)} ${report.rpo.basis}` },
    {
      label: 'Cost',
      value: cost
        ? `About ${cost.currency} ${cost.amount.toLocaleString('en-US')}${cost.atLeast ? ' so far' : ''}, by the plan's figure per hour`
        : 'The plan names no figure',
    },
  ];
}

/** A drill and a planned move have neither impact nor cause; what nobody suffered, nobody fills in. */
function unlessCalm({ rto }: Report, text: string): string {
  return rto.measuredFrom === 'outage' ? text : 'There was no outage';
}

function lossText({ rpo }: Report): string {
  return rpo.actualSeconds === null ? 'Not measured.' : `${formatDuration(rpo.actualSeconds)}.`;
}

/** What people have given as the cause when they did the task that asks for it. */
function rootCauses({ detail }: Report): DraftLine[] {
  return detail.followUps
    .filter(({ title, evidence }) => /root cause/i.test(title) && evidence !== null)
    .map(({ evidence }) => ({ text: evidence ?? '' }));
}

function evidence({ detail }: Report, commander: string): DraftLine[] {
  const { chain } = detail;
  const facts = detail.phases.flatMap(phase => phase.steps).flatMap(step => step.evidence).length;
  return [
    {
      text: `Ledger of incident ${detail.run.incidentId}: ${chain.entries} entries, newest hash ${chain.head ?? 'none'}.`,
    },
    {
      text: `This report: ${facts} findings of steps, ${detail.changes.length} changes, all messages and decisions.`,
    },
    ...detail.followUps.flatMap(({ title, evidence: shown }) =>
      shown ? [{ text: `${title}: ${shown}` }] : [],
    ),
    fill(`${commander}: links to logs, metrics, screenshots and configuration states.`),
  ];
}

/** Says that somebody looked only where the plan has steps that do, after the rest, and they ended well. */
function verified({ phases }: Report['detail']): string {
  const looked = phases.filter(({ stage, ok, steps }) => stage === 'verify' && ok && steps.length > 0);
  const done = looked.flatMap(({ steps }) => steps).filter(({ status }) => status === 'done');
  return done.length > 0 ? `, after ${done.map(({ title }) => `"${title}"`).join(', ')}` : '';
}

/** Start, detection, response, mitigation, resolution. */
function milestones(report: Report): PostMortem['timeline'] {
  const { detail, rto } = report;
  const first = (...types: string[]) => detail.timeline.find(({ type }) => types.includes(type));
  const response = first('acknowledged', 'answer') ?? first('run-started');
  const executed = detail.phases.filter(({ stage, ok }) => stage === 'execute' && ok).at(-1);
  const told = (at: string | null | undefined, what: string) =>
    at ? `${fullTime(at)}. ${sentence(what)}` : 'Did not happen in this run';
  return [
    {
      label: 'Start',
      value:
        rto.measuredFrom === 'outage'
          ? told(detail.outageStartedAt, 'The outage began')
          : told(detail.run.startedAt, 'The run was started; there was no outage'),
    },
    { label: 'Detection', value: told(detail.openedAt, 'The incident was opened') },
    { label: 'Response', value: told(response?.at, response?.what ?? '') },
    { label: 'Mitigation', value: told(executed?.endedAt, `Phase "${executed?.title}" ended`) },
    {
      label: 'Resolution',
      value: told(detail.recoveredAt, `The last phase ended${verified(detail)}`),
    },
  ];
}

function howResolved({ detail }: Report, commander: string): DraftLine[] {
  const done = detail.phases
    .filter(({ ok }) => ok)
    .map(phase => ({
      text: `${phase.title}: ${
        phase.steps
          .filter(({ status }) => status === 'done')
          .map(({ title }) => title)
          .join(', ') || 'no step was needed'
      }.`,
    }));
  return [...done, fill(`${commander}: what was done outside this run, if anything.`)];
}

function wentWell({ rto, rpo, notifications, invariants, detail }: Report): DraftLine[] {
  const lines: string[] = [];
  if (rto.met && rto.actualSeconds !== null) {
    lines.push(
      `The recovery time objective was met with ${formatDuration(rto.targetSeconds - rto.actualSeconds)} to spare.`,
    );
  }
  if (rpo.met && rpo.actualSeconds !== null) {
    lines.push(
      `The data loss stayed within its objective: ${formatDuration(rpo.actualSeconds)} of ${formatDuration(rpo.targetSeconds)}.`,
    );
  }
  if (notifications.length > 0 && notifications.every(({ onTime }) => onTime) && detail.untold.length === 0) {
    lines.push(`All ${notifications.length} messages went out in time.`);
  }
  if (invariants && invariants.length > 0 && invariants.every(({ held }) => held)) {
    lines.push(`All ${invariants.length} safety rules held.`);
  }
  const steps = detail.phases.flatMap(phase => phase.steps);
  if (steps.length > 0 && steps.every(({ attempts, status }) => attempts === 1 && status !== 'failed')) {
    lines.push('No step had to be tried twice.');
  }
  return lines.map(text => ({ text }));
}

function toImprove(report: Report): DraftLine[] {
  const { rto, rpo, notifications, detail } = report;
  const steps = detail.phases.flatMap(phase => phase.steps);
  const late = notifications.filter(({ onTime }) => !onTime).length + detail.untold.length;
  const wait = longestWait(report);
  const lines: (string | false | undefined)[] = [
    rto.met === false &&
      rto.actualSeconds !== null &&
      `The recovery took ${formatDuration(rto.actualSeconds - rto.targetSeconds)} longer than its objective.`,
    rpo.met === false &&
      rpo.actualSeconds !== null &&
      `${formatDuration(rpo.actualSeconds)} of data were lost; the objective is ${formatDuration(rpo.targetSeconds)}.`,
    detail.followUps.some(({ state }) => state === 'overdue' || state === 'done-late') &&
      `Overdue: ${detail.followUps
        .filter(({ state }) => state === 'overdue' || state === 'done-late')
        .map(({ title }) => title)
        .join(', ')}.`,
    late > 0 && `${late === 1 ? '1 message was' : `${late} messages were`} late or never sent.`,
    ...detail.phases.map(
      phase =>
        phase.inTime === false &&
        phase.withinSeconds !== null &&
        `Phase "${phase.title}" ended later than the ${formatDuration(phase.withinSeconds)} that the plan gives it.`,
    ),
    ...detail.phases.map(
      phase =>
        phase.tooLong === true &&
        phase.lastsSeconds !== null &&
        `Phase "${phase.title}" lasted longer than the ${formatDuration(phase.lastsSeconds)} that the plan gives it.`,
    ),
    ...steps.map(step => step.attempts > 1 && `Step "${step.title}" needed ${step.attempts} attempts.`),
    wait && `The longest wait for a person was ${formatDuration(wait.seconds)}: "${wait.title}".`,
  ];
  return lines.flatMap(line => (line ? [{ text: line }] : []));
}

function longestWait({ detail }: Report): { seconds: number; title: string } | undefined {
  const waits = detail.decisions.map(({ title, answers, answerWithinSeconds }) => ({
    title,
    seconds: Math.max(
      0,
      ...answers.map(({ value, afterSeconds }) => (value === 'timeout' ? answerWithinSeconds : afterSeconds)),
    ),
  }));
  return waits.filter(({ seconds }) => seconds > 0).sort((a, b) => b.seconds - a.seconds)[0];
}

function actionItems(report: Report): ActionItem[] {
  const due = 'to be set';
  const done = 'no';
  const owner = report.detail.title.owner;
  return [
    ...report.detail.openTasks.map(task => ({ text: task.title, owner: task.owner ?? owner, due, done })),
    ...report.detail.followUps.map(task => ({
      text: `${task.title}${task.obligation ? ` (${task.obligation})` : ''}`,
      owner: task.owners.map(id => report.detail.names[id] ?? id).join(', '),
      due: fullTime(task.dueAt),
      done: task.doneAt ? fullTime(task.doneAt) : task.state === 'overdue' ? 'no, overdue' : done,
    })),
    ...report.detail.problems
      .filter(({ mend }) => mend !== null)
      .map(({ title, mend }) => ({ text: `${title}: ${mend}`, owner, due, done })),
    { text: 'To be filled in: what keeps this from happening again', owner: 'to be set', due, done },
  ];
}

/** The incident commander as assigned in the run; the role's name when nobody was. */
function commanderOf({ detail }: Report): string {
  const assigned = detail.phases
    .flatMap(phase => phase.steps)
    .filter(step => step.action === 'people.assign');
  const id = commanderAmong(assigned.map(({ outputs }) => outputs));
  return id === undefined ? 'the incident commander' : (detail.names[id] ?? id);
}

function fill(who: string): DraftLine {
  return { text: `To be filled in by ${who}`, fill: true };
}
