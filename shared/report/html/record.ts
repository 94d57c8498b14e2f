import { sentence } from '../../sentence.ts';
import type { Decision, Report } from '../report.ts';
import { fullTime } from '../time.ts';
import { answerText, duration, followUpText, grouped, punctuality } from '../words.ts';
import { html, type Markup } from './markup.ts';
import { badge, dataTable, time } from './parts.ts';

/** What went wrong, each with the way to mend it. */
export function problems({ detail }: Report): Markup | null {
  if (detail.problems.length === 0) return null;
  return html`<ul class="problems">${detail.problems.map(
    ({ title, what, mend }) =>
      html`<li><b>${title}</b><p>${sentence(what)}</p>${mend && html`<p class="mend"><b>To mend it:</b> ${sentence(mend)}</p>`}</li>`,
  )}</ul>`;
}

/** What people still have to do. */
export function openTasks({ detail }: Report): Markup | null {
  if (detail.openTasks.length === 0) return null;
  return html`<ul class="tasks">${detail.openTasks.map(
    ({ title, why, owner }) =>
      html`<li><span class="box" aria-hidden="true"></span><div><b>${title}</b>${owner && html` <span class="muted">${owner}</span>`}<p>${sentence(why)}</p></div></li>`,
  )}</ul>`;
}

/** What was set to be done around and after the incident, by when, and what has become of it. */
export function followUps({ detail }: Report): Markup | null {
  if (detail.followUps.length === 0) return null;
  const name = (id: string) => detail.names[id] ?? id;
  const tones = { done: 'good', 'done-late': 'warn', open: 'plain', overdue: 'bad' } as const;
  const rows = detail.followUps.map(task => [
    html`${task.title}${task.obligation && html` <span class="muted">${task.obligation}</span>`}`,
    task.owners.map(name).join(', '),
    fullTime(task.dueAt),
    badge(tones[task.state], followUpText(task)),
    task.evidence ?? '',
  ]);
  const columns = [
    { title: 'Task', wide: true },
    { title: 'Owner' },
    { title: 'Due (UTC)' },
    { title: 'State' },
    { title: 'Evidence' },
  ];
  return html`${dataTable(`Tasks and deadlines, as they stood at ${fullTime(detail.asOf)}`, columns, rows)}${
    detail.liveState &&
    html`<p class="note">What is done later is in the ledger, not on this page: <code>${detail.liveState}</code>. The readiness page lists what is still open.</p>`
  }`;
}

/** Who was told what, when, and how that lies to its deadline. */
export function messages(report: Report): Markup | null {
  const { notifications, detail } = report;
  const name = (id: string) => detail.names[id] ?? id;
  if (notifications.length + detail.untold.length + detail.failedMessages.length === 0) return null;
  const longest = Math.max(
    1,
    ...notifications.map(({ afterSeconds, dueSeconds }) => Math.max(afterSeconds ?? 0, dueSeconds)),
  );
  const rows = notifications.map(message => [
    name(message.audience),
    message.template,
    message.channel,
    message.sentAt ? time(message.sentAt) : 'never',
    html`${deadline(message.afterSeconds, message.dueSeconds, longest)}<span class="muted">due after ${duration(message.dueSeconds)}</span>`,
    badge(message.onTime ? 'good' : 'bad', punctuality(message)),
  ]);
  const columns = [
    { title: 'Audience' },
    { title: 'Message' },
    { title: 'Channel' },
    { title: 'Sent (UTC)' },
    { title: 'Deadline' },
    { title: 'Result' },
  ];
  return html`${rows.length > 0 && dataTable('Messages, the deadline counted from the moment the incident was opened', columns, rows)}
${detail.untold.map(({ audience, dueSeconds }) => html`<p class="aside bad"><b>${name(audience)}</b> was never told; it was due ${duration(dueSeconds)} after the incident was opened.</p>`)}
${detail.failedMessages.map(({ at, audience, channel, error }) => html`<p class="aside warn">${time(at)} Channel <b>${channel}</b> did not take the message to ${name(audience)}: ${sentence(error)}</p>`)}`;
}

