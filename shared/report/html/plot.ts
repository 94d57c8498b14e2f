import { formatDuration } from '../../plan/duration.ts';
import type { Point, Series } from '../readiness-history.ts';
import { html, type Markup } from './markup.ts';

/** Width and height of a plot in its own units, and the margins of the area with points. */
const size = { width: 640, height: 170, left: 16, right: 16, top: 14, bottom: 30 };

/**
 * Figures over time, with their objective as a dashed line: below it is well. A figure that met it is a dot, one that
 * did not a diamond, so that no colour is needed; a table beneath says the same in words.
 */
export function plot({ title, what, points }: Series): Markup {
  const most = Math.max(1, ...points.map(point => Math.max(point.seconds, point.targetSeconds))) * 1.1;
  const times = points.map(({ at }) => Date.parse(at));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const inner = size.width - size.left - size.right;
  const x = (at: string) =>
    Math.round(
      size.left + (last === first ? inner / 2 : ((Date.parse(at) - first) / (last - first)) * inner),
    );
  const y = (seconds: number) =>
    Math.round(size.height - size.bottom - (seconds / most) * (size.height - size.top - size.bottom));
  const goal = points.at(-1)?.targetSeconds ?? 0;
  const label = `${what} of ${title} over time, against ${formatDuration(goal)}`;
  const axis = `M${size.left} ${size.top}V${size.height - size.bottom}H${size.width - size.right}`;
  const line = points.map(({ at, seconds }) => `${x(at)},${y(seconds)}`).join(' ');
  return html`<svg class="plot" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${label}">
<path class="axis" d="${axis}"/>
<line class="goal" x1="${size.left}" x2="${size.width - size.right}" y1="${y(goal)}" y2="${y(goal)}"/>
<text x="${size.left + 6}" y="${y(goal) + (y(goal) < size.height / 2 ? 24 : -6)}">${formatDuration(goal)}</text>
${points.length > 1 && html`<polyline class="way" points="${line}"/>`}
${points.map(point => mark(x(point.at), y(point.seconds), point))}
<text x="${size.left}" y="${size.height - 7}">${points[0]?.at.slice(0, 10)}</text>
${points.length > 1 && html`<text x="${size.width - size.right}" y="${size.height - 7}" text-anchor="end">${points.at(-1)?.at.slice(0, 10)}</text>`}
</svg>`;
}

function mark(x: number, y: number, { at, seconds, met, kind }: Point): Markup {
  const title = `${at.slice(0, 10)}: ${formatDuration(seconds)}, ${kind}`;
  if (met) return html`<circle class="good" cx="${x}" cy="${y}" r="5"><title>${title}</title></circle>`;
  return html`<path class="bad" d="M${x - 6} ${y}L${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}Z"><title>${title}</title></path>`;
}
