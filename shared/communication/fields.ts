import type { Evidence } from '../actions/contract.ts';
import type { JsonObject } from '../json.ts';
import { formatDuration } from '../plan/duration.ts';
import { objectivesOf } from '../plan/objectives.ts';
import type { Mode } from '../runbook/contract.ts';
import { scopeOf } from '../runbook/scope.ts';
import { sentence } from '../sentence.ts';
import { acknowledgement } from './acknowledgement.ts';
import { nextUpdateAt } from './due-audiences.ts';
import { incidentFields, taskFields } from './incident-fields.ts';
import type { PlannedMessage } from './planned-message.ts';
import { commanderId, planSteps, type StepEntry, stepsNow, stepTitle } from './run-steps.ts';
import {
  allOf,
  endedAt,
  ending,
  lastOf,
  openedAt,
  resolvedByHand,
  type Situation,
  severityOf,
} from './situation.ts';
import { formatTime, nameOf } from './wording.ts';

/** Longest list in a message; what is left out is counted in a last line. */
const longestList = 40;

/**
 * What a template's expressions look up: the run's own scope, the outputs of steps that the ledger calls done, and
 * `message.*` (see `messageFields`). A field that has no value in this situation is absent, so that a template that
 * uses it is an error and never says something empty.
 */
export function scopeFor(
  situation: Situation,
  message: PlannedMessage,
  extra: { link?: string; fields?: Record<string, string> } = {},
): JsonObject {
  const { plan, run } = situation;
  const outputs: JsonObject = {};
  for (const { entry } of stepsNow(situation))
    if (entry.status === 'done') outputs[entry.step] = entry.outputs ?? {};
  return {
    ...scopeOf(run, outputs),
    system: { id: plan.system.id, title: plan.system.title },
    regions: { ...plan.regions },
    message: withoutAbsent({
      ...extra.fields,
      ...common(situation, message),
      ...progressFields(situation),
      ...endFields(situation),
      ...questionFields(situation, message),
      ...incidentFields(situation, audienceOf(message)),
      ...taskFields(situation, message),
      called: called(situation),
      acknowledgedBy: acknowledgedBy(situation),
      resolvedBy: resolvedBy(situation),
      late: message.late && describeLate(situation, message.late),
      level: message.level === undefined ? undefined : String(message.level),
      undelivered: message.undelivered && describeUndelivered(situation, message.undelivered),
      link: extra.link,
    }),
  };
}

const audienceOf = ({ to }: PlannedMessage) => ('audience' in to ? to.audience : undefined);

function common(situation: Situation, message: PlannedMessage): Record<string, string | undefined> {
  const { plan, run, now } = situation;
  const scenario = plan.scenarios[run.scenario];
  const severity = severityOf(situation);
  const next = nextUpdateAt(situation, audienceOf(message));
  return {
    key: message.key,
    time: formatTime(now.toISOString()),
    recipient:
      'audience' in message.to
        ? (plan.audiences[message.to.audience]?.title ?? message.to.audience)
        : nameOf(plan, message.to.person),
    scenario: scenario?.title ?? run.scenario,
    severity: plan.severities[severity]?.title ?? severity,
    severityTag: severity.toUpperCase(),
    outageStarted: formatTime(run.outageStartedAt),
    clock: run.mode === 'recover' ? 'the outage began' : 'the run began',
    opened: formatTime(openedAt(situation)),
    elapsed: elapsed(run.outageStartedAt, now.toISOString()),
    nextUpdate: next ? formatTime(next) : 'when there is something to say',
    rto: formatDuration(objectivesOf(plan, run.scenario).rto),
    rpo: formatDuration(objectivesOf(plan, run.scenario).rpo),
    commander: commander(situation),
  };
}

function progressFields(situation: Situation): Record<string, string> {
  const steps = stepsNow(situation);
  const done = steps.filter(({ entry }) => entry.status === 'done');
  const broken = steps.filter(({ entry }) => ['failed', 'refused'].includes(entry.status));
  const open = situation.questions.filter(({ status }) => status === 'open');
  const checks = checksDone(situation);
  return {
    phase: phaseTitle(situation),
    progress: `${done.length} of ${countSteps(situation)} steps done`,
    done: list(
      done.map(step => line(situation, step)),
      'nothing yet',
    ),
    failed: list(
      [
        ...broken.map(step => line(situation, step)),
        ...open.map(question => `- waiting for an answer: ${question.title}`),
      ],
      'nothing',
    ),
    checks: list(
      checks.map(step => line(situation, step)),
      'nothing has been checked',
    ),
    checkTitles: list(
      checks.map(({ entry }) => `- ${stepTitle(situation, entry.step)}`),
      'nothing has been checked',
    ),
  };
}

/** What a run that ended well came to. Only a real recovery recovers anything. */
const results: Record<Mode, string> = {
  recover: 'recovered',
  planned: 'moved as planned',
  drill: 'exercise complete',
  'dry-run': 'dry run complete',
};

function endFields(situation: Situation): Record<string, string> {
  const end = ending(situation);
  if (!end) return {};
  const reasons = end.entry.reasons.map(reason =>
    `- ${sentence(bare(reason.what))} ${reason.mend}`.trimEnd(),
  );
  return {
    ended: formatTime(end.at),
    outcome: end.entry.outcome,
    result: end.entry.outcome === 'recovered' ? results[situation.run.mode] : end.entry.outcome,
    reasons: list(reasons, '- none was recorded'),
    took: elapsed(situation.run.outageStartedAt, endedAt(situation) ?? end.at),
  };
}

