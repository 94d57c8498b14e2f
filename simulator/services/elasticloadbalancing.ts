import { componentsOf, plainName } from '../world/addresses.ts';
import { keepHistory, seenState } from '../world/history.ts';
import {
  brokenBalancers,
  groupsOf,
  loadBalancers,
  startChecks,
  type Target,
  type TargetGroup,
} from '../world/load-balancing.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';
import { type BuildEffect, onBuild } from './codebuild.ts';

function groupOf(world: World, call: Call, arn: string, groups = groupsOf(world)): TargetGroup {
  const group = groups.get(arn);
  // Each region knows its own target groups only.
  if (!group || group.region !== call.region) {
    throw new SimulatedAwsError('TargetGroupNotFoundException', `Target groups '${arn}' not found`, 400);
  }
  return group;
}

function describeGroup(world: World, group: TargetGroup) {
  const balancer = [...loadBalancers(world).values()].find(one => one.dnsName === group.loadBalancer);
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: 'HTTP',
    Port: 80,
    TargetType: 'ip',
    HealthCheckEnabled: true,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPath: group.path,
    HealthCheckIntervalSeconds: group.intervalSeconds,
    HealthyThresholdCount: group.healthyThreshold,
    UnhealthyThresholdCount: group.unhealthyThreshold,
    LoadBalancerArns: balancer ? [balancer.arn] : [],
  };
}

/** The target groups as a read sees them, which is the past while reads are stale. */
function seenGroups(world: World): Map<string, TargetGroup> {
  return seenState(world, 'elasticloadbalancing', groupsOf(world));
}

function describeTargetGroups(world: World, call: Call) {
  const arns = call.input.TargetGroupArns as string[] | undefined;
  const seen = seenGroups(world);
  const groups = arns
    ? arns.map(arn => groupOf(world, call, arn, seen))
    : [...seen.values()].filter(group => group.region === call.region);
  return { TargetGroups: groups.map(group => describeGroup(world, group)) };
}

const reasons: Partial<Record<Target['state'], string>> = {
  initial: 'Elb.InitialHealthChecking',
  unhealthy: 'Target.ResponseCodeMismatch',
};

function describeTargetHealth(world: World, call: Call) {
  const group = groupOf(world, call, String(call.input.TargetGroupArn), seenGroups(world));
  return {
    TargetHealthDescriptions: [...group.targets.values()].map(target => ({
      Target: { Id: target.id, Port: 80 },
      HealthCheckPort: '80',
      TargetHealth: { State: target.state, Reason: reasons[target.state] },
    })),
  };
}

function modifyTargetGroup(world: World, call: Call) {
  const group = groupOf(world, call, String(call.input.TargetGroupArn));
  const path = call.input.HealthCheckPath as string | undefined;
  if (path !== undefined && path !== group.path) {
    group.path = path;
    world.changed(`target-group/${group.name}`, `The health check path is ${path}`, 'lifeboat');
    for (const target of group.targets.values()) startChecks(world, group, target);
  }
  return { TargetGroups: [describeGroup(world, group)] };
}

function describeLoadBalancers(world: World, call: Call) {
  const names = call.input.Names as string[] | undefined;
  const all = [...loadBalancers(world).values()].filter(
    one => one.region === call.region && brokenBalancers(world).get(one.dnsName) !== 'gone',
  );
  const found = names ? all.filter(one => names.includes(one.name)) : all;
  if (names && found.length < names.length) {
    throw new SimulatedAwsError('LoadBalancerNotFoundException', 'One or more load balancers not found', 400);
  }
  return {
    LoadBalancers: found.map(one => ({
      LoadBalancerArn: one.arn,
      LoadBalancerName: one.name,
      DNSName: one.dnsName,
      CanonicalHostedZoneId: one.hostedZoneId,
      State: { Code: brokenBalancers(world).has(one.dnsName) ? 'active_impaired' : 'active' },
      AvailabilityZones: ['a', 'b', 'c'].map(zone => ({ ZoneName: `${one.region}${zone}` })),
      Type: 'application',
      Scheme: 'internet-facing',
    })),
  };
}

/** Load balancers and target groups of the plan; targets come from `setTargets` in `world/load-balancing.ts`. */
export const service: SimulatedService = {
  name: 'elasticloadbalancing',
  operations: {
    DescribeTargetGroups: describeTargetGroups,
    DescribeTargetHealth: describeTargetHealth,
    ModifyTargetGroup: modifyTargetGroup,
    DescribeLoadBalancers: describeLoadBalancers,
  },
  arrange(world) {
    keepHistory(world, 'elasticloadbalancing', () => groupsOf(world));
    onBuild(world, makeBalancers);
  },
  strike,
};

/** Infrastructure code that ends well has made the load balancers that were gone, with the names that they had. */
const makeBalancers: BuildEffect = (world, { project, region }) => {
  const projects = componentsOf(world.plan, 'codebuild-project');
  for (const { name, dnsName, madeBy } of componentsOf(world.plan, 'load-balancer')) {
    const maker = projects.find(({ id }) => id === madeBy);
    if (maker?.name !== project || maker.region !== region) continue;
    if (brokenBalancers(world).delete(plainName(dnsName))) {
      world.changed(`load-balancer/${name}`, 'The load balancer is there again');
    }
  }
  return {};
};

/** AWS replaces the nodes of a load balancer that are ill; experience with its own incidents: minutes. */
const repairDuration = { minSeconds: 120, likelySeconds: 300, maxSeconds: 900 };

/** A load balancer that fails answers with errors; one that is gone does not answer at all. */
function strike(world: World, blow: Blow): (() => boolean) | undefined {
  const { component } = blow;
  if (component.type !== 'load-balancer' || (blow.type !== 'failure' && blow.type !== 'loss'))
    return undefined;
  const broken = brokenBalancers(world);
  const name = plainName(component.dnsName);
  const resource = `load-balancer/${component.name}`;
  broken.set(name, blow.type === 'loss' ? 'gone' : 'broken');
  world.changed(resource, blow.type === 'loss' ? 'The load balancer is gone' : 'The load balancer fails');
  if (blow.type === 'failure' && blow.selfHealing) {
    world.after(world.duration(repairDuration, resource), resource, 'The load balancer works again', () => {
      broken.delete(name);
    });
  }
  return () => broken.has(name);
}

export { setTargets } from '../world/load-balancing.ts';
