import { overrunsOf } from '../shared/report/phases.ts';
import type { Report } from '../shared/report/report.ts';
import { isSuccess, verdictOf } from '../shared/report/verdict.ts';
import { duration, levelFigures, metText, punctuality, rtoParts, usd } from '../shared/report/words.ts';
import { sentence } from '../shared/sentence.ts';
import { createPaint, oneLine, type Paint } from './paint.ts';

/** At most so many lines of each kind of trouble, so that the whole stays on one screen. */
const maxListed = 3;

/** What a rehearsal came to, for a terminal: at most 25 lines, the verdict first and the report's path last. */
export function reportText(report: Report, options: { colour: boolean }): string {
  const paint = createPaint(options.colour);
  const verdict = verdictOf(report);
  const lines = [
    '',
    paint[verdict.tone](paint.bold(oneLine(verdict.headline))),
    ...(verdict.tone === 'bad' ? [] : troubleless(report, paint)),
    objective('RTO', report.rto, paint, partsText(report)),
    objective('RPO', report.rpo, paint, ''),
    ...levels(report, paint),
    row(
      'noticed',
      report.detail.noticedAtOnce ? 'at once, by a person; how long that takes is not measured' : null,
    ),
    ...limited(
      report.detail.assumed.map(
        ({ step, mends }) => `"${step}" mends ${mends.join(', ')}: the plan's word, not proven`,
      ),
      'assumed',
      paint.warn,
    ),
    row(
      'critical path',
      report.rto.criticalPathSeconds === null || report.rto.actualSeconds === null
        ? null
        : duration(report.rto.criticalPathSeconds),
    ),
    ...limited(report.detail.problems.map(problemText), 'problem', paint.bad),
    ...limited(lateMessages(report), 'late', paint.warn),
    ...limited(brokenRules(report), 'broken rule', paint.bad),
    ...limited(
      report.detail.openTasks.map(({ title }) => title),
      'open task',
      paint.warn,
    ),
    row('cost of the run', report.estimatedCostUsd === null ? null : usd(report.estimatedCostUsd)),
    row('again', report.detail.replay),
    row('report', report.report),
  ];
  return `${lines.filter(line => line !== null).join('\n')}\n`;
}

function troubleless(report: Report, paint: Paint): string[] {
  const { notifications, invariants, detail } = report;
  const onTime = notifications.filter(message => message.onTime).length;
  const held = invariants
    ? `, ${invariants.filter(rule => rule.held).length} of ${invariants.length} safety rules held`
    : '';
  const done = report.steps.filter(({ status }) => status === 'done' || status === 'undone').length;
  const due = notifications.length + detail.untold.length;
  const messages = due > 0 ? `, ${onTime} of ${due} messages in time` : '';
  const text = `${counted(done, 'step')} done, ${counted(detail.changes.length, 'change')}${messages}${held}`;
  return [isSuccess(report) ? paint.dim(text) : text];
}

type Objective = { targetSeconds: number; actualSeconds: number | null; met: boolean | null };

function objective(
  title: string,
  { targetSeconds, actualSeconds, met }: Objective,
  paint: Paint,
  more: string,
): string {
  const colour = met === null ? paint.dim : met ? paint.good : paint.bad;
  const target = `objective ${duration(targetSeconds)}`;
  if (actualSeconds !== null)
    return `${label(title)}${duration(actualSeconds)}, ${target}, ${colour(metText(met))}${more}`;
  return `${label(title)}${colour(met === null ? 'not measured' : 'not recovered')}, ${target}${more}`;
}

/** Objectives of the severity and of the tiers, a line for those that were missed and one for all the others. */
function levels(report: Report, paint: Paint): string[] {
  const figures = report.detail.serviceLevels.flatMap(level =>
    levelFigures(level).map(({ what, ...figure }) => ({
      ...figure,
      what: `${level.of} ${level.title}: ${what}`,
    })),
  );
  const missed = figures
    .filter(({ met }) => met === false)
    .map(
      ({ what, targetSeconds, actualSeconds }) =>
        `${what} ${actualSeconds === null ? 'not reached' : duration(actualSeconds)}, objective ${duration(targetSeconds)}`,
    );
  const met = figures.filter(figure => figure.met === true);
  const overran = report.detail.phases.flatMap(phase =>
    overrunsOf(phase).map(said => `phase ${phase.title}: ${said}`),
  );
  return [
    ...limited([...missed, ...overran], 'missed', paint.bad),
    ...(met.length > 0
      ? [`${label('levels')}${counted(met.length, 'objective')} of severity and tiers met`]
      : []),
  ];
}

function partsText({ rto }: Report): string {
  const parts = rtoParts.flatMap(({ key, id }) => (rto[key] === null ? [] : [`${id} ${duration(rto[key])}`]));
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

function lateMessages({ notifications, detail }: Report): string[] {
  const name = (id: string) => detail.names[id] ?? id;
  return [
    ...notifications
      .filter(({ onTime }) => !onTime)
      .map(message => `${name(message.audience)}: ${message.template}, ${punctuality(message)}`),
    ...detail.untold.map(({ audience }) => `${name(audience)}: never told`),
  ];
}

function brokenRules({ invariants }: Report): string[] {
  return (invariants ?? [])
    .filter(({ held }) => !held)
    .map(({ name, violations }) => [name, violations?.[0]].filter(Boolean).join(': '));
}

function problemText({ what, mend }: Report['detail']['problems'][number]): string {
  return [sentence(what), mend ? sentence(mend) : ''].filter(Boolean).join(' ');
}

function limited(items: readonly string[], title: string, paint: (text: string) => string): string[] {
  const shown = items.slice(0, maxListed).map(item => `${label(title)}${paint(oneLine(item, 280))}`);
  const rest = items.length - shown.length;
  return rest > 0 ? [...shown, `${label('')}and ${rest} more in the report`] : shown;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function row(title: string, value: string | null): string | null {
  return value === null ? null : `${label(title)}${oneLine(value, 400)}`;
}

function label(title: string): string {
  return title.padEnd(16);
}
