import type { Stage } from '../../runbook/contract.ts';
import { inOrderOf } from '../phases.ts';
import type { PhaseDetail, Report } from '../report.ts';
import { clockTime, later, secondsBetween } from '../time.ts';
import { duration, punctuality } from '../words.ts';
import { after, box, type Chart, phaseLine, stepMarks, width } from './gantt-marks.ts';
import { html, type Markup } from './markup.ts';
import { createScale, ticks } from './scale.ts';

const labelWidth = 272;
const right = width - 150;
const rowHeight = 24;
const axisHeight = 40;

/** A row of the drawing; its label stands at the left, its marks are drawn around the middle at `y`. */
type Row = {
  label: string;
  kind: 'phase' | 'phase unbegun' | 'step' | 'lane' | 'idle';
  marks(y: number): Markup;
};

/** The timeline as a drawing: a line a phase, a bar a step, with waiting for people hatched. */
export function gantt(report: Report): Markup {
  const start = report.detail.clockStartedAt;
  const end = chartEnd(report, start);
  const chart: Chart = { scale: createScale(secondsBetween(start, end), labelWidth, right), start, report };
  const rows = [
    ...detectionRow(chart),
    ...report.detail.phases.flatMap(phase => phaseRows(chart, phase)),
    ...messageRow(chart),
  ];
  const height = axisHeight + rows.length * rowHeight + 14;
  return html`<div class="scroll gantt" tabindex="0" role="region" aria-label="Timeline, scrolls sideways">
<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="gantt-title gantt-text">
<title id="gantt-title">Timeline of phases and steps</title>
<desc id="gantt-text">The same times stand in the table of phases and steps further down.</desc>
<defs>${(['decide', 'execute', 'verify'] as const).map(hatch)}</defs>
${axis(chart, height)}
${rows.map((row, index) => drawRow(row, axisHeight + index * rowHeight, index))}
</svg></div>
${legend(report)}`;
}

function chartEnd({ detail, notifications }: Report, start: string): string {
  return [
    detail.run.endedAt ?? start,
    ...detail.phases.flatMap(phase => phase.steps.flatMap(step => step.segments.map(({ to }) => to))),
    ...detail.phases.flatMap(({ endedAt }) => endedAt ?? []),
    ...notifications.flatMap(({ sentAt }) => sentAt ?? []),
  ].reduce(later, start);
}

function hatch(stage: Stage): Markup {
  return html`<pattern id="hatch-${stage}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" class="${stage} pale"/><rect width="2.5" height="6" class="${stage}"/></pattern>`;
}

function axis({ scale, start, report }: Chart, height: number): Markup {
  const bottom = height - 8;
  const { targetSeconds } = report.rto;
  const target =
    report.rto.measuredFrom !== 'nothing' && targetSeconds <= scale.totalSeconds
      ? scale.x(targetSeconds)
      : null;
  return html`<text x="0" y="14" class="axis">${clockTime(start)} UTC = 0</text>
${ticks(scale.totalSeconds).map(({ seconds, label }) => {
  const x = scale.x(seconds);
  return html`<line x1="${x}" x2="${x}" y1="22" y2="${bottom}" class="grid"/><text x="${x}" y="14" class="axis" text-anchor="middle">${label}</text>`;
})}
${target !== null && html`<line x1="${target}" x2="${target}" y1="20" y2="${bottom}" class="target"/><text x="${target - 5}" y="32" class="target" text-anchor="end">objective ${duration(targetSeconds)}</text>`}`;
}

function drawRow({ label, kind, marks }: Row, top: number, index: number): Markup {
  const y = top + rowHeight / 2;
  const text = label.length > 38 ? `${label.slice(0, 37)}…` : label;
  return html`<g class="row ${kind}">${index % 2 === 0 && html`<rect x="0" y="${top}" width="${width}" height="${rowHeight}" class="band"/>`}
<text x="${kind === 'step' || kind === 'idle' ? 14 : 2}" y="${y + 4}" class="label">${text}<title>${label}</title></text>${marks(y)}</g>
`;
}

function detectionRow({ scale, start, report }: Chart): Row[] {
  const { detectSeconds } = report.rto;
  const { openedAt } = report.detail;
  if (detectSeconds === null || openedAt === null) return [];
  const title = `Outage began ${clockTime(start)}, incident opened ${clockTime(openedAt)}: ${duration(detectSeconds)}`;
  const marks = (y: number) =>
    html`${box(scale.x(0), scale.x(detectSeconds), y, 'detect', title)}${after(scale, detectSeconds, y, duration(detectSeconds))}`;
  return [{ label: 'Detection', kind: 'phase', marks }];
}

function phaseRows(chart: Chart, phase: PhaseDetail): Row[] {
  const begun = phase.steps.map(step => ({
    id: step.id,
    row: {
      label: step.title,
      kind: 'step',
      marks: y => stepMarks(chart, phase.stage, step, y),
    } satisfies Row,
  }));
  const idle = chart.report.detail.notReached
    .filter(step => step.phase === phase.id)
    .map(({ id, title }) => ({
      id,
      row: { label: title, kind: 'idle', marks: y => after(chart.scale, 0, y, 'not begun') } satisfies Row,
    }));
  const rows: { id: string; row: Row }[] = [...begun, ...idle];
  const kind = phase.startedAt ? 'phase' : 'phase unbegun';
  return [
    { label: phase.title, kind, marks: y => phaseLine(chart, phase, y) },
    ...inOrderOf(phase, rows).map(({ row }) => row),
  ];
}

function messageRow({ scale, start, report }: Chart): Row[] {
  const sent = report.notifications.filter(({ sentAt }) => sentAt !== null);
  if (sent.length === 0) return [];
  const marks = (y: number) =>
    html`${sent.map(message => {
      const x = scale.x(secondsBetween(start, message.sentAt ?? start));
      const who = report.detail.names[message.audience] ?? message.audience;
      return html`<path d="M${x} ${y - 6}l6 6l-6 6l-6 -6z" class="message ${message.onTime ? '' : 'late'}"><title>${who}: ${message.template}, ${punctuality(message)}</title></path>`;
    })}`;
  return [{ label: 'Messages', kind: 'lane', marks }];
}

function legend({ detail, notifications, rto }: Report): Markup {
  const statuses = new Set(
    detail.phases.flatMap(phase => phase.steps.flatMap(step => step.segments.map(({ status }) => status))),
  );
  const retried = detail.phases.some(phase => phase.steps.some(({ attempts }) => attempts > 1));
  return html`<ul class="legend">
${rto.detectSeconds !== null && html`<li><span class="swatch detect"></span>Detect</li>`}<li><span class="swatch decide"></span>Decide</li><li><span class="swatch execute"></span>Execute</li><li><span class="swatch verify"></span>Verify</li>
${statuses.has('asking') && html`<li><span class="swatch waiting"></span>waiting for a person</li>`}
${statuses.has('undoing') && html`<li><span class="swatch undo"></span>undone again</li>`}
${retried && html`<li><span class="diamond again"></span>tried again</li>`}
${notifications.length > 0 && html`<li><span class="diamond message"></span>message</li>`}
${notifications.some(({ onTime }) => !onTime) && html`<li><span class="diamond late"></span>late message</li>`}
${detail.phases.some(({ withinSeconds }) => withinSeconds !== null) && html`<li><span class="triangle"></span>phase is due</li>`}
</ul>`;
}
