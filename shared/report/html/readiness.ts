import { formatDuration } from '../../plan/duration.ts';
import type { MatrixCell, MatrixRow, Measured } from '../matrix.ts';
import type { Gap, Readiness } from '../readiness.ts';
import type { Series } from '../readiness-history.ts';
import { fullTime } from '../time.ts';
import { html, type Markup, trusted } from './markup.ts';
import { badge, dataTable, section } from './parts.ts';
import { plot } from './plot.ts';
import { styles } from './styles.ts';

/** The readiness page of one system: gaps first. It needs nothing else, and the same facts give the same bytes. */
export function renderReadiness(readiness: Readiness): string {
  const { system, owner, at, gaps } = readiness;
  const bad = gaps.filter(({ severity }) => severity === 'bad').length;
  const headline =
    gaps.length === 0
      ? 'Ready, by all that was measured'
      : bad > 0
        ? `${bad} ${bad === 1 ? 'gap' : 'gaps'}`
        : `No gap, ${gaps.length} to watch`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>${system}: ${headline}</title>
<style>${trusted(styles)}</style>
</head>
<body>
<header class="top">
<p class="kicker">Readiness of ${system}</p>
<h1>${headline}</h1>
<ul class="facts"><li>as of ${fullTime(at)}</li><li>owner ${owner}</li><li>${sources(readiness)}</li></ul>
</header>
<main>
${section('gaps', 'Gaps', gapList(gaps))}
${section('objectives', 'Objectives against what was measured', matrixTable(readiness), 'Rehearsed is what a recovery without faults needed in the simulator; real is what happened on AWS.')}
${section('history', 'Over time', history(readiness))}
${section('backups', 'Backups', backups(readiness))}
${section('reach', 'Who is told in time', reach(readiness), 'What the provider of each channel documents. Where one request reaches everybody, how many read it does not matter.')}
${section('tasks', 'Open tasks', tasks(readiness))}
</main>
<footer><p>What nobody measured is not on this page as a figure. All times are UTC.</p></footer>
</body>
</html>
`.text;
}

function sources({ live, rehearsed }: Readiness): string {
  if (live && rehearsed) return 'from rehearsals and the deployed system';
  return live ? 'from the deployed system only' : 'from rehearsals only';
}

function gapList(gaps: readonly Gap[]): Markup {
  if (gaps.length === 0) return html`<p>None is known.</p>`;
  return html`<ul class="problems">${gaps.map(
    ({ severity, what, mend }) =>
      html`<li>${badge(severity, severity === 'bad' ? 'gap' : 'to watch')} <b>${what}</b><p class="mend">${mend}</p></li>`,
  )}</ul>`;
}

function matrixTable({ rows, rehearsed }: Readiness): Markup {
  const columns = [
    { title: 'Scenario or tier', wide: true },
    { title: 'RTO' },
    { title: 'Rehearsed' },
    { title: 'RPO' },
    { title: 'Rehearsed' },
    { title: 'Last real recovery' },
    { title: 'Last real drill' },
  ];
  return dataTable(
    'Recovery time matrix',
    columns,
    rows.map(row => [
      `${row.title}${row.of === 'tier' ? ' (tier)' : ''}`,
      target(row.rto),
      figure(row.rto, rehearsed),
      target(row.rpo),
      figure(row.rpo, rehearsed),
      realRun(row, row.lastReal),
      realRun(row, row.lastDrill),
    ]),
  );
}

const target = (cell: MatrixCell | null) => (cell ? formatDuration(cell.targetSeconds) : '');

function figure(cell: MatrixCell | null, rehearsed: boolean): Markup | string {
  if (!cell) return '';
  if (!rehearsed) return 'not looked at';
  if (cell.nothingToLose === true) return badge('plain', 'no data moved');
  if (cell.rehearsedSeconds === null) return badge('warn', 'not measured');
  const met = cell.rehearsedSeconds <= cell.targetSeconds;
  return badge(met ? 'good' : 'bad', `${formatDuration(cell.rehearsedSeconds)}${met ? '' : ', missed'}`);
}

function realRun(row: MatrixRow, run: Measured | null | undefined): Markup | string {
  if (run === undefined) return row.of === 'scenario' ? 'not looked at' : '';
  if (run === null) return badge('warn', 'never');
  const day = run.startedAt?.slice(0, 10) ?? '';
  if (run.rtoSeconds === null) return badge('bad', `${run.outcome}, ${day}`);
  const met = !row.rto || run.rtoSeconds <= row.rto.targetSeconds;
  return badge(met ? 'good' : 'bad', `${formatDuration(run.rtoSeconds)}, ${day}`);
}

function backups({ backups: all, live }: Readiness): Markup | null {
  if (all.length === 0) return null;
  return dataTable(
    'Backups and the last restore that was to prove each',
    [{ title: 'Backup', wide: true }, { title: 'Last restore' }, { title: 'Took' }],
    all.map(({ title, promised, last }) => [
      title,
      last
        ? badge(
            last.proven ? 'good' : 'bad',
            `${last.proven ? 'proven' : 'not proven'} ${last.at.slice(0, 10)}`,
          )
        : badge('warn', promised ? (live ? 'never' : 'not looked at') : 'no restore is planned'),
      last?.seconds != null ? formatDuration(last.seconds) : '',
    ]),
  );
}

function reach({ reach: all }: Readiness): Markup | null {
  if (all.length === 0) return null;
  return dataTable(
    'How many people each channel reaches by the deadline of its audience',
    [
      { title: 'Audience', wide: true },
      { title: 'Channel' },
      { title: 'Within' },
      { title: 'People' },
      { title: 'Reaches' },
      { title: 'By', wide: true },
    ],
    all.map(({ audience, channel, withinSeconds, size, most, source }) => [
      audience,
      channel,
      formatDuration(withinSeconds),
      size ?? 'not stated',
      most === undefined
        ? 'everybody'
        : badge(
            size !== undefined && size > most ? 'bad' : size === undefined ? 'plain' : 'good',
            `at most ${most}`,
          ),
      source,
    ]),
  );
}

function tasks({ openTasks, at }: Readiness): Markup | null {
  if (openTasks.length === 0) return null;
  return dataTable(
    'Tasks of past incidents that nobody has done',
    [{ title: 'Task', wide: true }, { title: 'Owner' }, { title: 'Due (UTC)' }],
    openTasks.map(({ title, owners, dueAt }) => [
      title,
      owners.join(', '),
      dueAt < at ? badge('bad', `overdue since ${dueAt.slice(0, 10)}`) : fullTime(dueAt),
    ]),
  );
}

function history({ history: all, live }: Readiness): Markup {
  if (all.length === 0) {
    return html`<p>${live ? 'No real run and no restore is on record yet.' : 'The deployed system was not asked.'}</p>`;
  }
  return html`<p class="intro">Below the dashed line is well. A dot met its objective, a diamond did not.</p>${all.map(
    series => html`<h3>${series.title}: ${series.what.toLowerCase()}</h3>${plot(series)}${figures(series)}`,
  )}`;
}

/** The same in words; folded, since a system that is drilled every month has many. */
function figures({ title, what, points }: Series): Markup {
  const columns = [{ title: 'Day', wide: true }, { title: what }, { title: 'Objective' }, { title: 'Kind' }];
  const rows = points
    .toReversed()
    .map(({ at, seconds, targetSeconds, kind, met }) => [
      at.slice(0, 10),
      badge(met ? 'good' : 'bad', `${formatDuration(seconds)}${met ? '' : ', missed'}`),
      formatDuration(targetSeconds),
      kind,
    ]);
  return html`<details><summary>${points.length} ${points.length === 1 ? 'figure' : 'figures'} of ${title}</summary>${dataTable(`${title}: ${what.toLowerCase()}`, columns, rows)}</details>`;
}
