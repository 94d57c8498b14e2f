import { elapsedSeconds } from '../shared/report/time.ts';
import { duration } from '../shared/report/words.ts';
import { stepsOf } from '../shared/runbook/phases.ts';
import type { StepRecord } from '../shared/runbook/step-record.ts';
import { oneLine, type Paint } from './paint.ts';
import type { StatusView } from './status-view.ts';

const marks: Record<StepRecord['status'], { mark: string; tone: keyof Paint }> = {
  preparing: { mark: '>', tone: 'warn' },
  acting: { mark: '>', tone: 'warn' },
  asking: { mark: '?', tone: 'warn' },
  done: { mark: '+', tone: 'good' },
  skipped: { mark: '-', tone: 'dim' },
  refused: { mark: 'x', tone: 'bad' },
  failed: { mark: 'x', tone: 'bad' },
  undoing: { mark: '<', tone: 'warn' },
  undone: { mark: '<', tone: 'dim' },
};

/**
 * The phase that is under way with each of its steps, phases before it as one line each, and how many come after it.
 * After the end, every phase on a line and the steps that did not end well.
 */
export function stepLines(view: StatusView): string[] {
  const { plan, incident: found, paint } = view;
  const { incident, run, steps } = found;
  const scenario = plan.scenarios[run?.run.scenario ?? incident.scenario];
  if (!run || !scenario) return [];
  const byId = new Map(steps.map(record => [record.step.id, record]));
  const current = run.outcome
    ? -1
    : scenario.phases.findLastIndex(phase => stepsOf(phase.steps).some(step => byId.has(step.id)));
  const lines = [paint.bold(current < 0 ? 'phases' : `phase ${current + 1} of ${scenario.phases.length}`)];
  for (const [index, phase] of scenario.phases.entries()) {
    const records = stepsOf(phase.steps).flatMap(step => byId.get(step.id) ?? []);
    const isNow = index === current;
    if (records.length === 0) continue;
    const title = `${phase.title}: ${counts(records, stepsOf(phase.steps).length)}`;
    lines.push(isNow ? `  ${paint.bold(title)}` : `  ${title}`);
    const shown = isNow
      ? records
      : records.filter(({ status }) => status === 'failed' || status === 'refused');
    lines.push(...shown.flatMap(record => stepText(view, record)));
  }
  const later = current < 0 ? [] : scenario.phases.slice(current + 1).map(phase => phase.title);
  return later.length > 0 ? [...lines, paint.dim(`  to come: ${later.join(', ')}`)] : lines;
}

function counts(records: readonly StepRecord[], all: number): string {
  const count = (...statuses: StepRecord['status'][]) =>
    records.filter(({ status }) => statuses.includes(status)).length;
  const parts: [number, string][] = [
    [count('failed', 'refused'), 'failed'],
    [count('skipped'), 'skipped'],
    [count('undone'), 'undone'],
  ];
  const rest = parts.flatMap(([number, word]) => (number > 0 ? [`, ${number} ${word}`] : []));
  return `${count('done')} of ${all} done${rest.join('')}`;
}

function stepText({ now, paint }: StatusView, record: StepRecord): string[] {
  const { status, step, attempt } = record;
  const { mark, tone } = marks[status];
  const tries = attempt > 1 ? `, attempt ${attempt}` : '';
  const time = paint.dim(`${timeOf(record, now)}${tries}`);
  const head = `    ${paint[tone](`${mark} ${status.padEnd(9)}`)} ${oneLine(step.title)}  ${time}`;
  return [head, ...why(record).map(text => `        ${oneLine(text)}`)];
}

function timeOf({ step, preparedAt, actedAt, endedAt }: StepRecord, now: Date): string {
  const took = duration(elapsedSeconds(actedAt ?? preparedAt, endedAt ?? now.toISOString()));
  return endedAt === undefined && actedAt ? `${took} of at most ${duration(step.timeoutSeconds)}` : took;
}

/** Why it failed and how to mend it, or what it still lacks. */
function why({ status, reasons, error, undoError, note }: StepRecord): string[] {
  const undo = undoError ? [`it could not be undone: ${undoError.message}`] : [];
  if (status !== 'failed' && status !== 'refused') return note ? [note, ...undo] : undo;
  const mends = reasons?.flatMap(({ what, mend }) => [what, `mend: ${mend}`]) ?? [];
  return [...(mends.length > 0 ? mends : error ? [error.message] : []), ...undo];
}
