import type { LintRule } from '../lint-rule.ts';
import { isBefore } from '../scenario-view.ts';
import { bringsUpWriter, lostRegion } from './step-facts.ts';

export const standbyTakesUsersEarly: LintRule = {
  id: 'standby-takes-users-early',
  severity: 'warning',
  reason:
    'Global Accelerator sends users to the other region by itself when one is ill, whatever the traffic dial says: a dial of 0 keeps nobody away from a standby that is not the writer yet, a weight of 0 does.',
  check: ({ plan, scenarios }) => {
    const found = new Set<string>();
    return scenarios.flatMap(view => {
      if (lostRegion(plan, view) !== plan.regions.primary) return [];
      return view.steps.flatMap(moved => {
        const { accelerator: id, to } = moved.step.with;
        if (moved.step.do !== 'globalaccelerator.shift-traffic' || to !== 'recovery') return [];
        const component = typeof id === 'string' ? plan.components[id] : undefined;
        if (typeof id !== 'string' || component?.type !== 'accelerator' || component.recovery.weight === 0)
          return [];
        const writer = view.steps.find(placed => bringsUpWriter(placed) && isBefore(placed, moved));
        if (!writer || found.has(id)) return [];
        found.add(id);
        return [
          {
            rule: standbyTakesUsersEarly.id,
            severity: 'warning' as const,
            path: ['components', id, 'recovery'],
            message: `Users of "${id}" are sent to ${plan.regions.recovery} as soon as ${plan.regions.primary} is ill, before "${writer.step.id}" has made a writer there`,
            mend: 'Give its endpoint the weight 0 in AWS, and write "weight: 0" here; globalaccelerator.shift-traffic opens it.',
          },
        ];
      });
    });
  },
};
