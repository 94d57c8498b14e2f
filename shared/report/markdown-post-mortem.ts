import { sentence } from '../sentence.ts';
import { list, escapeMarkdown as md, section } from './markdown-text.ts';
import { draftPostMortem } from './post-mortem.ts';
import type { Report } from './report.ts';
import { clockTime, offset } from './time.ts';

/** The post-mortem draft with the whole timeline. */
export function postMortemSection(report: Report): string {
  const draft = draftPostMortem(report);
  const lines = (items: { text: string; fill?: true }[]) =>
    list(items.map(({ text, fill }) => (fill ? `*${md(text)}*` : md(text))));
  const facts = (items: { label: string; value: string }[]) =>
    list(items.map(({ label, value }) => `**${label}**: ${md(value)}`));
  const log = report.detail.timeline.map(
    ({ at, afterSeconds, what }) => `${clockTime(at)} (${offset(afterSeconds)}) ${md(sentence(what))}`,
  );
  const part = (title: string, body: string) => `### ${title}\n\n${body}`;
  return section(
    'Post-mortem (draft)',
    'Lines in italics wait for a person.',
    part('Summary', facts(draft.summary)),
    part('Timeline', facts(draft.timeline)),
    part('What happened', lines(draft.whatHappened)),
    part('Why it happened', lines(draft.why)),
    part('How it was resolved', lines(draft.howResolved)),
    part('What went well', lines(draft.wentWell)),
    part('What could be improved', lines(draft.toImprove)),
    part(
      'Action items',
      draft.actionItems
        .map(
          ({ text, owner, due, done }) =>
            `- [${done.startsWith('no') ? ' ' : 'x'}] ${md(text)} (owner: ${md(owner)}, due: ${md(due)}, done: ${md(done)})`,
        )
        .join('\n'),
    ),
    part('Evidence', lines(draft.evidence)),
    part('Everything that happened', list(log)),
  );
}
