import { gantt } from './html/gantt.ts';
import { html, type Markup, trusted } from './html/markup.ts';
import { objectiveCards } from './html/objective-cards.ts';
import { section } from './html/parts.ts';
import { fullTimeline, postMortem } from './html/post-mortem.ts';
import { changes, decisions, followUps, messages, openTasks, problems, rehearsal } from './html/record.ts';
import { phasesAndSteps } from './html/steps.ts';
import { styles } from './html/styles.ts';
import type { Report } from './report.ts';
import { fullTime } from './time.ts';
import { verdictOf } from './verdict.ts';
import { runKind, runNotice } from './words.ts';

/**
 * The report as one page that needs nothing else: no script, no font, no image from anywhere. The same report gives
 * the same bytes; how long the rehearsal took on this machine is left out for that reason.
 */
export function renderHtml(report: Report): string {
  const { detail } = report;
  const title = `${detail.title.system}: ${verdictOf(report).headline}`;
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>${title}</title>
<style>${trusted(styles)}</style>
</head>
<body>
${notice(report)}
${header(report)}
<main>
${sections(report).map(part => part.body)}
</main>
<footer><p>Made from the ledger of incident ${detail.run.incidentId} alone. All times are UTC; all durations are measured to the second.</p></footer>
</body>
</html>
`;
  return page.text;
}

function notice(report: Report): Markup | null {
  const text = runNotice(report);
  if (!text) return null;
  const word = report.detail.simulated ? 'Rehearsal' : report.mode === 'drill' ? 'Drill' : 'Dry run';
  return html`<aside class="notice" aria-label="${word}"><b>${word}</b>${text}</aside>`;
}

function header(report: Report): Markup {
  const { detail } = report;
  const verdict = verdictOf(report);
  const facts = [
    runKind(report),
    `started ${fullTime(detail.run.startedAt)}`,
    detail.run.severity && `severity ${detail.run.severity}`,
    `run ${detail.run.id}`,
    report.seed !== null && `seed ${report.seed}`,
  ];
  return html`<header class="top">
<div class="verdict">${mark(verdict.tone)}<div>
<p class="kicker">${detail.title.system}, ${detail.title.scenario}</p>
<h1>${verdict.headline}</h1>
${verdict.lines.map(line => html`<p class="lead">${line}</p>`)}
<ul class="facts">${facts.filter(Boolean).map(fact => html`<li>${fact}</li>`)}</ul>
</div></div>
${objectiveCards(report)}
<nav aria-label="Sections"><ul>${sections(report).map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
</header>`;
}

const marks = {
  good: { label: 'Good', path: 'M18 30l8 9l16 -18' },
  warn: { label: 'With reservations', path: 'M29 16v17M29 42v.1' },
  bad: { label: 'Bad', path: 'M20 20l18 18M38 20l-18 18' },
};

function mark(tone: keyof typeof marks): Markup {
  const { label, path } = marks[tone];
  return html`<svg class="mark ${tone}" viewBox="0 0 58 58" role="img" aria-label="${label}"><path d="${path}"/></svg>`;
}

function sections(report: Report): { id: string; title: string; body: Markup }[] {
  type Part = [id: string, title: string, body: Markup | null, intro?: string];
  const timeline: Part = ['timeline', 'Timeline', gantt(report)];
  // Of a run that got there, trouble on the way is not what one asks for first.
  const first: Part[] =
    report.outcome === 'recovered'
      ? [timeline, ['problems', 'Trouble on the way', problems(report)]]
      : [['problems', 'What went wrong', problems(report)], timeline];
  const all: Part[] = [
    ...first,
    ['tasks', 'Open tasks', openTasks(report), 'What the run could not finish, or what only people can do.'],
    ['follow-ups', 'Tasks and deadlines', followUps(report)],
    ['messages', 'Messages', messages(report)],
    ['decisions', 'Decisions', decisions(report)],
    ['changes', 'Changes in AWS', changes(report)],
    ['steps', 'Steps and evidence', phasesAndSteps(report)],
    ['rehearsal', 'Rehearsal', rehearsal(report)],
    ['cost', 'Cost of the outage', outageCost(report)],
    ['ledger', 'Evidence chain', ledger(report)],
    [
      'post-mortem',
      'Post-mortem draft',
      postMortem(report),
      'Filled in from the record; the marked lines wait for a person.',
    ],
  ];
  return all.flatMap(([id, title, body, intro]) => {
    const whole = section(id, title, body, intro ?? null);
    return whole ? [{ id, title, body: whole }] : [];
  });
}

function outageCost({ detail }: Report): Markup | null {
  const cost = detail.outageCost;
  if (!cost) return null;
  return html`<p>${cost.atLeast ? 'At least' : 'About'} <b>${cost.currency} ${cost.amount.toLocaleString('en-US')}</b>, at ${cost.currency} ${cost.perHour.toLocaleString('en-US')} an hour as the plan has it.</p>
${cost.entries.length > 0 && html`<dl class="pairs">${cost.entries.map(({ title, amount }) => html`<div><dt>${title}</dt><dd>${amount}</dd></div>`)}</dl>`}`;
}

function ledger(report: Report): Markup {
  const { chain } = report.detail;
  return html`<p>The ledger has <b>${chain.entries}</b> entries, each sealed with the hash of the one before it. ${
    chain.verified
      ? 'Every entry still has the hash that it was written with.'
      : html`<b class="badge bad">The chain is broken: ${chain.problem}.</b>`
  }</p>
<p class="muted">Newest hash (SHA-256): <code>${chain.head ?? 'none'}</code></p>
${fullTimeline(report)}`;
}
