import type { GraphStep, StepLook } from './graph-model.ts';
import { escapeXml, widthOf } from './graph-text.ts';

type Rectangle = { x: number; y: number; width: number; height: number };

/** Colours are variables, so that dark mode changes them in one place. */
export const style = `
svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--page:#ffffff;--ink:#111827;--soft:#4b5563;--line:#94a3b8;--phase:#f8fafc;--phase-line:#cbd5e1;--box:#ffffff;--box-line:#cbd5e1;
--person:#d97706;--change:#2563eb;--look:#64748b;--message:#7c3aed;--decide:#b45309;--execute:#1d4ed8;--verify:#047857}
@media (prefers-color-scheme:dark){svg{
--page:#0b1120;--ink:#f1f5f9;--soft:#a8b3c4;--line:#64748b;--phase:#111a2e;--phase-line:#2b3a55;--box:#18233b;--box-line:#334562;
--person:#fbbf24;--change:#60a5fa;--look:#94a3b8;--message:#a78bfa;--decide:#fbbf24;--execute:#93c5fd;--verify:#6ee7b7}}
.page{fill:var(--page)}text{fill:var(--ink)}.title{font-size:20px;font-weight:650}.facts,.legend{font-size:13px;fill:var(--soft)}
.phase{fill:var(--phase);stroke:var(--phase-line)}.phase-title{font-size:15px;font-weight:650}
.phase-fact{font-size:12px;font-weight:600;text-anchor:end;letter-spacing:.03em}
.stage-decide .phase-fact{fill:var(--decide)}.stage-execute .phase-fact{fill:var(--execute)}.stage-verify .phase-fact{fill:var(--verify)}
.box{fill:var(--box);stroke:var(--box-line)}.step-title{font-size:14px;font-weight:600}
.kind{font-size:12px;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--soft)}
.step-facts{font-size:11px;fill:var(--soft)}.pill{fill:var(--box);stroke:var(--line);stroke-width:1.5}
.pill-text{font-size:13px;text-anchor:middle}.pill-text.first{font-weight:600}
.line{fill:none;stroke:var(--line);stroke-width:1.5}.head{fill:var(--line)}
.person{fill:var(--person)}.change{fill:var(--change)}.look{fill:var(--look)}.message{fill:var(--message)}
`.trim();

export function drawText(x: number, y: number, text: string, className: string): string {
  return `<text class="${className}" x="${x}" y="${y}">${escapeXml(text)}</text>`;
}

/** One step: a coloured edge for what it is, its title, its kind and its facts. */
export function drawBox(
  at: Rectangle,
  step: GraphStep,
  title: readonly string[],
  facts: readonly string[],
): string {
  const left = at.x + 16;
  let line = at.y + 22;
  const texts = [...title.map((text, index) => drawText(left, line + 18 * index, text, 'step-title'))];
  line += 18 * title.length;
  texts.push(drawText(left, line, step.kind, 'kind'));
  line += 17;
  facts.forEach((text, index) => {
    texts.push(drawText(left, line + 15 * index, text, 'step-facts'));
  });
  return [
    `<g><title>${escapeXml(`${step.id}: ${step.title}`)}</title>`,
    `<rect class="box" x="${at.x}" y="${at.y}" width="${at.width}" height="${at.height}" rx="8"/>`,
    `<path class="${step.look}" d="M${at.x + 6} ${at.y}h-1a5 5 0 0 0 -5 5v${at.height - 10}a5 5 0 0 0 5 5h1z"/>`,
    ...texts,
    '</g>',
  ].join('\n');
}

/** Where something starts or ends. The first line is the weightiest. */
export function drawPill(at: Rectangle, lines: readonly string[]): string {
  const centre = at.x + at.width / 2;
  return [
    `<rect class="pill" x="${at.x}" y="${at.y}" width="${at.width}" height="${at.height}" rx="${Math.min(at.height / 2, 22)}"/>`,
    ...lines.map((line, index) =>
      drawText(centre, at.y + 23 + 18 * index, line, index === 0 ? 'pill-text first' : 'pill-text'),
    ),
  ].join('\n');
}

export function drawArrow(x: number, from: number, to: number, head = true): string {
  return `<path class="line" d="M${x} ${from}V${head ? to - 5 : to}"/>${head ? arrowHead(x, to) : ''}`;
}

/** From a line at the top down into each column. */
export function drawFork(centres: readonly number[], from: number, to: number): string {
  const [first = 0] = centres;
  const last = centres.at(-1) ?? first;
  const line = `<path class="line" d="M${first} ${from}H${last}"/>`;
  return line + centres.map(x => drawArrow(x, from, to)).join('');
}

/** From the end of each column, however short it is, down to a line. */
export function drawJoin(ends: readonly { x: number; y: number }[], to: number): string {
  const first = ends[0]?.x ?? 0;
  const last = ends.at(-1)?.x ?? first;
  const line = `<path class="line" d="M${first} ${to}H${last}"/>`;
  return line + ends.map(end => `<path class="line" d="M${end.x} ${end.y}V${to}"/>`).join('');
}

function arrowHead(x: number, y: number): string {
  return `<path class="head" d="M${x} ${y}l-4 -7h8z"/>`;
}

const looks: [StepLook, string][] = [
  ['person', 'a person decides or does it'],
  ['change', 'changes something'],
  ['look', 'only looks'],
  ['message', 'tells somebody'],
];

export function drawLegend(x: number, y: number): string {
  let left = x;
  return looks
    .map(([look, text]) => {
      const drawn = `<rect class="${look}" x="${left}" y="${y - 10}" width="10" height="10" rx="2"/>${drawText(left + 16, y, text, 'legend')}`;
      left += 16 + widthOf(text, { size: 13 }) + 20;
      return drawn;
    })
    .join('\n');
}
