import type { Problem } from './finding.ts';
import { withComponentIds } from './load.ts';
import { type Plan, planSchema } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { childOf, type PropertyKeyPath, valueAt } from './schema-walk.ts';

/** Each round mends or removes something; what is not right after these is given up. */
const rounds = 6;

/** Values that keep the rest of the plan checkable when the part itself is missing; nothing is decided by them. */
const standIns: Record<string, unknown> = {
  lifeboat: 1,
  'system.id': 'unknown',
  'system.title': 'Unknown',
  'system.owner': 'Unknown',
  'system.version': '0',
  'system.reviewed': '2000-01-01',
  system: {},
  'objectives.rto': '5000w',
  'objectives.rpo': '5000w',
  objectives: {},
  severities: {},
  components: {},
  people: {},
  channels: {},
  audiences: {},
  scenarios: {},
};

/**
 * A plan with findings of its own, mended as the findings suggest or without the parts that can't be, so that the
 * references between the other parts are checked in the same go. Lists are never shortened: places have to stay.
 * Undefined when too much is wrong.
 */
export function salvage(raw: unknown): Plan | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const value: unknown = structuredClone(raw);
  for (let round = 0; round < rounds; round++) {
    const result = planSchema.safeParse(value);
    if (result.success) return withComponentIds(result.data);
    for (const problem of schemaProblems(planSchema, value, result.error.issues)) mend(value, problem);
  }
  return undefined;
}

function mend(root: unknown, { rule, path, near }: Problem): void {
  const value = valueAt(root, path);
  if (rule === 'missing-key') {
    const standIn = standIns[path.join('.')];
    if (standIn === undefined) remove(root, path.slice(0, 2));
    else set(root, path, structuredClone(standIn));
    return;
  }
  if (near !== undefined && (rule === 'unknown-key' || rule === 'bad-id')) {
    const meant = [...path.slice(0, -1), near];
    if (valueAt(root, meant) === undefined) set(root, meant, value);
    remove(root, path);
    return;
  }
  if (near !== undefined && rule === 'unknown-value') set(root, path, near);
  else if (rule === 'wrong-type' && (typeof value === 'number' || typeof value === 'boolean')) {
    set(root, path, String(value));
  } else remove(root, path);
}

function set(root: unknown, path: PropertyKeyPath, value: unknown): void {
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1);
  if (typeof parent === 'object' && parent !== null && key !== undefined) Reflect.set(parent, key, value);
}

/** Removes the key, or the list that an item is in. */
function remove(root: unknown, path: PropertyKeyPath): void {
  const last = path.findLastIndex(key => typeof key === 'string');
  const parent = valueAt(root, path.slice(0, Math.max(0, last)));
  const key = path[last];
  if (key === undefined || childOf(parent, key) === undefined) return;
  if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, key);
}
