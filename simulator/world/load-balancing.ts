import type { Plan } from '../../shared/plan/schema.ts';
import { componentsOf, knownPaths, plainName } from './addresses.ts';
import type { World } from './world.ts';

export type LoadBalancer = {
  arn: string;
  name: string;
  dnsName: string;
  hostedZoneId: string;
  region: string;
  addresses: string[];
};
export type Target = { id: string; state: 'initial' | 'healthy' | 'unhealthy'; round: number };
export type TargetGroup = {
  arn: string;
  name: string;
  region: string;
  path: string;
  intervalSeconds: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
  targets: Map<string, Target>;
  /** DNS name of the load balancer that sends it requests. */
  loadBalancer?: string;
};

/** Defaults of an HTTP target group (ELB API Reference, CreateTargetGroup): every 30 s, 5 to get well, 2 to fall ill. */
const defaults = { intervalSeconds: 30, healthyThreshold: 5, unhealthyThreshold: 2 };

/**
 * Load balancers by DNS name: the plan's, and one for every target of a DNS name that the plan does not declare as a
 * load balancer (a status page, say). Addresses are from the ranges for documentation (RFC 5737).
 */
export function loadBalancers(world: World): Map<string, LoadBalancer> {
  return world.state('load-balancers', () => {
    const { regions } = world.plan;
    const made = new Map<string, LoadBalancer>();
    const add = (name: string, dnsName: string, hostedZoneId: string, region: string) => {
      if (made.has(plainName(dnsName))) return;
      const range = region === regions.primary ? '198.51.100' : '203.0.113';
      const first = 10 + 2 * made.size;
      made.set(plainName(dnsName), {
        arn: `arn:aws:elasticloadbalancing:${region}:123456789012:loadbalancer/app/${name}/${first}`,
        name,
        dnsName: plainName(dnsName),
        hostedZoneId,
        region,
        addresses: [`${range}.${first}`, `${range}.${first + 1}`],
      });
    };
    for (const one of componentsOf(world.plan, 'load-balancer')) {
      add(one.name, one.dnsName, one.hostedZoneId, one.region);
    }
    for (const one of componentsOf(world.plan, 'dns-name')) {
      const zone = one.recoveryTargetHostedZone ?? 'ZRECOVERY';
      add(`${one.id}-primary`, one.primaryTarget, 'ZPRIMARY', regions.primary);
      add(`${one.id}-recovery`, one.recoveryTarget, zone, regions.recovery);
    }
    for (const one of componentsOf(world.plan, 'dns-record')) {
      add(`${one.id}-primary`, one.primaryTarget, one.primaryTargetHostedZone ?? 'ZPRIMARY', regions.primary);
      add(
        `${one.id}-recovery`,
        one.recoveryTarget,
        one.recoveryTargetHostedZone ?? 'ZRECOVERY',
        regions.recovery,
      );
    }
    return made;
  });
}

/** Target groups of the plan by ARN. Those of the primary region have healthy targets before the outage. */
export function groupsOf(world: World): Map<string, TargetGroup> {
  return world.state('target-groups', () => {
    const { plan } = world;
    const made = new Map<string, TargetGroup>();
    for (const one of componentsOf(plan, 'target-group')) {
      const balancer = componentsOf(plan, 'load-balancer').find(lb => lb.region === one.region);
      const group: TargetGroup = {
        arn: one.arn,
        name: one.arn.split('/')[1] ?? one.id,
        region: one.region,
        path: firstPath(plan, one.arn),
        ...defaults,
        targets: new Map(),
        loadBalancer: balancer && plainName(balancer.dnsName),
      };
      if (one.region === plan.regions.primary) {
        for (const id of ['10.0.1.10', '10.0.2.10'])
          group.targets.set(id, { id, state: 'healthy', round: 0 });
      }
      made.set(one.arn, group);
    }
    return made;
  });
}

/** A standby group that the plan is going to modify has AWS's default path, which the application does not serve. */
function firstPath(plan: Plan, arn: string): string {
  const steps = JSON.stringify(Object.values(plan.scenarios).map(scenario => scenario.phases));
  const component = componentsOf(plan, 'target-group').find(one => one.arn === arn);
  const modified =
    steps.includes('"elbv2.modify-target-group"') && component?.region === plan.regions.recovery;
  return modified ? '/' : ([...knownPaths(plan)][0] ?? '/');
}

