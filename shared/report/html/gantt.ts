import type { Stage } from '../../runbook/contract.ts';
import type { PhaseDetail, Report, Segment, StepDetail } from '../report.ts';
import { clockTime, later, secondsBetween } from '../time.ts';
import { duration, punctuality } from '../words.ts';
import { html, type Markup } from './markup.ts';
import { createScale, type Scale, ticks } from './scale.ts';

const width = 1120;
const labelWidth = 272;
const right = width - 70;
const rowHeight = 24;
const axisHeight = 40;

type Chart = { scale: Scale; start: string; report: Report };
/** A row of the drawing; its label stands at the left, its marks are drawn around the middle at `y`. */
type Row = { label: string; kind: 'phase' | 'step' | 'lane' | 'idle'; marks(y: number): Markup };

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
  const idle = chart.report.detail.notReached
    .filter(step => step.phase === phase.id)
    .map(
      ({ title }): Row => ({ label: title, kind: 'idle', marks: y => after(chart.scale, 0, y, 'not begun') }),
    );
  return [
    { label: phase.title, kind: 'phase', marks: y => phaseLine(chart, phase, y) },
    ...phase.steps.map(
      (step): Row => ({
        label: step.title,
        kind: 'step',
        marks: y => stepMarks(chart, phase.stage, step, y),
      }),
    ),
    ...idle,
  ];
}

function phaseLine({ scale, start, report }: Chart, phase: PhaseDetail, y: number): Markup {
  if (!phase.startedAt) return html``;
  const from = secondsBetween(start, phase.startedAt);
  const to = secondsBetween(start, phase.endedAt ?? report.detail.run.endedAt ?? phase.startedAt);
  const state = phase.ok === false ? 'failed' : phase.ok === null ? 'not ended' : duration(to - from);
  const due =
    phase.withinSeconds !== null && phase.withinSeconds <= scale.totalSeconds
      ? scale.x(phase.withinSeconds)
      : null;
  return html`<path d="M${scale.x(from)} ${y + 5}V${y}H${Math.max(scale.x(to), scale.x(from) + 2)}V${y + 5}" class="span ${phase.stage}"><title>${phase.title}: ${state}</title></path>
${due !== null && html`<path d="M${due - 4} ${y - 8}h8l-4 6z" class="due"><title>${phase.title} is due ${duration(phase.withinSeconds)} after the start</title></path>`}
${after(scale, to, y, state, phase.ok === false ? 'bad' : '')}`;
}

function stepMarks({ scale, start }: Chart, stage: Stage, step: StepDetail, y: number): Markup {
  const at = (iso: string) => secondsBetween(start, iso);
  const end = Math.max(
    at(step.startedAt),
    ...step.segments.map(({ to }) => at(to)),
    step.endedAt ? at(step.endedAt) : 0,
  );
  const took = step.endedAt ? duration(secondsBetween(step.startedAt, step.endedAt)) : 'not ended';
  const again = step.segments.filter(
    (segment, index) => segment.attempt > (step.segments[index - 1]?.attempt ?? 1),
  );
  const bad = step.status === 'failed' || step.status === 'refused';
  const words = [
    step.status === 'done' ? took : `${step.status}${step.endedAt ? `, ${took}` : ''}`,
    step.attempts > 1 ? `${step.attempts} attempts` : '',
  ];
  return html`${step.segments.map(segment =>
    box(
      scale.x(at(segment.from)),
      scale.x(at(segment.to)),
      y,
      segmentClass(segment, stage),
      `${step.title}: ${segmentWords[segment.status] ?? segment.status}, ${clockTime(segment.from)} to ${clockTime(segment.to)} (${duration(secondsBetween(segment.from, segment.to))})`,
    ),
  )}
${again.map(({ from, attempt }) => html`<path d="M${scale.x(at(from))} ${y - 10}l5 5l-5 5l-5 -5z" class="again"><title>${step.title}: attempt ${attempt} began ${clockTime(from)}</title></path>`)}
${bad && cross(scale.x(end), y, `${step.title}: ${step.status}`)}
${step.segments.length === 0 && html`<circle cx="${scale.x(at(step.startedAt))}" cy="${y}" r="3.5" class="point ${stage}"/>`}
${after(scale, end, y, words.filter(Boolean).join(', '), bad ? 'bad' : '', bad ? 12 : 6)}`;
}

const segmentWords: Partial<Record<Segment['status'], string>> = {
  preparing: 'looking before it acts',
  acting: 'acting and watching',
  asking: 'waiting for a person',
  undoing: 'undoing',
};

function segmentClass({ status }: Segment, stage: Stage): string {
  if (status === 'asking') return `${stage} waiting`;
  if (status === 'undoing') return 'undo';
  return status === 'preparing' ? `${stage} pale` : stage;
}

function box(from: number, to: number, y: number, kind: string, title: string): Markup {
  const wide = Math.max(2.5, Math.round((to - from) * 10) / 10);
  return html`<rect x="${from}" y="${y - 7}" width="${wide}" height="14" rx="2.5" class="bar ${kind}"><title>${title}</title></rect>`;
}

function cross(x: number, y: number, title: string): Markup {
  return html`<path d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8" class="cross"><title>${title}</title></path>`;
}

/** Words behind the end of a bar, or before the right edge if there is no room. */
function after(scale: Scale, seconds: number, y: number, text: string, kind = '', gap = 6): Markup {
  const x = scale.x(seconds) + gap;
  const room = width - x - text.length * 6.3 > 0;
  return room
    ? html`<text x="${x}" y="${y + 4}" class="words ${kind}">${text}</text>`
    : html`<text x="${width - 2}" y="${y + 4}" text-anchor="end" class="words ${kind}">${text}</text>`;
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

function legend({ detail, notifications }: Report): Markup {
  const statuses = new Set(
    detail.phases.flatMap(phase => phase.steps.flatMap(step => step.segments.map(({ status }) => status))),
  );
  const retried = detail.phases.some(phase => phase.steps.some(({ attempts }) => attempts > 1));
  return html`<ul class="legend">
<li><span class="swatch decide"></span>Decide</li><li><span class="swatch execute"></span>Execute</li><li><span class="swatch verify"></span>Verify</li>
${statuses.has('asking') && html`<li><span class="swatch waiting"></span>waiting for a person</li>`}
${statuses.has('undoing') && html`<li><span class="swatch undo"></span>undone again</li>`}
${retried && html`<li><span class="diamond again"></span>tried again</li>`}
${notifications.length > 0 && html`<li><span class="diamond message"></span>message</li>`}
${notifications.some(({ onTime }) => !onTime) && html`<li><span class="diamond late"></span>late message</li>`}
${detail.phases.some(({ withinSeconds }) => withinSeconds !== null) && html`<li><span class="triangle"></span>phase is due</li>`}
</ul>`;
}
