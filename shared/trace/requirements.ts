import { nearest } from '../plan/nearest.ts';
import { capabilityWords } from './capabilities.ts';

/** One row of a system's requirement table. */
export type Requirement = {
  /** Such as `LA-084`. */
  id: string;
  section: string;
  /** What the plan as people wrote it prescribes. */
  what: string;
  /** What carries it out: an action kind such as `k8s.scale`, or a word such as `trigger`, `schedule`, `doc`. */
  capability: string;
  /** Line in the table's file, from 1. */
  line: number;
};

export type RequirementTable = { rows: Requirement[]; problems: { line: number; message: string }[] };

const idPattern = /^[A-Z][A-Z0-9]*-\d+$/;

/**
 * Reads the table `| id | section | what | capability |` of a `requirements.md`. Text around it and rows whose first
 * cell is no id are left alone; a row without all four cells, an id that is there twice, or a
 * capability that there is not, is a problem.
 */
export function parseRequirements(markdown: string): RequirementTable {
  const rows: Requirement[] = [];
  const problems: RequirementTable['problems'] = [];
  const seen = new Set<string>();
  for (const [index, text] of markdown.split(/\r?\n/).entries()) {
    const line = index + 1;
    const cells = cellsOf(text);
    const [id = '', section, ...rest] = cells;
    if (!idPattern.test(id)) continue;
    const capability = rest.pop();
    if (section === undefined || capability === undefined || rest.length === 0) {
      problems.push({ line, message: `The row ${id} needs four cells: id, section, what, capability` });
      continue;
    }
    if (seen.has(id)) {
      problems.push({ line, message: `The row ${id} is in the table twice` });
      continue;
    }
    seen.add(id);
    const unknown = unknownCapability(id, capability);
    if (unknown) problems.push({ line, message: unknown });
    rows.push({ id, section, what: rest.join(' | '), capability, line });
  }
  return { rows, problems };
}

/** A kind of action has a dot in its name; every other capability is one of a few words. */
function unknownCapability(id: string, capability: string): string | undefined {
  if (capability.includes('.') || capabilityWords.includes(capability)) return undefined;
  const guess = nearest(capability, capabilityWords);
  const mend = guess
    ? `Did you mean "${guess}"?`
    : `It is a kind of action, such as k8s.scale, or one of ${capabilityWords.join(', ')}.`;
  return `The row ${id} has the capability "${capability}", which there is not. ${mend}`;
}

/** Cells of a Markdown row; a bar inside of code or behind a backslash is text. */
function cellsOf(line: string): string[] {
  if (!line.trimStart().startsWith('|')) return [];
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map(cell => cell.replaceAll('\\|', '|').trim());
}
