import type { Stage } from '../../runbook/contract.ts';
import { isIdle } from '../phases.ts';
import type { PhaseDetail, Report, Segment, StepDetail } from '../report.ts';
import { clockTime, secondsBetween } from '../time.ts';
import { duration } from '../words.ts';
import { html, type Markup } from './markup.ts';
import type { Scale } from './scale.ts';

/** Width of the drawing, in its own units. */
export const width = 1120;

/** The run, and how moments since its clock started lie on the drawing. */
export type Chart = { scale: Scale; start: string; report: Report };

/** A phase: a bracket from its start to its end, and a triangle where the plan wants it to end. */
export function phaseLine({ scale, start, report }: Chart, phase: PhaseDetail, y: number): Markup {
  if (!phase.startedAt) return html``;
  const from = secondsBetween(start, phase.startedAt);
  const to = secondsBetween(start, phase.endedAt ?? report.detail.run.endedAt ?? phase.startedAt);
  const state = isIdle(phase)
    ? `nothing to do in a ${report.mode}`
    : phase.ok === false
      ? 'failed'
      : phase.ok === null
        ? 'not ended'
        : duration(to - from);
  if (isIdle(phase)) return after(scale, to, y, state, '');
  const due =
    phase.withinSeconds !== null && phase.withinSeconds <= scale.totalSeconds
      ? scale.x(phase.withinSeconds)
      : null;
  return html`<path d="M${scale.x(from)} ${y + 5}V${y}H${Math.max(scale.x(to), scale.x(from) + 2)}V${y + 5}" class="span ${phase.stage}"><title>${phase.title}: ${state}</title></path>
${due !== null && html`<path d="M${due - 4} ${y - 8}h8l-4 6z" class="due"><title>${phase.title} is due ${duration(phase.withinSeconds)} after the start</title></path>`}
${after(scale, to, y, state, phase.ok === false ? 'bad' : '')}`;
}

/** A step: a bar for each stretch of work, marks for failures and new attempts, and words behind it. */
export function stepMarks({ scale, start }: Chart, stage: Stage, step: StepDetail, y: number): Markup {
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
    step.status === 'done' ? took : step.status,
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

export function box(from: number, to: number, y: number, kind: string, title: string): Markup {
  const wide = Math.max(2.5, Math.round((to - from) * 10) / 10);
  return html`<rect x="${from}" y="${y - 7}" width="${wide}" height="14" rx="2.5" class="bar ${kind}"><title>${title}</title></rect>`;
}

function cross(x: number, y: number, title: string): Markup {
  return html`<path d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8" class="cross"><title>${title}</title></path>`;
}

/** Words behind the end of a bar, or before the right edge if there is no room. */
export function after(scale: Scale, seconds: number, y: number, text: string, kind = '', gap = 6): Markup {
  const x = scale.x(seconds) + gap;
  const room = width - x - text.length * 6.8 > 0;
  return room
    ? html`<text x="${x}" y="${y + 4}" class="words ${kind}">${text}</text>`
    : html`<text x="${width - 2}" y="${y + 4}" text-anchor="end" class="words ${kind}">${text}</text>`;
}
