import type { LintRule } from '../lint-rule.ts';

export const drillInProduction: LintRule = {
  id: 'drill-in-production',
  severity: 'warning',
  reason:
    'A planned run changes production for real; by the clock it does so without anybody who has decided it.',
  check: ({ plan, scenarios, actions }) =>
    Object.entries(plan.calendar).flatMap(([id, { does }]) => {
      if (does.type !== 'drill' || does.mode !== 'planned') return [];
      const view = scenarios.find(each => each.id === does.scenario);
      const planned = view?.steps.filter(({ modes }) => modes.includes('planned')) ?? [];
      const changes = planned.find(({ step }) => actions[step.do]?.mutates && !step.do.startsWith('notify.'));
      if (!changes || planned.some(({ step }) => step.do === 'people.approval')) return [];
      return [
        {
          rule: drillInProduction.id,
          severity: 'warning' as const,
          path: ['calendar', id, 'does', 'mode'],
          message: `"${id}" carries out "${does.scenario}" in production by the clock, and nobody is asked`,
          mend: 'Write "mode: drill", which works on copies and takes everything back; or put a people.approval before the first change.',
        },
      ];
    }),
};
