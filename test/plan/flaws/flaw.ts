import { readFileSync } from 'node:fs';

/**
 * One way in which a plan commits a flaw, on top of a small clean plan. The line that the finding has to be in ends with
 * `# <-`. A text is a command that is typed into a task of a person, and its own line is the one.
 */
export type Way =
  | string
  | {
      /** Steps of the scenario, as a YAML list. */
      steps?: string;
      /** Fields of the scenario, such as its disaster; they take the place of its usual ones. */
      scenario?: string;
      /** Other scenarios, as they stand below `scenarios`. */
      scenarios?: string;
      /** Components besides the usual ones, or in their place. */
      components?: string;
      /** Other sections of the plan. */
      sections?: string;
      /** The line of the finding, where it is one that every plan has, such as `incident:`. */
      at?: string;
    };

export type Found = { rule: string; ways: readonly Way[] };

/** Where a flaw is met before anything is changed, if no reading of a plan can show it: a test that holds it. */
export type Met = { how: string; test: string; name: string };

export type Flaw = {
  number: number;
  /** What is wrong, in one sentence. */
  flaw: string;
  /** What `validate` says of a plan that commits it. */
  found?: readonly Found[];
  /** How the language refuses what would be needed to commit it. */
  refused?: readonly Found[];
  met?: readonly Met[];
};

export const by = (rule: string, ...ways: Way[]): Found => ({ rule, ways });
export const met = (how: string, test: string, name: string): Met => ({ how, test, name });

const usualScenario = `    title: Incident
    severity: critical
    manualOnly: true
    modes: [recover]
`;
const usualSteps = `- id: look
  do: http.check
  with: { url: 'https://shop.acme.test/' }
`;

/** The small plan with the flaw in it. */
export function planText(way: Way): string {
  const parts = typeof way === 'string' ? { steps: typed(way) } : way;
  const base = readFileSync(new URL('../fixture-base.yml', import.meta.url), 'utf8');
  const scenario = merge(usualScenario, indent(parts.scenario ?? '', 4), 4);
  const phases = `    phases:
      - id: repair
        title: Repair
        stage: execute
        steps:
${indent(parts.steps ?? usualSteps, 10)}`;
  const scenarios = `scenarios:\n  incident:\n${scenario}${phases}${indent(parts.scenarios ?? '', 2)}`;
  const sections = merge(`${base}${scenarios}`, parts.sections ?? '', 0);
  return sections.replace(/^components:\n((?: .*\n)*)/m, (_, usual: string) => {
    return `components:\n${merge(usual, indent(parts.components ?? '', 2), 2)}`;
  });
}

/** The lines, from 1, that the finding has to be in: one, if the way is well written. */
export function markedLines(way: Way, text: string): number[] {
  const at = typeof way === 'string' ? undefined : way.at;
  return text
    .split('\n')
    .flatMap((line, index) =>
      (at === undefined ? line.endsWith('# <-') : line.trim() === at) ? [index + 1] : [],
    );
}

/** Keys of the second text take the place of the same ones in the first. */
function merge(usual: string, own: string, depth: number): string {
  const entries = (text: string) => text.split(new RegExp(`^(?= {${depth}}[a-zA-Z])`, 'm'));
  const keyOf = (entry: string) => entry.trim().split(':', 1)[0] ?? '';
  const mine = new Set(entries(own).map(keyOf));
  return [...entries(usual).filter(entry => !mine.has(keyOf(entry))), own].join('');
}

function indent(text: string, spaces: number): string {
  const lines = text.replace(/^\n+|\s+$/g, '');
  return lines === '' ? '' : `${lines.replace(/^(?=.)/gm, ' '.repeat(spaces))}\n`;
}

function typed(command: string): string {
  return `- id: do-it
  do: people.task
  with:
    title: Do it
    text: ${JSON.stringify(command)} # <-
    owner: engineer
    within: 10m
`;
}
