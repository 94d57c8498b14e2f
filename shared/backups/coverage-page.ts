import { formatDuration } from '../plan/duration.ts';
import type { Plan } from '../plan/schema.ts';
import { html, trusted } from '../report/html/markup.ts';
import { badge, dataTable, section, type Tone } from '../report/html/parts.ts';
import { styles } from '../report/html/styles.ts';
import { fullTime } from '../report/time.ts';
import type { Coverage, CoverageRow } from './coverage.ts';

const tones: Record<CoverageRow['state'], Tone> = { gap: 'bad', unproven: 'warn', covered: 'good' };

const columns = [
  { title: 'Backup', wide: true },
  { title: 'State', wide: true },
  { title: 'Last check' },
  { title: 'Loss at that time' },
  { title: 'Last proven restore' },
  { title: 'Measured RPO' },
  { title: 'Measured RTO' },
  { title: 'Next proof' },
];

/** The page: gaps first, then what nothing has proven, then what is covered. It needs nothing else. */
export function coverageHtml(plan: Plan, { rows, at, evidence }: Coverage): string {
  const gaps = rows.filter(({ state }) => state === 'gap').length;
  const headline = gaps === 0 ? 'No gap is known' : `${gaps} ${gaps === 1 ? 'gap' : 'gaps'}`;
  const chain = evidence.intact
    ? html`${evidence.entries} entries of evidence; their chain holds, its head is <code>${evidence.head ?? 'none'}</code>.`
    : badge('bad', 'The chain of evidence is broken');
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>Backups of ${plan.system.title}: ${headline}</title>
<style>${trusted(styles)}</style>
</head>
<body>
<header class="top">
<p class="kicker">Backups of ${plan.system.title}</p>
<h1>${headline}</h1>
<ul class="facts"><li>as of ${fullTime(at)}</li><li>owner ${plan.system.owner}</li></ul>
</header>
<main>
${section('coverage', 'What is covered', dataTable('Every class of backups, gaps first', columns, rows.map(cellsOf)), 'Only a restore proves a backup.')}
${section('evidence', 'Evidence', html`<p>${chain}</p>`)}
</main>
<footer><p>What nobody measured is not on this page as a figure. All times are UTC.</p></footer>
</body>
</html>
`.text;
}

function cellsOf(row: CoverageRow) {
  return [
    html`<b>${row.title}</b><p class="muted">backups.${row.backup}, ${row.type}</p>`,
    html`${badge(tones[row.state], row.state)}${row.why.map(why => html`<p>${why}</p>`)}`,
    row.checkedAt ? fullTime(row.checkedAt) : 'never',
    seconds(row.lossSeconds),
    row.provenAt ? fullTime(row.provenAt) : 'never',
    seconds(row.rpoSeconds),
    seconds(row.rtoSeconds),
    row.nextProof ? fullTime(row.nextProof) : '',
  ];
}

const seconds = (value: number | null | undefined) =>
  value === null || value === undefined ? '' : formatDuration(value);
