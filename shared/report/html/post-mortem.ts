import { type DraftLine, draftPostMortem } from '../post-mortem.ts';
import type { Report } from '../report.ts';
import { offset } from '../time.ts';
import { html, type Markup } from './markup.ts';
import { dataTable, time } from './parts.ts';

/** The draft of the post-mortem; what waits for a person is marked. */
export function postMortem(report: Report): Markup {
  const draft = draftPostMortem(report);
  return html`<article class="draft">
${pairs('Summary', draft.summary)}
${pairs('Timeline', draft.timeline)}
${lines('What happened', draft.whatHappened)}
${lines('Why it happened', draft.why)}
${lines('How it was resolved', draft.howResolved)}
${lines('What went well', draft.wentWell)}
${lines('What could be improved', draft.toImprove)}
<h3>Action items</h3>
${dataTable(
  'Action items',
  [{ title: 'What', wide: true }, { title: 'Owner' }, { title: 'Due' }, { title: 'Done' }],
  draft.actionItems.map(({ text, owner, due, done }) => [text, owner, due, done]),
)}
${lines('Evidence', draft.evidence)}
</article>`;
}

function pairs(title: string, items: { label: string; value: string }[]): Markup {
  return html`<h3>${title}</h3><dl class="pairs">${items.map(({ label, value }) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function lines(title: string, items: readonly DraftLine[]): Markup {
  return html`<h3>${title}</h3><ul>${items.map(({ text, fill }) => html`<li class="${fill ? 'fill' : ''}">${text}</li>`)}</ul>`;
}

/** Everything that happened, line by line. */
export function fullTimeline({ detail }: Report): Markup {
  return html`<details><summary>Everything that happened, ${detail.timeline.length} lines</summary><ol class="log">${detail.timeline.map(
    ({ at, afterSeconds, tone, what }) =>
      html`<li class="${tone}">${time(at)} <span class="offset">${offset(afterSeconds)}</span> <span>${what}</span></li>\n`,
  )}</ol></details>`;
}
