import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import { componentsOf } from './step-facts.ts';

/** Whether a step brings something up; what is made smaller or stopped needs nothing. */
function startsPods({ step }: PlacedStep): boolean {
  const { replicas, count } = step.with;
  if (step.do === 'k8s.scale') return replicas !== 0;
  return step.do === 'ecs.scale-service' && count !== 0;
}

export const startsBeforeItsDatabase: LintRule = {
  id: 'starts-before-its-database',
  severity: 'warning',
  reason:
    'A pod reads where its database is when it starts: one that starts before finds none, or the old one.',
  check: context =>
    context.scenarios.flatMap(view =>
      realStarts(view).flatMap(placed => {
        const uses = componentsOf(context, placed).flatMap(({ component }) =>
          'uses' in component ? (component.uses ?? []) : [],
        );
        const late = view.steps.find(
          ({ step, traits, modes }) =>
            traits.includes('makes-new') &&
            modes.includes('recover') &&
            uses.includes(String(step.with.target)),
        );
        if (!late || isBefore(late, placed)) return [];
        return [
          {
            rule: startsBeforeItsDatabase.id,
            severity: 'warning' as const,
            path: [...placed.path, 'do'],
            message: `The step "${placed.step.id}" starts what uses "${String(late.step.with.target)}", which "${late.step.id}" has not made by then`,
            mend: 'Put it behind that step, and behind the one that writes the new endpoint to where pods read it.',
          },
        ];
      }),
    ),
};

export const podsBeforeNodes: LintRule = {
  id: 'pods-before-nodes',
  severity: 'warning',
  reason:
    'A standby cluster has few nodes: pods that come before their nodes stay Pending until the step times out.',
  check: context =>
    context.scenarios.flatMap(view =>
      realStarts(view).flatMap(placed => {
        const [pods] = componentsOf(context, placed).map(({ component }) => component);
        if (!pods || !('cluster' in pods)) return [];
        const grows = view.steps.filter(
          other =>
            other.step.do === 'eks.scale-nodegroup' &&
            other.modes.includes('recover') &&
            componentsOf(context, other).some(
              ({ component }) =>
                'cluster' in component &&
                component.cluster === pods.cluster &&
                component.region === pods.region,
            ),
        );
        const late = grows.find(grow => !isBefore(grow, placed));
        if (!late || late.step.with.size === 0 || grows.some(grow => isBefore(grow, placed))) return [];
        return [
          {
            rule: podsBeforeNodes.id,
            severity: 'warning' as const,
            path: [...placed.path, 'do'],
            message: `The step "${placed.step.id}" starts pods in "${pods.cluster}" before "${late.step.id}" has made room for them`,
            mend: 'Put eks.scale-nodegroup before it: it is done when the nodes are Ready.',
          },
        ];
      }),
    ),
};

function realStarts({ steps }: ScenarioView): PlacedStep[] {
  return steps.filter(placed => startsPods(placed) && placed.modes.includes('recover'));
}
