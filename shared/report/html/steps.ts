import { sentence } from '../../sentence.ts';
import { inOrderOf, isIdle, overrunsOf } from '../phases.ts';
import type { PhaseDetail, Report, StepDetail } from '../report.ts';
import { secondsBetween } from '../time.ts';
import { duration } from '../words.ts';
import { html, type Markup } from './markup.ts';
import { badge, dataTable, type Tone, time } from './parts.ts';

/** Phases and steps as tables, with the evidence that each step left: the timeline for those who can't see it. */
export function phasesAndSteps(report: Report): Markup {
  return html`${report.detail.phases.map(phase => phaseBlock(report, phase))}`;
}

function phaseBlock({ detail }: Report, phase: PhaseDetail): Markup {
  const idle = detail.notReached.filter(step => step.phase === phase.id);
  const cells = [
    ...phase.steps.map(step => ({ id: step.id, row: stepRow(step) })),
    ...idle.map(step => ({
      id: step.id,
      row: [
        html`<b>${step.title}</b><br/><code>${step.action}</code>`,
        badge('plain', 'not begun'),
        '',
        '',
        '',
      ],
    })),
  ];
  const rows = inOrderOf(phase, cells).map(({ row }) => row);
  const columns = [
    { title: 'Step', wide: true },
    { title: 'Status' },
    { title: 'From (UTC)' },
    { title: 'Took', numeric: true },
    { title: 'Found and made', wide: true },
  ];
  return html`<details class="phase"${phase.ok === true ? null : html` open="open"`}><summary><span class="swatch ${phase.stage}"></span><b>${phase.title}</b> ${phaseState(phase)}</summary>
${rows.length > 0 ? dataTable(`Steps of the phase ${phase.title}`, columns, rows) : html`<p>No step was begun.</p>`}
</details>`;
}

function phaseState(phase: PhaseDetail): Markup {
  if (!phase.startedAt) return badge('plain', 'not begun');
  if (isIdle(phase)) return badge('plain', 'nothing to do in this mode');
  const state =
    phase.ok === null
      ? badge('warn', 'not ended')
      : badge(phase.ok ? 'good' : 'bad', phase.ok ? 'done' : 'failed');
  const took =
    phase.endedAt &&
    html` <span class="muted">${time(phase.startedAt)} to ${time(phase.endedAt)}, ${duration(secondsBetween(phase.startedAt, phase.endedAt))}</span>`;
  const late = overrunsOf(phase).map(said => html`${badge('bad', said)} `);
  return html`${state}${took} ${late}`;
}

const tones: Partial<Record<StepDetail['status'], Tone>> = {
  done: 'good',
  failed: 'bad',
  refused: 'bad',
  skipped: 'warn',
};

function stepRow(step: StepDetail) {
  const attempts = step.attempts > 1 ? html`<br/><span class="muted">${step.attempts} attempts</span>` : null;
  return [
    html`<b>${step.title}</b><br/><code>${step.action}</code>`,
    html`${badge(tones[step.status] ?? 'plain', step.status)}${attempts}`,
    time(step.startedAt),
    step.endedAt ? duration(secondsBetween(step.startedAt, step.endedAt)) : 'not ended',
    findings(step),
  ];
}

function findings(step: StepDetail): Markup | string {
  const outputs = Object.entries(step.outputs);
  const lines = [
    ...step.reasons.map(({ what }) => html`<p class="bad">${sentence(what)}</p>`),
    step.reasons.length === 0 && step.error ? html`<p class="bad">${sentence(step.error)}</p>` : null,
    step.note ? html`<p>${sentence(step.note)}</p>` : null,
    ...step.evidence.map(({ what }) => html`<p>${sentence(what)}</p>`),
    outputs.length > 0
      ? html`<p class="outputs">${outputs.map(([key, value]) => html`<code>${key}=${shortValue(value)}</code> `)}</p>`
      : null,
  ].filter(line => line !== null);
  return lines.length > 0 ? html`${lines}` : '';
}

function shortValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
