import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import type { PlacedStep, ScenarioView } from '../scenario-view.ts';

export const riskNobodyAccepted: LintRule = {
  id: 'risk-nobody-accepted',
  severity: 'error',
  reason:
    'A risk that the plan itself accepts was accepted by nobody who knows of this outage; the run would go on beside a writer that nobody could stop, and no name would stand for it.',
  check: context => context.scenarios.flatMap(view => view.steps.flatMap(placed => unaccepted(view, placed))),
};

/** Only what an approval of the same run puts out counts: it has the name of the person who gave it. */
function unaccepted(view: ScenarioView, { step, path }: PlacedStep): Problem[] {
  const { acceptedRisks } = step.with;
  if (acceptedRisks === undefined) return [];
  if (Array.isArray(acceptedRisks) && acceptedRisks.length === 0) return [];
  const [, id = ''] = /^\$\{\s*steps\.([^.\s]+)\.accepted\s*\}$/.exec(String(acceptedRisks)) ?? [];
  if (view.byId.get(id)?.step.do === 'people.approval') return [];
  const approval = view.steps.find(({ step: { do: kind } }) => kind === 'people.approval')?.step.id;
  return [
    {
      rule: riskNobodyAccepted.id,
      severity: 'error',
      path: [...path, 'with', 'acceptedRisks'],
      message: `The step "${step.id}" takes risks as accepted that nobody is asked about`,
      mend: approval
        ? `Write \${steps.${approval}.accepted}, and name the risk under "accepts" there.`
        : 'Put a people.approval with "accepts" before it, and write ${steps.<its id>.accepted}.',
    },
  ];
}