function questionFields(situation: Situation, message: PlannedMessage): Record<string, string> {
  const question = situation.questions.find(({ id }) => id === message.question);
  if (!question) return {};
  return {
    question: question.title,
    shows: question.shows.join('\n'),
    asked: question.askedOf.map(person => nameOf(situation.plan, person)).join(', '),
    answerBy: formatTime(question.expiresAt),
  };
}

/**
 * Checks of the plan's verifying phases that the ledger calls done: all that an all-clear may claim. A step that
 * changed something is none, and neither is a message or what a person was asked for.
 */
function checksDone(situation: Situation): StepEntry[] {
  const phases = situation.plan.scenarios[situation.run.scenario]?.phases ?? [];
  const verifying = new Set(phases.filter(phase => phase.stage === 'verify').map(phase => phase.id));
  const changing = new Set(allOf(situation, 'change').map(({ entry }) => entry.step));
  return stepsNow(situation).filter(
    ({ entry }) =>
      entry.status === 'done' &&
      verifying.has(entry.phase) &&
      !changing.has(entry.step) &&
      !['notify', 'people'].includes(entry.action.split('.')[0] ?? ''),
  );
}

function line(situation: Situation, { at, entry }: StepEntry): string {
  const facts: Evidence[] = entry.evidence ?? [];
  const said =
    facts.at(-1)?.what ??
    entry.reasons?.[0]?.what ??
    (entry.error && bare(entry.error)) ??
    entry.note ??
    entry.status;
  return `- ${formatTime(at)} ${stepTitle(situation, entry.step)}: ${said}`;
}

/** An error without the name of its class, which tells a reader nothing. */
const bare = (text: string) => text.replace(/^\w+(Error|Exception): /, '').trim();

function list(lines: string[], nothing: string): string {
  if (lines.length === 0) return nothing;
  const kept = lines.slice(0, longestList);
  return [...kept, ...(lines.length > kept.length ? [`- and ${lines.length - kept.length} more`] : [])].join(
    '\n',
  );
}

function countSteps(situation: Situation): number {
  const mode = situation.run.mode;
  return planSteps(situation).filter(step => !step.modes || step.modes.includes(mode)).length;
}

function phaseTitle(situation: Situation): string {
  if (ending(situation)) return 'the run has ended';
  const phase = lastOf(situation, 'phase-started')?.entry.phase;
  if (!phase) return 'the run has not begun';
  const phases = situation.plan.scenarios[situation.run.scenario]?.phases ?? [];
  return phases.find(({ id }) => id === phase)?.title ?? phase;
}

/** Name of the person that `people.assign` made commander. */
export function commander(situation: Situation): string {
  const person = commanderId(situation);
  return person === undefined ? 'nobody yet' : nameOf(situation.plan, person);
}

function resolvedBy(situation: Situation): string {
  const hand = resolvedByHand(situation);
  return hand ? `${nameOf(situation.plan, hand.by)} at ${formatTime(hand.at)}` : 'nobody yet';
}

/** Whom a call for help has reached: what was only planned is not said. */
function called(situation: Situation): string {
  const people = allOf(situation, 'message').flatMap(({ entry }) =>
    entry.template === 'escalation' && entry.status === 'sent' && entry.audience.startsWith('person:')
      ? [nameOf(situation.plan, entry.audience.slice('person:'.length))]
      : [],
  );
  return [...new Set(people)].join(', ') || 'nobody yet';
}

function acknowledgedBy(situation: Situation): string {
  const known = acknowledgement(situation);
  if (!known) return 'nobody yet';
  const lapsed = known.until !== undefined && Date.parse(known.until) <= situation.now.getTime();
  return `${nameOf(situation.plan, known.by)} since ${formatTime(known.at)}${lapsed ? ', which no longer counts' : ''}`;
}

function describeLate(situation: Situation, key: string): string {
  const late = allOf(situation, 'message-late').findLast(({ entry }) => entry.key === key)?.entry;
  const sent = allOf(situation, 'message').findLast(
    ({ entry }) => entry.key === key && entry.status === 'sent',
  );
  const to = late ? (situation.plan.audiences[late.audience]?.title ?? late.audience) : key;
  const told = sent ? `They were told at ${formatTime(sent.at)}.` : 'They have not been told yet.';
  return `To: ${to}\nMessage: ${late?.template ?? key}\nIt was due at ${late ? formatTime(late.dueAt) : 'an earlier time'}. ${told}`;
}

function describeUndelivered(situation: Situation, key: string): string {
  const failed = allOf(situation, 'message').findLast(({ entry }) => entry.key === key)?.entry;
  if (!failed) return key;
  const to = failed.audience.startsWith('person:')
    ? nameOf(situation.plan, failed.audience.slice('person:'.length))
    : (situation.plan.audiences[failed.audience]?.title ?? failed.audience);
  return `To: ${to}\nMessage: ${failed.template}\nReference: ${key}\nWhy: ${failed.error ?? 'not known'}`;
}

function elapsed(from: string, to: string): string {
  return formatDuration((Date.parse(to) - Date.parse(from)) / 1000);
}

function withoutAbsent(fields: Record<string, string | undefined>): JsonObject {
  const present: JsonObject = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) present[name] = value;
  return present;
}
