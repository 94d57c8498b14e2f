import type { CheckContext, LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import { componentsOf } from './step-facts.ts';
import { textsIn } from './texts.ts';

export const execAfterScaleToZero: LintRule = {
  id: 'exec-after-scale-to-zero',
  severity: 'error',
  reason: 'A deployment without pods has nothing to run a command in.',
  check: context =>
    context.scenarios.flatMap(view =>
      view.steps.flatMap(placed => {
        const target = executedIn(context, placed);
        if (target === undefined || !isAtZero(context, view, placed, target)) return [];
        return [
          {
            rule: execAfterScaleToZero.id,
            severity: 'error' as const,
            path: [...placed.path, 'do'],
            message: `The step "${placed.step.id}" runs a command in "${target}", which has no pods by then`,
            mend: 'Use k8s.run, which starts a pod of its own, or scale up before it.',
          },
        ];
      }),
    ),
};

/** Name of the deployment that a command is run in. */
function executedIn(context: CheckContext, placed: PlacedStep): string | undefined {
  if (placed.step.do === 'k8s.exec') return deploymentOf(context, placed);
  const [, name] = match(placed, /\bkubectl\s+exec\b[^|;&]*?\bdeploy(?:ment)?\/([\w-]+)/);
  return name;
}

function deploymentOf(context: CheckContext, placed: PlacedStep): string | undefined {
  return workloadOf(context, placed)?.name;
}

/** The deployment or stateful set that a step names; others may have its name in other clusters. */
function workloadOf(context: CheckContext, placed: PlacedStep) {
  return componentsOf(context, placed).flatMap(({ component }) =>
    component.type === 'k8s-deployment' || component.type === 'k8s-statefulset' ? [component] : [],
  )[0];
}

/** Two steps are about the same workload unless both say that theirs are in different places. */
function mayBeSame(context: CheckContext, one: PlacedStep, other: PlacedStep): boolean {
  const [first, second] = [workloadOf(context, one), workloadOf(context, other)];
  const place = (of: typeof first) => of && `${of.region}/${of.cluster}/${of.namespace}`;
  return first === undefined || second === undefined || place(first) === place(second);
}

function match({ step }: PlacedStep, pattern: RegExp): RegExpExecArray | never[] {
  for (const { text } of textsIn(step.with)) {
    const found = pattern.exec(text.replaceAll(/\\\s*\n\s*/g, ' '));
    if (found) return found;
  }
  return [];
}

/** Whether the last step that certainly scaled it before this one scaled it to 0. */
function isAtZero(context: CheckContext, view: ScenarioView, at: PlacedStep, name: string): boolean {
  const scaled = view.steps.flatMap(placed => {
    if (!isBefore(placed, at)) return [];
    if (
      placed.step.do === 'k8s.scale' &&
      deploymentOf(context, placed) === name &&
      mayBeSame(context, placed, at)
    )
      return [placed.step.with.replicas === 0];
    const [all] = match(
      placed,
      /\bkubectl\b[^|;&]*\sscale\s(?=[^|;&]*\s--all\b)[^|;&]*--replicas[= ]0\b[^|;&]*/,
    );
    if (all !== undefined) return [true];
    const [, typed, replicas] = match(
      placed,
      /\bkubectl\b[^|;&]*\sscale\s+deploy(?:ment)?[\s/]([\w-]+)\b[^|;&]*--replicas[= ](\d+)/,
    );
    return typed === name ? [replicas === '0'] : [];
  });
  return scaled.at(-1) ?? false;
}
