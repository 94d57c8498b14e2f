import type { Plan } from '../plan/schema.ts';
import type { Mode } from '../runbook/contract.ts';
import { authority } from './templates/authority.ts';
import { executive } from './templates/executive.ts';
import { inside } from './templates/inside.ts';
import { outside } from './templates/outside.ts';
import { plannedInside, plannedOutside } from './templates/planned.ts';
import type { Template } from './templates/template.ts';

export type { Template };

/** Who reads it: people who work on it, who answer for it, who are told how it concerns them, or an authority. */
type Reader = 'inside' | 'executive' | 'outside' | 'authority';
const readers: Record<string, Reader> = {
  technical: 'inside',
  executive: 'executive',
  customer: 'outside',
  partner: 'outside',
  regulator: 'authority',
};

/**
 * The template of a message: the plan's own for this information level (`update-customer`), the plan's own
 * (`update`), or the built-in one for this kind of reader. Undefined for a name that nobody knows.
 */
export function templateOf(
  plan: Pick<Plan, 'templates'>,
  name: string,
  information: string,
  mode: Mode = 'recover',
): Template | undefined {
  const [own] = templateNames(name, information, mode).flatMap(each => plan.templates[each] ?? []);
  return own ?? defaultTemplate(name, information, mode);
}

/**
 * Names under which the plan may have its own text, the first one goes before the others. In a planned move those of an
 * outage are left out where there is another text: they say that something is wrong.
 */
export function templateNames(name: string, information: string, mode: Mode): string[] {
  const ofOutage = [`${name}-${information}`, name];
  if (mode !== 'planned') return ofOutage;
  const own = [`${name}-planned-${information}`, `${name}-planned`];
  return plannedTemplate(name, information) ? own : [...own, ...ofOutage];
}

function plannedTemplate(name: string, information: string): Template | undefined {
  const reader = readers[information] ?? 'inside';
  const texts = reader === 'outside' || reader === 'authority' ? plannedOutside : plannedInside;
  return texts[name];
}

/** The built-in template of a name; undefined where there is none. */
export function defaultTemplate(
  name: string,
  information: string,
  mode: Mode = 'recover',
): Template | undefined {
  const planned = mode === 'planned' ? plannedTemplate(name, information) : undefined;
  if (planned) return planned;
  const reader = readers[information] ?? 'inside';
  if (reader === 'authority') return authority[name] ?? outside[name] ?? inside[name];
  if (reader === 'executive') return executive[name] ?? inside[name];
  return (reader === 'outside' ? outside[name] : undefined) ?? inside[name];
}

/** Names of the built-in templates. */
export const defaultTemplateNames: readonly string[] = Object.keys(inside);
