import type { CheckContext, LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import { componentsOf } from './step-facts.ts';

export const secretAfterPods: LintRule = {
  id: 'secret-after-pods',
  severity: 'warning',
  reason: 'Pods read their Secret when they start: what comes after it is missing, or is read by nobody.',
  check: context =>
    context.scenarios.flatMap(view =>
      view.steps.flatMap(placed => {
        const { step, path, modes } = placed;
        if (step.do !== 'k8s.create-secret' || !modes.includes('recover')) return [];
        const early = view.steps.find(
          other => starts(other) && isBefore(other, placed) && sameNamespace(context, other, placed),
        );
        if (!early || isReadAgain(context, view, placed)) return [];
        return [
          {
            rule: secretAfterPods.id,
            severity: 'warning' as const,
            path: [...path, 'do'],
            message: `The step "${step.id}" makes a Secret after "${early.step.id}" has started pods in its namespace`,
            mend: 'Put it before them, or restart them behind it with k8s.rollout-restart.',
          },
        ];
      }),
    ),
};

const starts = ({ step, modes }: PlacedStep) =>
  step.do === 'k8s.scale' && step.with.replicas !== 0 && modes.includes('recover');
const restarts = new Set([
  'k8s.rollout-restart',
  'k8s.set-image',
  'k8s.set-env',
  'k8s.apply',
  'k8s.delete-pod',
]);

function isReadAgain(context: CheckContext, { steps }: ScenarioView, secret: PlacedStep): boolean {
  return steps.some(
    placed =>
      isBefore(secret, placed) &&
      (starts(placed) || restarts.has(placed.step.do)) &&
      (placed.step.do === 'k8s.apply' || sameNamespace(context, placed, secret)),
  );
}

function sameNamespace(context: CheckContext, one: PlacedStep, other: PlacedStep): boolean {
  const [first, second] = [one, other].map(placed => {
    const found = componentsOf(context, placed).find(({ component }) => 'namespace' in component)?.component;
    return found && 'namespace' in found && 'cluster' in found
      ? `${found.region}/${found.cluster}/${found.namespace}`
      : undefined;
  });
  return first !== undefined && first === second;
}
