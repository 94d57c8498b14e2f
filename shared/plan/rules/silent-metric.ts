import type { LintRule } from '../lint-rule.ts';
import { silencedBy } from '../silent-metrics.ts';

export const silentMetric: LintRule = {
  id: 'silent-metric',
  severity: 'warning',
  reason:
    'Of what is gone CloudWatch has no metric any more, so that the alarm which is to tell of its loss never fires.',
  check: ({ plan, scenarios }) =>
    scenarios.flatMap(({ id, scenario: { disaster, trigger } }) =>
      (trigger?.signals ?? []).flatMap((name, at) => {
        const signal = plan.signals[name];
        const lost = signal && silencedBy(plan, disaster, signal);
        if (lost === undefined) return [];
        return [
          {
            rule: silentMetric.id,
            severity: 'warning' as const,
            path: ['scenarios', id, 'trigger', 'signals', at],
            message: `"${name}" is to tell that "${lost}" is lost, and there is no metric of what is lost`,
            mend: `Write "missing: breaching" in the signal "${name}", so that silence fires it.`,
          },
        ];
      }),
    ),
};
