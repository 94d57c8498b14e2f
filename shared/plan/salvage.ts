import type * as z from 'zod';
import { withComponentIds } from './load.ts';
import { type Plan, planSchema } from './schema.ts';
import { childOf, valueAt } from './schema-walk.ts';

const rounds = 6;

/**
 * What is left of a plan without the parts that have findings of their own, so that references between the other
 * parts can be checked in the same go. Undefined when too much is missing. First a wrong value is removed, then,
 * if it was needed, the smallest entry around it: a step's scenario, a person, a component.
 */
export function salvage(raw: unknown): Plan | undefined {
  const value: unknown = structuredClone(raw);
  for (let round = 0; round < rounds; round++) {
    const result = planSchema.safeParse(value);
    if (result.success) return withComponentIds(result.data);
    for (const issue of result.error.issues) removeWrong(value, issue);
  }
  return undefined;
}

function removeWrong(root: unknown, issue: z.core.$ZodIssue): void {
  const path = issue.path.map(key => (typeof key === 'number' ? key : String(key)));
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) remove(root, [...path, key]);
    return;
  }
  const isEntry = path.length <= 2;
  if (valueAt(root, path) !== undefined && !(isEntry && path.length < 2) && typeof path.at(-1) === 'string') {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) {
      remove(root, path);
      return;
    }
  }
  // Something needed is missing: the entry of the section that it belongs to goes.
  if (path.length > 2) remove(root, path.slice(0, 2));
}

function remove(root: unknown, path: readonly (string | number)[]): void {
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1);
  if (
    key === undefined ||
    childOf(parent, key) === undefined ||
    typeof parent !== 'object' ||
    parent === null
  )
    return;
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}
