import { clustersOf } from '../kubernetes/cluster.ts';
import { knownUrls, plainName, userNames } from './addresses.ts';
import { balancerServes, countHealthy, groupsOf, loadBalancers } from './load-balancing.ts';
import { ownResolver, resolverAnswer } from './resolvers.ts';
import { componentServes } from './serving.ts';
import type { World } from './world.ts';

export type Side = 'primary' | 'recovery' | 'nowhere';

/**
 * Where the users of a name go now: where most of the plan's resolvers send them. `nowhere` when there is no
 * majority or the answer leads to neither target. Says nothing about whether somebody answers there.
 */
export function whereUsersGo(world: World, dnsNameId: string): Side {
  const name = userNames(world.plan).find(one => one.id === dnsNameId);
  if (!name) throw new Error(`The plan has no name "${dnsNameId}"`);
  const sides = name.resolvers.map(resolver => {
    const { values } = resolverAnswer(world, resolver, name);
    if (leadsTo(world, values, name.recoveryTarget)) return 'recovery';
    return leadsTo(world, values, name.primaryTarget) ? 'primary' : 'nowhere';
  });
  const most = (side: Side) => sides.filter(one => one === side).length * 2 > sides.length;
  if (most('recovery')) return 'recovery';
  return most('primary') ? 'primary' : 'nowhere';
}

/** Whether an answer, of names or of addresses, leads to a target. */
function leadsTo(world: World, values: readonly string[], target: string): boolean {
  const addresses = loadBalancers(world).get(plainName(target))?.addresses ?? [];
  return values.some(value => plainName(value) === plainName(target) || addresses.includes(value));
}

/** Healthy targets of the recovery region, the truth and not what an API says of it. */
export function healthyRecoveryTargets(world: World): number {
  return [...groupsOf(world).values()]
    .filter(group => group.region === world.plan.regions.recovery)
    .reduce((sum, group) => sum + countHealthy(group), 0);
}

/** Whether a region can serve users: it lives, every target group there has a healthy target, and a pod is ready. */
export function servesTraffic(world: World, side: 'primary' | 'recovery'): boolean {
  const region = world.plan.regions[side];
  const groups = [...groupsOf(world).values()].filter(group => group.region === region);
  return (
    !world.isLost(region) &&
    groups.every(group => countHealthy(group) > 0) &&
    hasPods(world, region) &&
    endpointsServe(world, region)
  );
}

/** Whether whatever answers at the endpoints of a region is well, where the plan says what that is. */
function endpointsServe(world: World, region: string): boolean {
  return knownUrls(world.plan).every(
    ({ region: where, servedBy }) =>
      where !== region || servedBy === undefined || componentServes(world, servedBy),
  );
}

/** Whether the load balancer that a name leads to on one side answers; of any other address nothing is known. */
export function targetServes(world: World, dnsNameId: string, side: 'primary' | 'recovery'): boolean {
  const name = userNames(world.plan).find(one => one.id === dnsNameId);
  const target = side === 'primary' ? name?.primaryTarget : name?.recoveryTarget;
  const balancer = loadBalancers(world).get(plainName(target ?? ''));
  return balancer === undefined || balancerServes(world, balancer);
}

/** Of a region without deployments nothing is known of pods. */
function hasPods(world: World, region: string): boolean {
  const deployments = clustersOf(world)
    .filter(cluster => cluster.region === region)
    .flatMap(cluster => cluster.deployments);
  return deployments.length === 0 || deployments.some(({ pods }) => pods.some(pod => pod.ready));
}

/** What Lifeboat's own resolver answers for a host name of the plan, or undefined if it is none of its names. */
export function ownAnswer(world: World, host: string): string[] | undefined {
  const name = userNames(world.plan).find(one => plainName(one.name) === plainName(host));
  return name && resolverAnswer(world, ownResolver, name).values;
}
