import { type Judged, type Trace, type Verdict, verdicts } from '../shared/trace/judge.ts';

export type TraceShown = Trace & {
  counts: Record<Verdict, number>;
  rehearsals: readonly { name: string; outcome: string; exercised: number }[];
  rehearsed: boolean;
};

const words: Record<Verdict, string> = {
  'carried-out': 'carried out',
  documentation: 'documentation',
  waived: 'waived',
  claimed: 'claimed only',
  uncovered: 'uncovered',
};

/** The requirement table with what implements each row, what is missing last, where it is read first. */
export function traceText(title: string, shown: TraceShown): string {
  const { rows, unknown, counts, rehearsals, rehearsed } = shown;
  const widths = [
    Math.max(...rows.map(({ id }) => id.length)),
    Math.max(...Object.values(words).map(word => word.length)),
    Math.max(...rows.map(({ capability }) => capability.length)),
  ] as const;
  const line = (row: Judged) =>
    [
      row.id.padEnd(widths[0]),
      words[row.verdict].padEnd(widths[1]),
      row.capability.padEnd(widths[2]),
      detail(row),
    ]
      .join('  ')
      .trimEnd();
  const lines = [
    ...rows.map(line),
    '',
    ...unknown.map(({ id, element }) => `${element} names ${id}, which is not in requirements.md`),
    ...rehearsals
      // What is done with backups and by the calendar recovers nothing, and says itself what it came to.
      .filter(({ name, outcome }) => !/^(?:backups\/|calendar)/.test(name) && outcome !== 'recovered')
      .map(({ name, outcome }) => `The rehearsal ${name} did not recover: ${outcome}`),
    rehearsed
      ? `${rehearsals.length} rehearsals`
      : 'Nothing was rehearsed, so nothing counts as carried out.',
    `${title}, ${rows.length} requirements: ${verdicts.map(verdict => `${counts[verdict]} ${words[verdict]}`).join(', ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** What carries it out; for what nothing carries out, what the row asks for. */
function detail({ verdict, by, why, what }: Judged): string {
  const named = by
    .map(({ element, kind }) => (kind === undefined ? element : `${element} (${kind})`))
    .join(', ');
  switch (verdict) {
    case 'carried-out': {
      const rehearsals = [...new Set(by.flatMap(each => each.rehearsals))];
      const more = rehearsals.length > 3 ? ` and ${rehearsals.length - 3} more` : '';
      return `${named}; in ${rehearsals.slice(0, 3).join(', ')}${more}`;
    }
    case 'documentation':
      return named;
    case 'waived':
    case 'claimed':
      return `${named}: ${why ?? ''}`;
    case 'uncovered':
      return what.length > 110 ? `${what.slice(0, 109)}…` : what;
  }
}
