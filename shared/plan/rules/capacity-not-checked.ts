import type { CheckContext, LintRule } from '../lint-rule.ts';
import { lostRegion } from './step-facts.ts';

export const capacityNotChecked: LintRule = {
  id: 'capacity-not-checked',
  severity: 'warning',
  reason:
    'Quotas and instance types of a region that stands by are found to be too small when everybody asks for them.',
  check: context => {
    if (context.partial || isLookedAt(context)) return [];
    return context.scenarios.flatMap(view => {
      if (lostRegion(context.plan, view) === undefined || isDrilled(context, view.id)) return [];
      const growing = view.steps.find(
        ({ traits, modes }) => traits.includes('needs-capacity') && modes.includes('recover'),
      );
      if (!growing) return [];
      return [
        {
          rule: capacityNotChecked.id,
          severity: 'warning' as const,
          path: [...growing.path, 'do'],
          message: `The step "${growing.step.id}" needs room in the recovery region, and nothing ever looks whether there is any`,
          mend: 'Check it every week: a scenario with quota.check, and a calendar entry of type check for it; or drill this one.',
        },
      ];
    });
  },
};

function isLookedAt({ scenarios }: CheckContext): boolean {
  return scenarios.some(({ steps }) => steps.some(({ step }) => step.do === 'quota.check'));
}

/** A drill brings the standby up for real, which no quota survives that is too small. */
function isDrilled({ plan }: CheckContext, id: string): boolean {
  return Object.values(plan.calendar).some(
    ({ does }) => does.type === 'drill' && does.scenario === id && does.mode !== 'dry-run',
  );
}
