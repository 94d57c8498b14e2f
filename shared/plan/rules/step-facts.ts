import type { CheckContext } from '../lint-rule.ts';
import type { PlacedStep, ScenarioView } from '../scenario-view.ts';
import type { Plan } from '../schema.ts';

/** Kinds that send users to the recovery side. */
const traffic = new Set([
  'route53.failover',
  'route53.upsert',
  'route53.shift-weight',
  'arc.routing-control',
  'globalaccelerator.shift-traffic',
]);

/** Whether a step sends users to the recovery side; the way back and a share of nothing do not. */
export function sendsUsersAway({ step }: PlacedStep): boolean {
  return traffic.has(step.do) && step.with.to !== 'primary' && step.with.recoveryPercent !== 0;
}

/** Kinds after which another database takes the writes. */
const movesWriter = new Set([
  'efs.fail-over-replication',
  'rds.restore',
  'rds.restore-cluster',
  'rds.promote-replica',
  'rds.failover-global-cluster',
  'rds.switchover-global-cluster',
  'rds.cutover',
]);
export const bringsUpWriter = ({ step }: PlacedStep): boolean => movesWriter.has(step.do);

/** Kinds that show that something works. */
const looking = new Set([
  'dns.check',
  'elbv2.target-health',
  'http.check',
  'k8s.exec',
  'k8s.get',
  'k8s.rollout-status',
  'people.task',
  'redis.ping',
  'route53.health-check',
  'codebuild.run',
  'sql.query',
  'tls.check',
  'wait.soak',
]);
export const looksWhetherItWorks = ({ step }: PlacedStep): boolean => looking.has(step.do);

/** The region that a scenario's disaster takes away; undefined for any other disaster. */
export function lostRegion(plan: Plan, { scenario: { disaster } }: ScenarioView): string | undefined {
  return disaster?.type === 'region-loss' ? plan.regions[disaster.region] : undefined;
}

/** The components that a step's parameters name, by parameter. */
export function componentsOf({ plan, actions }: CheckContext, { step }: PlacedStep) {
  const action = Object.hasOwn(actions, step.do) ? actions[step.do] : undefined;
  return Object.keys(action?.components ?? {}).flatMap(parameter => {
    const id = step.with[parameter];
    const component =
      typeof id === 'string' && Object.hasOwn(plan.components, id) ? plan.components[id] : undefined;
    return component && typeof id === 'string' ? [{ parameter, id, component }] : [];
  });
}
