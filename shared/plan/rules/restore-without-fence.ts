import type { LintRule } from '../cross-check.ts';
import type { Problem } from '../finding.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import type { Plan } from '../schema.ts';

export const restoreWithoutFence: LintRule = {
  id: 'restore-without-fence',
  severity: 'error',
  reason:
    'When the lost region comes back there are two databases that take writes, and nobody can say which one is right.',
  check: context =>
    context.scenarios.flatMap(view =>
      view.steps
        .filter(({ step }) => step.do === 'rds.restore')
        .flatMap(placed => unfenced(context.plan, view, placed)),
    ),
};

/** Drills restore an isolated copy and leave the writer alone; a dry run restores nothing. */
function unfenced(plan: Plan, view: ScenarioView, restore: PlacedStep): Problem[] {
  const { target } = restore.step.with;
  const component =
    typeof target === 'string' && Object.hasOwn(plan.components, target)
      ? plan.components[target]
      : undefined;
  if (component?.type !== 'rds-restore-target') return [];
  const source = Object.hasOwn(plan.components, component.source)
    ? plan.components[component.source]
    : undefined;
  if (source?.type !== 'rds-instance') return [];
  const real = restore.modes.filter(mode => mode === 'recover' || mode === 'planned');
  const fences = view.steps.filter(
    placed =>
      placed.step.do === 'rds.fence' &&
      placed.step.with.database === component.source &&
      placed.step.onFailure !== 'continue' &&
      isBefore(placed, restore),
  );
  const open = real.filter(mode => !fences.some(fence => fence.modes.includes(mode)));
  if (open.length === 0) return [];
  return [
    {
      rule: restoreWithoutFence.id,
      severity: 'error',
      path: [...restore.path, 'do'],
      message: `The step "${restore.step.id}" brings up a second writer while "${component.source}" may still be one (mode ${open.join(', ')})`,
      mend: `Put an rds.fence with "database: ${component.source}" before it.`,
    },
  ];
}
