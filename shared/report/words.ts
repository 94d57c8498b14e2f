import { formatDuration } from '../plan/duration.ts';
import type { Decision, Figure, FollowUp, Notification, Report, ServiceLevel } from './report.ts';
import { fullTime } from './time.ts';

/** Words that the Markdown page, the HTML page and the terminal share. */

/** At most so many of a list are named in a sentence. */
const maxNamed = 4;

/** A duration to the second, so that parts can be added up by a reader; a dash for what was not measured. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  const whole = Math.round(Math.abs(seconds));
  const rest = whole % 60;
  const minutes = whole - rest === 0 ? '' : formatDuration(whole - rest);
  const parts = [minutes, rest > 0 || whole === 0 ? `${rest} s` : ''].filter(part => part !== '');
  return `${seconds < 0 ? '-' : ''}${parts.join(' ')}`;
}

export function metText(met: boolean | null): string {
  if (met === null) return 'not measured';
  return met ? 'met' : 'missed';
}

/** What kind of run the page is about, so that nobody takes a rehearsal for the real thing. */
export function runKind({ detail, mode }: Report): string {
  const kinds = {
    recover: detail.simulated ? 'Rehearsal on a simulated AWS' : 'Recovery',
    planned: detail.simulated ? 'Rehearsal of a planned move on a simulated AWS' : 'Planned move',
    drill: detail.simulated ? 'Rehearsal of a drill on a simulated AWS' : 'Drill',
    'dry-run': detail.simulated ? 'Rehearsal of a dry run on a simulated AWS' : 'Dry run',
  };
  return kinds[mode];
}

/** One sentence that says what was and was not real. */
export function runNotice({ detail, mode }: Report): string | null {
  if (detail.simulated) {
    return 'This is a rehearsal: the outage, AWS, the people and the messages were simulated. No account was touched and nobody was told.';
  }
  if (mode === 'drill')
    return 'This was a drill: it worked on the recovery side, and the primary side was not changed.';
  if (mode === 'dry-run') return 'This was a dry run: everything was prepared and nothing was changed.';
  return null;
}

/** What the recovery time was counted from, and what is not in it. */
export function measuredFromText(report: Report): string {
  return [countedFrom(report), notCounted(report), assumptions(report)].filter(Boolean).join(' ');
}

function notCounted({ detail: { noticedAtOnce, leftOut } }: Report): string {
  if (noticedAtOnce)
    return 'A person started it in this rehearsal as it began: how long it would go unnoticed is not in it.';
  if (leftOut.length === 0) return '';
  const more = leftOut.length > maxNamed ? `, and ${leftOut.length - maxNamed} more` : '';
  const named = leftOut.slice(0, maxNamed).map(title => `"${title}"`);
  return `The drill left alone, and so did not time, what a recovery does besides: ${named.join(', ')}${more}.`;
}

/** What the plan says that code of the user's own brings about, which a rehearsal can only take its word for. */
function assumptions({ detail: { assumed, simulated } }: Report): string {
  if (!simulated || assumed.length === 0) return '';
  const each = assumed.map(({ step, mends }) => `"${step}" mends ${mends.join(', ')}`);
  return `The plan assumes that ${each.join(' and that ')}; no rehearsal can prove it.`;
}

function countedFrom({ rto }: Report): string {
  switch (rto.measuredFrom) {
    case 'outage':
      return 'Measured from the start of the outage.';
    case 'run':
      return 'Measured from the start of the run: there was no outage, and so nothing to detect.';
    case 'nothing':
      return 'A dry run measures neither recovery time nor data loss.';
  }
}

/** The figures of a severity or a tier that the plan has objectives for, with what each is. */
export function levelFigures({ rto, rpo, respond }: ServiceLevel): (Figure & { what: string })[] {
  const all: [string, Figure | null][] = [
    ['recovery time', rto],
    ['data loss', rpo],
    ['response', respond],
  ];
  return all.flatMap(([what, figure]) => (figure ? [{ what, ...figure }] : []));
}

/** What of a year's allowance this outage used; null when nothing says what is allowed. */
export function downtimeText({ detail: { downtime } }: Report): string | null {
  if (!downtime) return null;
  const { availabilityPercent, budgetSeconds, usedSeconds } = downtime;
  const share = budgetSeconds > 0 ? ` (${Math.round((100 * usedSeconds) / budgetSeconds)} %)` : '';
  return `${availabilityPercent} % availability allows ${formatDuration(budgetSeconds)} of downtime a year; this outage used ${duration(usedSeconds)} of it${share}.`;
}

/** `4 min early`, `on the dot`, `40 s late`, `never sent`. */
export function punctuality({ afterSeconds, dueSeconds, onTime }: Notification): string {
  if (afterSeconds === null) return 'never sent';
  const early = dueSeconds - afterSeconds;
  if (onTime) return early > 0 ? `${duration(early)} early` : 'on the dot';
  return `${duration(Math.max(1, -early))} late`;
}

/** What has become of a follow-up, in words. */
export function followUpText({ state, doneAt }: FollowUp): string {
  switch (state) {
    case 'done':
      return `done ${doneAt ? fullTime(doneAt) : ''}`.trim();
    case 'done-late':
      return `done late, ${doneAt ? fullTime(doneAt) : ''}`.trim();
    case 'open':
      return 'open';
    case 'overdue':
      return 'overdue';
  }
}

const answerWords: Record<Decision['answers'][number]['value'], string> = {
  approve: 'approved',
  deny: 'denied',
  retry: 'chose to retry',
  skip: 'chose to skip',
  abort: 'chose to abort',
  done: 'said it is done',
  timeout: 'nobody answered in time',
};

/** What somebody decided: `Alex Chen approved`, or that nobody did. */
export function answerText(answer: Decision['answers'][number], name: (id: string) => string): string {
  const words = answerWords[answer.value];
  return answer.value === 'timeout' ? 'Nobody answered in time' : `${name(answer.by)} ${words}`;
}

/** `USD 0.0107`, or that it is not known. */
export function usd(amount: number | null): string {
  return amount === null ? 'not known' : `USD ${amount.toFixed(amount < 1 ? 4 : 2)}`;
}

export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** The parts of the recovery time in their order. */
export const rtoParts = [
  { key: 'detectSeconds', id: 'detect', title: 'Detect' },
  { key: 'decideSeconds', id: 'decide', title: 'Decide' },
  { key: 'executeSeconds', id: 'execute', title: 'Execute' },
  { key: 'verifySeconds', id: 'verify', title: 'Verify' },
] as const;
