import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';

/** Kinds that send users to the recovery side. */
const switches = new Set([
  'route53.failover',
  'route53.upsert',
  'route53.shift-weight',
  'arc.routing-control',
  'globalaccelerator.shift-traffic',
]);

/** A step that sends nobody anywhere: the way back to the primary, and a share of nothing. */
const staysAtHome = ({ step }: PlacedStep) => step.with.to === 'primary' || step.with.recoveryPercent === 0;

export const trafficBeforeReadiness: LintRule = {
  id: 'traffic-before-readiness',
  severity: 'error',
  reason:
    'Users who are sent to a region before it can serve them wait for nothing; a change of a name can not be called back from their caches.',
  check: context =>
    context.scenarios.flatMap(view =>
      view.steps
        .filter(placed => switches.has(placed.step.do) && !staysAtHome(placed))
        .flatMap(placed => unready(view, placed)),
    ),
};

function unready(view: ScenarioView, traffic: PlacedStep): Problem[] {
  const gates = view.steps.filter(placed => provesReadiness(placed) && isBefore(placed, traffic));
  const open = traffic.modes.filter(mode => !gates.some(gate => gate.modes.includes(mode)));
  if (open.length === 0) return [];
  const where = open.length === traffic.modes.length ? '' : ` in the mode ${open.join(', ')}`;
  return [
    {
      rule: trafficBeforeReadiness.id,
      severity: 'error',
      path: [...traffic.path, 'do'],
      message: `The step "${traffic.step.id}" moves users before anything has shown that the recovery side can serve them${where}`,
      mend: 'Put an elbv2.target-health, or an http.check with "connectTo", before it; not in a parallel branch beside it.',
    },
  ];
}

/** Kinds that are done only when something serves: targets are healthy, or checkers from outside find it well. */
const readiness = new Set(['elbv2.target-health', 'route53.health-check']);

/** Counts targets that are healthy, or asks the recovery load balancer itself with the public name. */
function provesReadiness({ step }: PlacedStep): boolean {
  if (readiness.has(step.do)) return step.onFailure !== 'continue';
  return step.do === 'http.check' && 'connectTo' in step.with && step.onFailure !== 'continue';
}
