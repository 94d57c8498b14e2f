import type { LintRule } from '../cross-check.ts';

export const usEast1ControlPlane: LintRule = {
  id: 'us-east-1-control-plane',
  severity: 'warning',
  reason:
    "Route 53's control plane runs in us-east-1 only; while that region is lost, records can not be changed.",
  check: ({ plan, scenarios }) => {
    if (plan.regions.primary !== 'us-east-1') return [];
    return scenarios.flatMap(({ steps }) =>
      steps
        .filter(({ step }) => step.do === 'route53.failover')
        .map(({ step, path }) => ({
          rule: usEast1ControlPlane.id,
          severity: 'warning' as const,
          path: [...path, 'do'],
          message: `The step "${step.id}" falls back to changing a record, which needs us-east-1, the region that is lost then`,
          mend: 'Rehearse the health-check path, and turn on accelerated recovery for the zone; say so under "waived".',
        })),
    );
  },
};
