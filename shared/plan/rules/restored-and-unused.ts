import type { CheckContext, LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import { textsIn } from './texts.ts';

export const restoredAndUnused: LintRule = {
  id: 'restored-and-unused',
  severity: 'warning',
  reason:
    'What is restored has a new address; until somebody is told, applications go on asking the old one.',
  check: context =>
    context.scenarios.flatMap(view =>
      view.steps.flatMap(placed => {
        const { step, traits, path, modes } = placed;
        if (!traits.includes('makes-new') || !modes.includes('recover')) return [];
        if (isUsed(context, view, placed)) return [];
        return [
          {
            rule: restoredAndUnused.id,
            severity: 'warning' as const,
            path: [...path, 'do'],
            message: `No later step puts into service what the step "${step.id}" makes`,
            mend: `Write \${steps.${step.id}.endpoint} to where applications read it (secrets.put-value, ssm.put-parameter) and restart them, or take its place with rds.cutover.`,
          },
        ];
      }),
    ),
};

/** Whether a step that changes something, or a person, is given what it puts out. To look at it is no use of it. */
function isUsed({ actions }: CheckContext, { steps }: ScenarioView, made: PlacedStep): boolean {
  return steps.some(later => {
    const { step } = later;
    const uses = actions[step.do]?.mutates || step.do.startsWith('people.');
    return (
      uses &&
      isBefore(made, later) &&
      textsIn(step.with).some(({ text }) => text.includes(`\${steps.${made.step.id}.`))
    );
  });
}
