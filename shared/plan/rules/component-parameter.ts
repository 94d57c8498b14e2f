import { isJsonObject, type Json } from '../../json.ts';
import type { ComponentType } from '../components.ts';
import { hasExpression } from '../expression.ts';
import { didYouMean, type Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import type { PlacedStep } from '../scenario-view.ts';

/**
 * The component that a parameter names, ready for the action's schema, or what is wrong with it: the component has to
 * exist and to be of the type that the action works on. `value` has its `${components…}` filled in.
 */
export function checkComponentParameter(
  { plan, isWritten }: CheckContext,
  { step, path }: PlacedStep,
  name: string,
  value: Json,
  types: ComponentType | readonly ComponentType[],
): { value: Json } | { problems: Problem[] } {
  const wanted = typeof types === 'string' ? [types] : types;
  const place = [...path, 'with', name];
  const problem = (rule: string, message: string, mend: string, near?: string): { problems: Problem[] } => ({
    problems: [{ rule, severity: 'error', path: place, message, mend, near }],
  });
  if (isJsonObject(value)) return { value };
  const fitting = Object.keys(plan.components).filter(id =>
    wanted.some(type => plan.components[id]?.type === type),
  );
  if (typeof value !== 'string' || hasExpression(value)) {
    const message = `"${name}" of the step "${step.id}" must be the id of a component`;
    return problem('wrong-type', message, didYouMean(undefined, fitting, 'Declare it under "components".'));
  }
  const component = Object.hasOwn(plan.components, value) ? plan.components[value] : undefined;
  if (component === undefined) {
    if (isWritten('components', value)) return { problems: [] };
    const near = nearest(value, fitting) ?? nearest(value, Object.keys(plan.components));
    const mend = didYouMean(near, fitting, `Declare one of type ${wanted.join(' or ')} under "components".`);
    return problem('unknown-component', `There is no component "${value.slice(0, 60)}"`, mend, near);
  }
  if (!wanted.includes(component.type)) {
    const message = `${step.do} works on ${wanted.join(' or ')}, and "${value}" is of type ${component.type}`;
    const near = nearest(value, fitting) ?? (fitting.length === 1 ? fitting[0] : undefined);
    return problem('topology-mismatch', message, didYouMean(near, fitting, 'Use another kind.'), near);
  }
  return { value: component };
}
