import type { Measured } from '../report/matrix.ts';
import { fitOf, fits } from './capabilities.ts';
import type { Element } from './elements.ts';
import type { Requirement } from './requirements.ts';

/** One rehearsal and the elements of the plan that it exercised. */
export type Exercise = {
  /** As a person would name it, such as `region-failure/recover`. */
  name: string;
  outcome: string;
  elements: readonly string[];
  /** What it measured; missing when it could not be rehearsed. */
  measured?: Measured;
};

/**
 * carried-out: an element of a fitting sort that a rehearsal exercised. documentation: what is only to be known, and
 * stands in the plan. waived: not carried out, with a reason. claimed: an element names the row, and nothing shows that
 * it does it. uncovered: nothing names it.
 */
export const verdicts = ['carried-out', 'documentation', 'waived', 'claimed', 'uncovered'] as const;
export type Verdict = (typeof verdicts)[number];

export type Judged = Requirement & {
  verdict: Verdict;
  /** Elements that name the row, with the rehearsals that exercised them. */
  by: { element: string; sort: string; kind?: string; rehearsals: string[] }[];
  /** The reason of a waiver, or what is missing. */
  why?: string;
};

export type Trace = { rows: Judged[]; unknown: { id: string; element: string }[] };

export type TraceInput = {
  requirements: readonly Requirement[];
  elements: readonly Element[];
  exercises: readonly Exercise[];
  /** Reasons that silence a lint warning: they say nothing about a requirement. */
  lintWaivers?: ReadonlySet<string>;
};

/** Says for each requirement what carries it out. Pure. */
export function traceRequirements(input: TraceInput): Trace {
  const known = new Set(input.requirements.map(({ id }) => id));
  const unknown = input.elements.flatMap(element =>
    element.implements.filter(id => !known.has(id)).map(id => ({ id, element: element.id })),
  );
  const byRequirement = Map.groupBy(
    input.elements.flatMap(element => element.implements.map(id => ({ id, element }))),
    ({ id }) => id,
  );
  const rehearsals = rehearsalsByElement(input.exercises);
  const rows = input.requirements.map(requirement => {
    const elements = (byRequirement.get(requirement.id) ?? []).map(({ element }) => element);
    const by = elements.map(element => ({
      element: element.id,
      sort: element.sort,
      ...(element.kind !== undefined && { kind: element.kind }),
      rehearsals: rehearsals.get(element.id) ?? [],
    }));
    const isWaived = ({ waived }: Element) => waived !== undefined && !input.lintWaivers?.has(waived);
    return { ...requirement, by, ...judge(requirement, elements, isWaived, rehearsals) };
  });
  return { rows, unknown };
}

function judge(
  { capability }: Requirement,
  elements: readonly Element[],
  isWaived: (element: Element) => boolean,
  rehearsals: ReadonlyMap<string, readonly string[]>,
): { verdict: Verdict; why?: string } {
  if (elements.length === 0) return { verdict: 'uncovered' };
  const meant = elements.filter(element => !isWaived(element));
  if (meant.length === 0) return { verdict: 'waived', why: elements[0]?.waived };
  const fit = fitOf(capability);
  const fitting = meant.filter(element => fits(element, capability));
  const exercised = fitting.some(element => (rehearsals.get(element.id) ?? []).length > 0);
  if (capability !== 'doc' && exercised) return { verdict: 'carried-out' };
  if (!fit.needsRehearsal && fitting.length > 0) return { verdict: 'documentation' };
  if (fitting.length > 0) return { verdict: 'claimed', why: 'no rehearsal exercised it' };
  const named = [...new Set(meant.map(({ sort, kind }) => kind ?? sort))].join(', ');
  return { verdict: 'claimed', why: `${named} can't carry it out: it takes ${fit.wanted}` };
}

function rehearsalsByElement(exercises: readonly Exercise[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name, elements } of exercises) {
    for (const element of elements) found.set(element, [...(found.get(element) ?? []), name]);
  }
  return found;
}

/** How many rows have each verdict. */
export function countVerdicts(rows: readonly Judged[]): Record<Verdict, number> {
  const counts = Object.fromEntries(verdicts.map(verdict => [verdict, 0])) as Record<Verdict, number>;
  for (const { verdict } of rows) counts[verdict] += 1;
  return counts;
}