/** A line from the opening of the incident, with a tick when the message was due and a dot when it went out. */
function deadline(afterSeconds: number | null, dueSeconds: number, longest: number): Markup {
  const x = (seconds: number) => Math.round((4 + (Math.min(seconds, longest) / longest) * 132) * 10) / 10;
  const late = afterSeconds === null || afterSeconds > dueSeconds;
  return html`<svg class="deadline" viewBox="0 0 140 14" aria-hidden="true"><line x1="4" x2="${x(Math.max(dueSeconds, 0))}" y1="7" y2="7" class="grid"/>${
    afterSeconds !== null &&
    late &&
    html`<line x1="${x(dueSeconds)}" x2="${x(afterSeconds)}" y1="7" y2="7" class="over"/>`
  }<line x1="${x(dueSeconds)}" x2="${x(dueSeconds)}" y1="1" y2="13" class="tick"/>${
    afterSeconds !== null &&
    html`<circle cx="${x(Math.max(afterSeconds, 0))}" cy="7" r="3.5" class="${late ? 'late' : 'ok'}"/>`
  }</svg>`;
}

/** Every question that was asked, with who answered what, and after how long. */
export function decisions({ detail }: Report): Markup | null {
  if (detail.decisions.length === 0) return null;
  const name = (id: string) => detail.names[id] ?? id;
  return html`<ol class="decisions">${detail.decisions.map(decision => decisionItem(decision, name))}</ol>`;
}

function decisionItem(decision: Decision, name: (id: string) => string): Markup {
  const kinds = { approval: 'Approval', 'failed-step': 'Failed step', task: 'Task' };
  const answers = decision.answers.map(answer => {
    const bad = answer.value === 'timeout' || answer.value === 'deny' || answer.value === 'abort';
    return html`<p>${badge(bad ? 'bad' : 'good', answer.value)} <b>${answerText(answer, name)}</b>, ${duration(answer.afterSeconds)} later${answer.via === 'timer' ? null : html`, by ${answer.via}`}, ${time(answer.at)}</p>${answer.reason && html`<blockquote>${answer.reason}</blockquote>`}`;
  });
  return html`<li><p class="muted">${kinds[decision.kind]}, step ${decision.step}, ${time(decision.askedAt)}</p>
<h3>${decision.title}</h3>
<p class="muted">Asked of ${decision.askedOf.map(name).join(', ') || 'nobody'}; ${duration(decision.answerWithinSeconds)} to answer.</p>
${answers.length > 0 ? answers : html`<p>${badge('warn', 'no answer')}</p>`}</li>`;
}

/** Every change that was made in AWS. */
export function changes({ detail }: Report): Markup {
  if (detail.changes.length === 0) return html`<p>None.</p>`;
  const rows = detail.changes.map(({ at, what, call, resource, region, step }) => [
    time(at),
    html`${sentence(what)}<p class="outputs"><code>${call}</code> <code>${resource}</code></p>`,
    html`<span class="whole">${region}</span>`,
    html`<span class="whole">${step}</span>`,
  ]);
  const columns = [
    { title: 'At (UTC)' },
    { title: 'What', wide: true },
    { title: 'Region' },
    { title: 'Step' },
  ];
  return dataTable('Changes made in AWS, in the order of time', columns, rows);
}

/** Safety rules, faults and how to run it again; for rehearsals only. */
export function rehearsal(report: Report): Markup | null {
  const { detail, seed, invariants, awsCalls } = report;
  if (!detail.simulated) return null;
  const rules = (invariants ?? []).map(rule => [
    html`${rule.name}${(rule.violations ?? []).map(text => html`<br/><span class="muted">${text}</span>`)}`,
    badge(rule.held ? 'good' : 'bad', rule.held ? 'held' : 'broken'),
    grouped(rule.checks),
  ]);
  const calls = Object.entries(awsCalls ?? {}).map(([call, count]) => [
    html`<code>${call}</code>`,
    grouped(count),
  ]);
  return html`<dl class="pairs"><div><dt>Seed</dt><dd>${seed}</dd></div><div><dt>Faults injected</dt><dd>${
    detail.faults.length > 0 ? detail.faults.map(fault => html`<code>${fault}</code> `) : 'none'
  }</dd></div></dl>
${detail.replay && html`<p>The same run again, to the second:</p><pre tabindex="0"><code>${detail.replay}</code></pre>`}
${rules.length > 0 && dataTable('Safety rules, checked at every event', [{ title: 'Rule', wide: true }, { title: 'Result' }, { title: 'Checks', numeric: true }], rules)}
${
  calls.length > 0 &&
  html`<details><summary>Calls to the simulated AWS, by operation</summary>${dataTable(
    'Number of calls',
    [
      { title: 'Operation', wide: true },
      { title: 'Calls', numeric: true },
    ],
    calls,
  )}</details>`
}`;
}
