import type { LintRule } from '../lint-rule.ts';
import type { ScenarioView } from '../scenario-view.ts';
import type { Plan } from '../schema.ts';
import { lostRegion } from './step-facts.ts';

export const usEast1ControlPlane: LintRule = {
  id: 'us-east-1-control-plane',
  severity: 'warning',
  reason:
    "Route 53's control plane runs in us-east-1 only, whatever region the system is in; while us-east-1 is lost, records can not be changed.",
  check: ({ plan, scenarios }) => {
    return scenarios.flatMap(view =>
      view.steps.flatMap(({ step, path, modes }) => {
        const advice = Object.hasOwn(advices, step.do) ? advices[step.do] : undefined;
        if (!advice || !modes.includes('recover')) return [];
        const { what, mend } = advice;
        const found = (severity: 'warning' | 'error', message: string) => [
          { rule: usEast1ControlPlane.id, severity, path: [...path, 'do'], message, mend },
        ];
        if (regionAtRisk(plan, view) === 'us-east-1') {
          const message = `The step "${step.id}" ${what}, which needs us-east-1, the region that is lost then`;
          return found(advice.severity, message);
        }
        // Where another region is lost, us-east-1 most likely answers; what has no other way depends on it all the same.
        if (advice.severity !== 'error' || lostRegion(plan, view) === undefined) return [];
        if (plan.regions.recovery === 'us-east-1') return [];
        const message = `The step "${step.id}" ${what}, which needs us-east-1 beside the region that is recovered to`;
        return found('warning', message);
      }),
    );
  },
};

/**
 * The region that may be gone while a scenario runs. One that says nothing of its disaster is taken for the worst; in a
 * failback, and beside wrong data or a bad release, all regions answer.
 */
function regionAtRisk(plan: Plan, view: ScenarioView): string | undefined {
  const { disaster, failbackOf } = view.scenario;
  if (disaster) return lostRegion(plan, view);
  return failbackOf === undefined ? plan.regions.primary : undefined;
}

type Advice = { severity: 'warning' | 'error'; what: string; mend: string };

const preMade =
  'Make a failover pair with a gate (route53.failover) or ARC routing controls (arc.routing-control) ahead of time, and use them first.';

/** Kinds that call Route 53's control plane. A fallback is a warning; what has no other way is an error. */
const advices: Record<string, Advice> = {
  'route53.failover': {
    severity: 'warning',
    what: 'falls back to changing a record',
    mend: 'Rehearse the health-check path, and turn on accelerated recovery for the zone; say so under "waived".',
  },
  'route53.upsert': { severity: 'error', what: 'changes a record', mend: preMade },
  'route53.shift-weight': { severity: 'error', what: 'changes weights', mend: preMade },
  'route53.move-health-check': {
    severity: 'warning',
    what: 'changes a health check',
    mend: 'Make a second health check for the recovery side ahead of time.',
  },
  'route53.health-check': {
    severity: 'warning',
    what: 'reads the status of a health check',
    mend: 'Ask the endpoint itself with http.check.',
  },
};
