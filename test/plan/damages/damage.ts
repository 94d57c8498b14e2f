import { checkPlan } from '../../../shared/plan/check.ts';
import type { Finding } from '../../../shared/plan/finding.ts';

/** One way to damage the plan of LIQUID ABT, and what has to be found. */
export type Damage = {
  name: string;
  /** Text that occurs in the plan; the first occurrence after `after` is replaced. */
  find: string;
  put: string;
  after?: string;
  rule: string;
  near?: string;
  /** Text in the damaged plan that stands in the line of the finding; the damage itself otherwise. */
  at?: string;
};

export const damage = (
  name: string,
  find: string,
  put: string,
  rule: string,
  more: Partial<Damage> = {},
): Damage => ({
  name,
  find,
  put,
  rule,
  ...more,
});

/** The text with the damage done, and the line (from 1) where it has to be found. */
export function apply(text: string, { name, find, put, after, at }: Damage): { text: string; line: number } {
  const start = text.indexOf(find, after === undefined ? 0 : text.indexOf(after));
  if (start < 0) throw new Error(`The plan no longer has the text that "${name}" damages: ${find}`);
  const damaged = text.slice(0, start) + put + text.slice(start + find.length);
  const offset = at === undefined ? start + (put.length - put.trimStart().length) : damaged.indexOf(at);
  if (offset < 0) throw new Error(`The damaged plan does not have the text of "${name}": ${at}`);
  const lead = at === undefined ? 0 : at.length - at.trimStart().length;
  return { text: damaged, line: damaged.slice(0, offset + lead).split('\n').length };
}

const known = new Map<string, Promise<Finding[]>>();

/** What `validate` finds in a plan. It is asked once for each text: the page of rules shows what the tests damage. */
export function findingsIn(text: string): Promise<Finding[]> {
  const found = known.get(text) ?? checkPlan({ text, file: 'plan.yml' }).then(({ findings }) => findings);
  known.set(text, found);
  return found;
}
