import { html, type Markup } from './markup.ts';

export type Column = { title: string; numeric?: boolean; wide?: boolean };
type Cell = string | number | Markup | null;

/**
 * A table that becomes a list of cards on a narrow screen, where each cell says its column; on others it scrolls sideways,
 * by the keyboard too.
 */
export function dataTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): Markup {
  const cell = (value: Cell, index: number) => {
    const column = columns[index];
    const kind = [column?.numeric && 'numeric', column?.wide && 'wide', value === '' && 'empty'];
    return html`<td class="${kind.filter(Boolean).join(' ')}" data-label="${column?.title}">${value}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="data">
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title, numeric }) => html`<th scope="col" class="${numeric ? 'numeric' : ''}">${title}</th>`)}</tr></thead>
<tbody>${rows.map(row => html`<tr>${row.map(cell)}</tr>\n`)}</tbody>
</table></div>`;
}

export type Tone = 'good' | 'bad' | 'warn' | 'plain';

/** A small word with a colour; the word alone says it, for those who see no colours. */
export function badge(tone: Tone, text: string): Markup {
  return html`<span class="badge ${tone}">${text}</span>`;
}

/** A section with an anchor; the body is left out with the section if it is null. */
export function section(
  id: string,
  title: string,
  body: Markup | null,
  intro: string | null = null,
): Markup | null {
  if (body === null) return null;
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${intro && html`<p class="intro">${intro}</p>`}
${body}
</section>`;
}

/** A time of day that keeps its full form for machines and for whoever hovers. */
export function time(iso: string): Markup {
  return html`<time datetime="${iso}" title="${iso}">${new Date(iso).toISOString().slice(11, 19)}</time>`;
}
