import { formatDuration } from '../../plan/duration.ts';
import type { Report } from '../report.ts';
import { downtimeText, duration, grouped, levelFigures, measuredFromText, rtoParts, usd } from '../words.ts';
import { html, type Markup } from './markup.ts';
import { badge } from './parts.ts';

/** The three cards under the headline: recovery time, data loss, and everything else in figures. */
export function objectiveCards(report: Report): Markup {
  return html`<div class="cards">${rtoCard(report)}${rpoCard(report)}${figuresCard(report)}${levelsCard(report)}</div>`;
}

function rtoCard(report: Report): Markup {
  const { rto } = report;
  const parts = rtoParts.map(part => ({ ...part, seconds: rto[part.key] }));
  const used = parts.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
  const figure =
    rto.actualSeconds !== null
      ? formatDuration(rto.actualSeconds)
      : rto.measuredFrom === 'nothing'
        ? 'Not measured'
        : 'Not recovered';
  const legend = parts.map(
    ({ id, title, seconds }) =>
      html`<li><span class="swatch ${id}"></span>${title} <b>${seconds === null ? 'not reached' : duration(seconds)}</b></li>`,
  );
  const applies = rto.measuredFrom === 'run' ? legend.slice(1) : legend;
  return html`<div class="card">
<h2>Recovery time ${result(rto.met)}</h2>
<p class="figure">${figure} <small>objective ${duration(rto.targetSeconds)}</small></p>
${bar(
  'Recovery time',
  parts.map(({ id, title, seconds }) => ({ kind: id, title, seconds: seconds ?? 0 })),
  used,
  rto.targetSeconds,
)}
${rto.measuredFrom !== 'nothing' && html`<ul class="legend">${applies}</ul>`}
<p class="note">${measuredFromText(report)}${rto.criticalPathSeconds !== null && rto.actualSeconds !== null && html` AWS and people alone needed ${duration(rto.criticalPathSeconds)}.`}</p>
</div>`;
}

/** Objectives of the severity and of the tiers, and the year's allowance; nothing where the plan has none. */
function levelsCard(report: Report): Markup | null {
  const rows = report.detail.serviceLevels.flatMap(level =>
    levelFigures(level).map(({ what, targetSeconds, actualSeconds, met }) => ({
      term: `${level.title}: ${what}`,
      value: `${duration(actualSeconds)} of ${duration(targetSeconds)}`,
      attention: met === false,
    })),
  );
  const downtime = downtimeText(report);
  if (rows.length === 0 && downtime === null) return null;
  return html`<div class="card levels">
<h2>Severity, tiers and the year</h2>
<dl class="figures">${rows.map(({ term, value, attention }) => html`<div class="${attention ? 'attention' : ''}"><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
${downtime !== null && html`<p class="note">${downtime}</p>`}
</div>`;
}

function rpoCard({ rpo }: Report): Markup {
  const figure =
    rpo.actualSeconds === null
      ? 'Not measured'
      : rpo.actualSeconds === 0
        ? 'None'
        : duration(rpo.actualSeconds);
  return html`<div class="card">
<h2>Data loss ${result(rpo.met)}</h2>
<p class="figure">${figure} <small>objective ${duration(rpo.targetSeconds)}</small></p>
${bar('Data loss', [{ kind: 'loss', title: 'Lost', seconds: rpo.actualSeconds ?? 0 }], rpo.actualSeconds ?? 0, rpo.targetSeconds)}
<p class="note">${rpo.basis}</p>
</div>`;
}

function result(met: boolean | null): Markup | null {
  if (met === null) return null;
  return met ? badge('good', 'met') : badge('bad', 'missed');
}

type BarPart = { kind: string; title: string; seconds: number };

/** Parts in proportion, with a mark where the objective is. The whole is the objective, or the time if that is longer. */
function bar(title: string, parts: readonly BarPart[], used: number, target: number): Markup {
  const whole = Math.max(used, target, 1);
  const share = (seconds: number) => `${((seconds / whole) * 100).toFixed(3)}%`;
  const shown = parts.filter(({ seconds }) => seconds > 0);
  const words = shown.map(part => `${part.title} ${duration(part.seconds)}`).join(', ') || 'nothing measured';
  return html`<div class="bar" role="img" aria-label="${title}: ${words}; objective ${duration(target)}">
<div class="track">${shown.map(
    part =>
      html`<span class="part ${part.kind}" style="width:${share(part.seconds)}" title="${part.title} ${duration(part.seconds)}"></span>`,
  )}</div>
<span class="target" style="left:${share(target)}"></span>
</div>
<p class="ends" aria-hidden="true"><span>0</span>${used > target && html`<span class="at" style="left:${share(target)}">${duration(target)}</span>`}<span>${duration(whole)}</span></p>`;
}

function figuresCard(report: Report): Markup {
  const { notifications, steps, detail, invariants } = report;
  const onTime = notifications.filter(message => message.onTime).length;
  const due = notifications.length + detail.untold.length;
  const finished = steps.filter(({ status }) => status === 'done' || status === 'undone').length;
  const skipped = steps.filter(({ status }) => status === 'skipped').length;
  const planned = steps.length + detail.notReached.length;
  const held = invariants?.filter(rule => rule.held).length ?? 0;
  const rows: [string, string, boolean][] = [
    [
      'Steps done',
      `${finished} of ${planned}${skipped > 0 ? `, ${skipped} skipped` : ''}`,
      finished + skipped < planned,
    ],
    ['Messages in time', due === 0 ? 'none were due' : `${onTime} of ${due}`, onTime < due],
    ['Changes in AWS', grouped(detail.changes.length), false],
    ['Tasks left for people', grouped(detail.openTasks.length), detail.openTasks.length > 0],
  ];
  if (invariants)
    rows.push(['Safety rules held', `${held} of ${invariants.length}`, held < invariants.length]);
  if (detail.outageCost) rows.push(costRow(detail.outageCost));
  if (report.estimatedCostUsd !== null) rows.push(['Cost of the run', usd(report.estimatedCostUsd), false]);
  return html`<div class="card">
<h2>In figures</h2>
<dl class="figures">${rows.map(([term, value, attention]) => html`<div class="${attention ? 'attention' : ''}"><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
</div>`;
}

function costRow(cost: NonNullable<Report['detail']['outageCost']>): [string, string, boolean] {
  const amount = `${cost.currency} ${grouped(cost.amount)}`;
  return ['Cost of the outage', cost.atLeast ? `${amount} so far` : amount, cost.atLeast];
}
