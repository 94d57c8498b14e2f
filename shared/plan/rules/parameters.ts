import * as z from 'zod';
import type { Action } from '../../actions/contract.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Json, JsonObject } from '../../json.ts';
import { hasExpression, resolveStatic } from '../expression.ts';
import { didYouMean, type Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import type { PlacedStep, ScenarioView } from '../scenario-view.ts';
import type { Scenario } from '../schema.ts';
import { schemaProblems } from '../schema-problems.ts';
import { valueAt } from '../schema-walk.ts';
import { parseTemplate } from '../template.ts';
import { checkComponentParameter } from './component-parameter.ts';
import { checkNamedParameters } from './named-parameters.ts';

/** Parameters of a step have to be what its action takes, as far as that can be told before a run. */
export function checkParameters(context: CheckContext): Problem[] {
  return context.scenarios.flatMap(view =>
    view.steps.flatMap(placed => {
      const action = Object.hasOwn(context.actions, placed.step.do)
        ? context.actions[placed.step.do]
        : undefined;
      if (action === undefined) return [];
      return [
        ...checkStepParameters(context, view, placed, action),
        ...checkNamedParameters(context, view, placed),
      ];
    }),
  );
}

function checkStepParameters(
  context: CheckContext,
  view: ScenarioView,
  placed: PlacedStep,
  action: Action,
): Problem[] {
  const known = Object.keys(action.parameters.shape);
  const problems: Problem[] = [];
  const resolved: JsonObject = {};
  /** Parameters with a problem of their own, or mistyped ones, about which the schema has nothing to add. */
  const settled = new Set<string>();
  for (const [name, value] of Object.entries(placed.step.with)) {
    if (!known.includes(name)) {
      const problem = unknownParameter(placed, action, known, name);
      problems.push(problem);
      if (problem.near !== undefined) settled.add(problem.near);
      continue;
    }
    const filled = tryResolve(value, context);
    resolved[name] = filled ?? value;
    if (filled === undefined) settled.add(name);
    const types = Object.hasOwn(action.components, name) ? action.components[name] : undefined;
    if (types === undefined || filled === undefined) continue;
    const component = checkComponentParameter(context, placed, name, filled, types);
    if ('problems' in component) {
      problems.push(...component.problems);
      settled.add(name);
    } else resolved[name] = component.value;
  }
  return [...problems, ...misfits(view, placed, action, resolved, settled)];
}

function unknownParameter(
  { step, path }: PlacedStep,
  action: Action,
  known: string[],
  name: string,
): Problem {
  const near =
    nearest(
      name,
      known.filter(each => !Object.hasOwn(step.with, each)),
    ) ?? nearest(name, known);
  return {
    rule: 'unknown-parameter',
    severity: 'error',
    path: [...path, 'with', name],
    at: 'key',
    message: `${action.kind} has no parameter "${name.slice(0, 60)}"`,
    mend: didYouMean(near, known, 'Remove it.'),
    near,
  };
}

/** Undefined for a value whose expressions have no value; the check of expressions says why. */
function tryResolve(value: Json, { plan }: CheckContext): Json | undefined {
  try {
    return resolveStatic(value, plan);
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** What the action's own schema says, without what depends on an expression that only a run resolves. */
function misfits(
  { scenario }: ScenarioView,
  { step, path }: PlacedStep,
  action: Action,
  resolved: JsonObject,
  settled: Set<string>,
): Problem[] {
  const result = action.parameters.safeParse(resolved);
  if (result.success) {
    const reasons = settled.size > 0 ? [] : (action.contradictions?.(result.data) ?? []);
    return reasons.map(({ what, mend }) => ({
      rule: 'refused-in-any-case',
      severity: 'error' as const,
      path: [...path, 'do'],
      message: `The step "${step.id}" is refused in every run: ${what.replace(/\.$/, '')}`,
      mend,
    }));
  }
  const issues = result.error.issues.filter(issue => {
    if (settled.has(String(issue.path[0]))) return false;
    if (issue.code === 'unrecognized_keys' && issue.path.length === 0) return false;
    const names = issue.path.map(key => (typeof key === 'number' ? key : String(key)));
    const above = names.map((_, depth) => valueAt(resolved, names.slice(0, depth + 1)));
    const open = above.find(value => typeof value === 'string' && hasExpression(value));
    if (typeof open === 'string') {
      const type = typeInRun(open, scenario);
      return issue.code === 'invalid_type' && type !== undefined && issue.expected !== type;
    }
    return issue.code !== 'custom' || !holdsExpression(valueAt(resolved, names));
  });
  const problems = schemaProblems(
    z.object(action.parameters.shape),
    resolved,
    issues,
    `the step "${step.id}"`,
  );
  return problems.map(problem => ({ ...problem, path: [...path, 'with', ...problem.path] }));
}

/**
 * What a text with expressions is in every run: text as soon as there is more in it than one expression, and what a
 * parameter of the scenario is. What a step puts out may be anything.
 */
function typeInRun(text: string, scenario: Scenario): 'string' | 'number' | 'boolean' | undefined {
  const parsed = parseTemplate(text);
  if (!parsed.ok) return undefined;
  const [only] = parsed.parts;
  if (parsed.parts.length > 1 || !only || !('expression' in only)) return 'string';
  const { path, shiftSeconds } = only.expression;
  const [root = '', name = ''] = path;
  if (root === 'run' || root === 'incident' || shiftSeconds !== undefined) return 'string';
  if (root !== 'parameters' || !Object.hasOwn(scenario.parameters, name)) return undefined;
  const type = typeof scenario.parameters[name]?.default;
  return type === 'number' || type === 'boolean' ? type : 'string';
}

function holdsExpression(value: unknown): boolean {
  if (typeof value === 'string') return hasExpression(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsExpression);
}