/**
 * Makes these the targets of a group: new ones are registered and checked, missing ones are taken out at once. Called
 * by the Kubernetes service when pods become ready or end. Ids are IP addresses or instance ids.
 */
export function setTargets(world: World, targetGroupArn: string, ids: readonly string[]): void {
  const group = groupsOf(world).get(targetGroupArn);
  if (!group) throw new Error(`The plan has no target group ${targetGroupArn}`);
  for (const id of group.targets.keys()) {
    if (ids.includes(id)) continue;
    group.targets.delete(id);
    world.changed(`target/${group.name}/${id}`, 'The target is taken out');
  }
  for (const id of ids) {
    if (group.targets.has(id)) continue;
    const target: Target = { id, state: 'initial', round: 0 };
    group.targets.set(id, target);
    world.changed(`target/${group.name}/${id}`, 'The target is registered');
    startChecks(world, group, target);
  }
}

/**
 * Lets the health check judge a target anew. A new target must pass one check, one that is ill five in a row (ELB
 * User Guide, "Health checks for your target groups"). Targets serve the application's paths and no others.
 */
export function startChecks(world: World, group: TargetGroup, target: Target): void {
  target.round += 1;
  const round = target.round;
  const paths = knownPaths(world.plan);
  const passes = (paths.size === 0 || paths.has(group.path)) && !sickTargets(world).has(target.id);
  if (target.state === (passes ? 'healthy' : 'unhealthy')) return;
  const resource = `target/${group.name}/${target.id}`;
  // The first check falls somewhere into the first interval.
  const first = 1 + world.random(`health-check/${resource}/${round}`) * (group.intervalSeconds - 1);
  const needed = passes
    ? target.state === 'initial'
      ? 1
      : group.healthyThreshold
    : group.unhealthyThreshold;
  world.after(
    first + (needed - 1) * group.intervalSeconds,
    resource,
    'The health check has judged the target',
    () => {
      if (target.round === round) target.state = passes ? 'healthy' : 'unhealthy';
    },
  );
}

/** Targets that answer nobody, whatever path is asked for. */
const sickTargets = (world: World) => world.state('sick-targets', () => new Set<string>());

/** Makes a target stop or begin to answer, and lets the health checks of its groups find out. */
export function setSick(world: World, id: string, sick: boolean): void {
  if (sickTargets(world).has(id) === sick) return;
  if (sick) sickTargets(world).add(id);
  else sickTargets(world).delete(id);
  for (const group of groupsOf(world).values()) {
    const target = group.targets.get(id);
    if (target) startChecks(world, group, target);
  }
}

/** Targets that were there long before the outage: healthy at once, in place of those that the group began with. */
export function placeTargets(world: World, targetGroupArn: string, ids: readonly string[]): void {
  const group = groupsOf(world).get(targetGroupArn);
  if (!group) throw new Error(`The plan has no target group ${targetGroupArn}`);
  group.targets.clear();
  for (const id of ids) group.targets.set(id, { id, state: 'healthy', round: 0 });
}

/** Load balancers that are broken or gone, by DNS name. */
export const brokenBalancers = (world: World) =>
  world.state('broken-balancers', () => new Map<string, 'broken' | 'gone'>());

/** Healthy targets behind a load balancer's DNS name, or undefined if no target group of the plan is behind it. */
function healthyBehind(world: World, dnsName: string): number | undefined {
  const groups = [...groupsOf(world).values()].filter(group => group.loadBalancer === plainName(dnsName));
  if (groups.length === 0) return undefined;
  return groups.reduce((sum, group) => sum + countHealthy(group), 0);
}

export function countHealthy(group: TargetGroup): number {
  return [...group.targets.values()].filter(target => target.state === 'healthy').length;
}

/** Whether a load balancer answers requests: its region lives and something healthy is behind it. */
export function balancerServes(world: World, balancer: LoadBalancer): boolean {
  if (brokenBalancers(world).has(balancer.dnsName)) return false;
  return !world.isLost(balancer.region) && healthyBehind(world, balancer.dnsName) !== 0;
}
