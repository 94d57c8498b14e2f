import { sentence } from '../sentence.ts';
import { postMortemSection } from './markdown-post-mortem.ts';
import {
  changesSection,
  dataLossSection,
  evidenceSection,
  messagesSection,
  outageCostSection,
  rehearsalSection,
} from './markdown-record.ts';
import { code, list, escapeMarkdown as md, section, table } from './markdown-text.ts';
import { isIdle, overrunsOf } from './phases.ts';
import type { PhaseDetail, Report } from './report.ts';
import { clockTime, fullTime } from './time.ts';
import { verdictOf } from './verdict.ts';
import {
  answerText,
  downtimeText,
  duration,
  followUpText,
  levelFigures,
  measuredFromText,
  metText,
  rtoParts,
  runKind,
  runNotice,
} from './words.ts';

/** The report as one Markdown page, for a ticket or a repository. Every name in it is escaped. */
export function renderMarkdown(report: Report): string {
  const { detail } = report;
  const verdict = verdictOf(report);
  const notice = runNotice(report);
  const name = (id: string) => detail.names[id] ?? id;
  const parts = [
    `# ${md(detail.title.system)}: ${md(verdict.headline)}`,
    verdict.lines.map(md).join('\n\n'),
    `${md(runKind(report))} of "${md(detail.title.scenario)}", started ${fullTime(detail.run.startedAt)}, run ${code(detail.run.id)}, incident ${code(detail.run.incidentId)}.`,
    notice ? `> ${md(notice)}` : '',
    objectivesSection(report),
    problemsSection(report),
    openTasksSection(report),
    followUpsSection(report, name),
    phasesSection(report),
    decisionsSection(report, name),
    messagesSection(report, name),
    changesSection(report),
    dataLossSection(report),
    outageCostSection(report),
    rehearsalSection(report),
    evidenceSection(report),
    postMortemSection(report),
  ];
  return `${parts.filter(part => part !== '').join('\n\n')}\n`;
}

function objectivesSection(report: Report): string {
  const { rto, rpo } = report;
  const split = table(
    rtoParts.map(({ title }) => title),
    [rtoParts.map(({ key }) => duration(rto[key]))],
  );
  return section(
    'Targets and figures',
    table(
      ['', 'Target', 'Actual', 'Result'],
      [
        ['Recovery time (RTO)', duration(rto.targetSeconds), duration(rto.actualSeconds), metText(rto.met)],
        ['Data loss (RPO)', duration(rpo.targetSeconds), duration(rpo.actualSeconds), metText(rpo.met)],
        ...levelRows(report),
      ],
    ),
    split,
    measuredFromText(report),
    rto.criticalPathSeconds === null || rto.actualSeconds === null
      ? ''
      : `AWS and people alone needed ${duration(rto.criticalPathSeconds)} of it (the critical path).`,
    downtimeText(report) ?? '',
  );
}

/** Objectives of the severity and of each tier, a row for each. */
function levelRows({ detail }: Report): string[][] {
  return detail.serviceLevels.flatMap(level =>
    levelFigures(level).map(({ what, targetSeconds, actualSeconds, met }) => [
      `${md(level.title)} (${level.of}): ${what}`,
      duration(targetSeconds),
      duration(actualSeconds),
      metText(met),
    ]),
  );
}

function problemsSection({ detail }: Report): string {
  return section(
    'What went wrong, and how to mend it',
    list(
      detail.problems.map(
        ({ title, what, mend }) =>
          `**${md(title)}**: ${md(sentence(what))}${mend ? ` *${md(sentence(mend))}*` : ''}`,
      ),
    ),
  );
}

function openTasksSection({ detail }: Report): string {
  const owner = (id: string | null) => (id ? ` (${md(id)})` : '');
  return section(
    'Open tasks',
    detail.openTasks
      .map(task => `- [ ] **${md(task.title)}**${owner(task.owner)}: ${md(sentence(task.why))}`)
      .join('\n'),
  );
}

function followUpsSection({ detail }: Report, name: (id: string) => string): string {
  const rows = detail.followUps.map(task => [
    md(task.title),
    md(task.owners.map(name).join(', ')),
    fullTime(task.dueAt),
    md(task.obligation ?? ''),
    task.state === 'overdue' || task.state === 'done-late' ? `**${followUpText(task)}**` : followUpText(task),
    md(task.evidence ?? ''),
  ]);
  const live = detail.liveState ? ` What is done later is in the ledger: \`${detail.liveState}\`.` : '';
  return section(
    'Tasks and deadlines',
    rows.length === 0
      ? ''
      : `As they stood at ${fullTime(detail.asOf)}.${live}\n\n${table(['Task', 'Owner', 'Due', 'Deadline set by', 'State', 'Evidence'], rows)}`,
  );
}

function phaseStatus(phase: PhaseDetail): string {
  if (isIdle(phase)) return 'nothing to do in this mode';
  if (phase.ok === null) return phase.startedAt ? 'not ended' : 'not begun';
  return phase.ok ? 'done' : 'failed';
}

function remarksOf(phase: PhaseDetail): string {
  const kept = [phase.inTime && 'in time', phase.tooLong === false && 'not too long'];
  return [...kept.filter(Boolean), ...overrunsOf(phase)].join('; ');
}

function phasesSection({ detail }: Report): string {
  const rows = detail.phases.flatMap(phase => [
    [
      `**${md(phase.title)}**`,
      phase.stage,
      phaseStatus(phase),
      phase.startedAt ? clockTime(phase.startedAt) : '',
      phase.endedAt ? clockTime(phase.endedAt) : '',
      isIdle(phase) ? '' : remarksOf(phase),
    ],
    ...phase.steps.map(step => [
      md(step.title),
      code(step.action),
      step.status,
      clockTime(step.startedAt),
      step.endedAt ? clockTime(step.endedAt) : '',
      [step.attempts > 1 ? `${step.attempts} attempts` : '', step.note ? md(step.note) : '']
        .filter(Boolean)
        .join(', '),
    ]),
  ]);
  const notReached = detail.notReached.map(({ title }) => md(title));
  return section(
    'Phases and steps',
    table(['Phase or step', 'Stage or action', 'Status', 'From (UTC)', 'To (UTC)', 'Remarks'], rows),
    notReached.length > 0 ? `Not begun: ${notReached.join(', ')}.` : '',
  );
}

function decisionsSection({ detail }: Report, name: (id: string) => string): string {
  const rows = detail.decisions.flatMap(decision => {
    const asked = [
      md(decision.title),
      clockTime(decision.askedAt),
      md(decision.askedOf.map(name).join(', ')),
    ];
    if (decision.answers.length === 0) return [[...asked, 'no answer', '', '']];
    return decision.answers.map(answer => [
      ...asked,
      md(answerText(answer, name)),
      `${clockTime(answer.at)}, after ${duration(answer.afterSeconds)}`,
      md(answer.reason ?? ''),
    ]);
  });
  return section(
    'Decisions and approvals',
    table(['Question', 'Asked (UTC)', 'Asked of', 'Answer', 'When (UTC)', 'Reason'], rows),
  );
}
