import type { LintRule } from '../lint-rule.ts';
import { isBreach } from './step-facts.ts';

export const regulatorNotTold: LintRule = {
  id: 'regulator-not-told',
  severity: 'warning',
  reason:
    'The clock of a notifiable breach (72 hours under the GDPR) runs from the moment that it is known, not from the report.',
  check: ({ plan, scenarios }) =>
    scenarios.flatMap(view => {
      const { id, scenario, path, steps } = view;
      if (!isBreach(view)) return [];
      const sent = steps.map(({ step }) => step.with.audience);
      const told = [...scenario.audiences, ...sent].some(
        audience => typeof audience === 'string' && plan.audiences[audience]?.information === 'regulator',
      );
      if (told) return [];
      return [
        {
          rule: regulatorNotTold.id,
          severity: 'warning',
          path: scenario.disaster ? [...path, 'disaster'] : path,
          at: 'key',
          message: `"${id}" is a breach, and no audience with "information: regulator" is told of it`,
          mend: 'Add such an audience with its deadline, or say under "waived" why nobody has to be told.',
        },
      ];
    }),
};
