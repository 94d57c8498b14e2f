import { didYouMean } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import type { Scenario } from '../schema.ts';
import { childOf } from '../schema-walk.ts';
import type { Complaint } from './complaint.ts';

/** Fields of a run and its incident that expressions can use; `shared/runbook/scope.ts` fills them in. */
const runFields = ['id', 'date', 'startedAt', 'mode', 'scenario', 'system'];
export const incidentFields = ['id', 'startedAt'];

/** What is wrong with a path that starts with run, incident, regions, system, parameters or components. */
export function checkLookUp(
  context: CheckContext,
  scenario: Scenario | undefined,
  names: readonly string[],
): Complaint | undefined {
  const [root, ...rest] = names;
  switch (root) {
    case 'run':
      return oneOf(rest, runFields, 'run');
    case 'incident':
      return oneOf(rest, incidentFields, 'incident');
    case 'regions':
      return oneOf(rest, ['primary', 'recovery'], 'regions');
    case 'system':
      return oneOf(rest, ['id', 'title'], 'system');
    case 'parameters':
      return oneOf(rest, Object.keys(scenario?.parameters ?? {}), 'parameters');
    case 'components':
      return checkComponentPath(context, rest);
    default:
      return undefined;
  }
}

/** One name, which has to be among those that are known. */
export function oneOf(
  rest: readonly string[],
  known: readonly string[],
  owner: string,
): Complaint | undefined {
  const [name = '', ...more] = rest;
  if (known.includes(name) && more.length === 0) return undefined;
  if (known.includes(name)) {
    return { message: `"${owner}.${name}" has no fields`, mend: `Write \${${owner}.${name}}.` };
  }
  const near = nearest(name, known);
  return {
    message: name === '' ? `a field of "${owner}" is missing` : `"${owner}" has no "${name}"`,
    mend: didYouMean(near, known, `Declare "${name}", or leave the expression out.`),
    near,
  };
}

function checkComponentPath(
  { plan, isWritten }: CheckContext,
  rest: readonly string[],
): Complaint | undefined {
  let value: unknown = plan.components;
  for (const [depth, name] of rest.entries()) {
    const inner = childOf(value, name);
    if (inner === undefined && depth === 0 && isWritten('components', name)) return undefined;
    if (inner === undefined) {
      const known = typeof value === 'object' && value !== null ? Object.keys(value) : [];
      const near = nearest(name, known);
      const owner = ['components', ...rest.slice(0, depth)].join('.');
      return {
        message: `"${owner}" has no "${name}"`,
        mend: didYouMean(near, known, 'Shorten the path.'),
        near,
      };
    }
    value = inner;
  }
  return rest.length === 0
    ? { message: 'the id of a component is missing', mend: 'Write ${components.<id>.<field>}.' }
    : undefined;
}
