import type { Problem } from '../finding.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import { isTakenWith, sendsUsersAway } from './step-facts.ts';

export const trafficBeforeReadiness: LintRule = {
  id: 'traffic-before-readiness',
  severity: 'error',
  reason:
    'Users who are sent to a region before it can serve them wait for nothing; a change of a name can not be called back from their caches.',
  check: context =>
    context.scenarios.flatMap(view =>
      view.steps.filter(sendsUsersAway).flatMap(placed => unready(context, view, placed)),
    ),
};

function unready(context: CheckContext, view: ScenarioView, traffic: PlacedStep): Problem[] {
  const gates = view.steps.filter(
    placed =>
      provesReadiness(placed) &&
      // On the way back it is the primary that has to be ready.
      (view.scenario.failbackOf !== undefined || !isOfPrimary(context, placed)) &&
      isBefore(placed, traffic) &&
      isTakenWith(placed, traffic),
  );
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

/** What serves in the region that users are to leave shows nothing of the one that they are sent to. */
function isOfPrimary({ plan }: CheckContext, { step }: PlacedStep): boolean {
  const { targetGroup, connectTo } = step.with;
  const named = typeof connectTo === 'string' ? /\$\{components\.([\w-]+)\./.exec(connectTo)?.[1] : undefined;
  const id = named ?? targetGroup;
  const component =
    typeof id === 'string' && Object.hasOwn(plan.components, id) ? plan.components[id] : undefined;
  return component?.region === plan.regions.primary && plan.regions.primary !== plan.regions.recovery;
}

/** Kinds that are done only when something serves: targets are healthy, or checkers from outside find it well. */
const readiness = new Set(['elbv2.target-health', 'route53.health-check']);

/** Counts targets that are healthy, or asks the recovery load balancer itself with the public name. */
function provesReadiness({ step }: PlacedStep): boolean {
  if (readiness.has(step.do)) return step.onFailure !== 'continue';
  return step.do === 'http.check' && 'connectTo' in step.with && step.onFailure !== 'continue';
}
