import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import * as z from 'zod';
import { ensureCluster, findCluster } from '../kubernetes/cluster.ts';
import { failNodes } from '../kubernetes/strikes.ts';
import { componentsOf } from '../world/addresses.ts';
import { fleetOf, type SimulatedInstance } from '../world/fleet.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { placeTargets } from '../world/load-balancing.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';
import { autoScalingGroups, groupServes, type SimulatedGroup, servingOf } from './autoscaling/groups.ts';
import {
  end,
  fitInstances,
  joinCluster,
  lookAfter,
  newInstance,
  nodeName,
  register,
} from './autoscaling/instances.ts';
import { fail, membersOf } from './ec2.ts';

/** Amazon EC2 Auto Scaling: groups, their instances, and what it does when some of them are missing. */
export const service: SimulatedService = {
  name: 'autoscaling',
  operations: {
    DescribeAutoScalingGroups: describeGroups,
    DescribeScalingActivities: (world, call) => ({
      Activities: groupOf(world, call, String(call.input.AutoScalingGroupName)).activities.toReversed(),
    }),
    UpdateAutoScalingGroup: updateGroup,
    TerminateInstanceInAutoScalingGroup: terminateInstance,
  },
  arrange(world, plan) {
    for (const { name, region, standbySize, targetGroup, nodesOf: cluster } of componentsOf(
      plan,
      'auto-scaling-group',
    )) {
      const target = targetGroup === undefined ? undefined : plan.components[targetGroup];
      const group: SimulatedGroup = {
        name,
        region,
        min: 0,
        desired: standbySize,
        max: Math.max(standbySize, 1),
        ...(target?.type === 'target-group' && { targetGroupArn: target.arn }),
        ...(cluster !== undefined && { cluster }),
        activities: [],
        instancesMade: 0,
        replaces: true,
      };
      autoScalingGroups(world).push(group);
      for (let count = 0; count < standbySize; count++) newInstance(world, group, 'running');
      if (cluster !== undefined) {
        ensureCluster(world, cluster, region);
        joinCluster(world, cluster, region);
      }
      if (group.targetGroupArn)
        placeTargets(
          world,
          group.targetGroupArn,
          servingOf(world, group).map(({ id }) => id),
        );
    }
    keepHistory(world, 'autoscaling', () => ({ groups: autoScalingGroups(world), fleet: fleetOf(world) }));
    world.onChange(({ resource }) => {
      if (resource.startsWith('ec2/i-')) lookAfter(world);
    });
  },
  returnRegion: emptyGroups,
  strike,
};

/** A region that answers again has its workloads at nothing, as the open task of a failover asks. */
function emptyGroups(world: World, region: string): void {
  for (const group of autoScalingGroups(world)) {
    // Nodes of a cluster wait for pods, which are at nothing.
    if (group.region !== region || group.cluster !== undefined) continue;
    Object.assign(group, { min: 0, desired: 0 });
    for (const instance of fleetOf(world)) {
      if (instance.group === group.name && instance.region === region) instance.state = 'terminated';
    }
    register(world, group);
  }
}

function describeGroups(world: World, call: Call): { AutoScalingGroups: AutoScalingGroup[] } {
  const names = z.array(z.string()).parse(call.input.AutoScalingGroupNames);
  const { groups, fleet } = seenState(world, 'autoscaling', {
    groups: autoScalingGroups(world),
    fleet: fleetOf(world),
  });
  const found = groups.filter(({ name, region }) => region === call.region && names.includes(name));
  return { AutoScalingGroups: found.map(group => shown(world, group, fleet)) };
}

function shown(world: World, group: SimulatedGroup, fleet: readonly SimulatedInstance[]): AutoScalingGroup {
  const states = { pending: 'Pending', running: 'InService', 'shutting-down': 'Terminating' } as const;
  return {
    AutoScalingGroupName: group.name,
    MinSize: group.min,
    DesiredCapacity: group.desired,
    MaxSize: group.max,
    DefaultCooldown: 300,
    AvailabilityZones: ['a', 'b', 'c'].map(zone => `${group.region}${zone}`),
    HealthCheckType: 'EC2',
    CreatedTime: new Date(world.outageStartedAtMs - 86_400_000),
    SuspendedProcesses: [],
    Instances: fleet.flatMap(one => {
      if (one.group !== group.name || one.region !== group.region || one.state === 'terminated') return [];
      return [
        {
          InstanceId: one.id,
          AvailabilityZone: `${one.region}${one.zone}`,
          LifecycleState: states[one.state],
          HealthStatus: one.answers && one.hostWorks ? 'Healthy' : 'Unhealthy',
          ProtectedFromScaleIn: false,
        },
      ];
    }),
  };
}

function groupOf(world: World, call: Call, name: string): SimulatedGroup {
  const found = autoScalingGroups(world).find(group => group.name === name && group.region === call.region);
  if (found) return found;
  throw new SimulatedAwsError('ValidationError', `AutoScalingGroup name not found - null`);
}

const updateInput = z.object({
  AutoScalingGroupName: z.string(),
  MinSize: z.number().int(),
  DesiredCapacity: z.number().int(),
  MaxSize: z.number().int(),
});

function updateGroup(world: World, call: Call): unknown {
  const {
    AutoScalingGroupName,
    MinSize: min,
    DesiredCapacity: desired,
    MaxSize: max,
  } = updateInput.parse(call.input);
  const group = groupOf(world, call, AutoScalingGroupName);
  if (min > desired || desired > max) {
    const message = `New SetDesiredCapacity value ${desired} is not between ${min} and ${max}.`;
    throw new SimulatedAwsError('ValidationError', message);
  }
  Object.assign(group, { min, desired, max });
  world.changed(`autoscaling/${group.name}`, `The desired capacity is ${desired}`, 'lifeboat');
  fitInstances(world, group);
  return {};
}

function terminateInstance(world: World, call: Call): unknown {
  const id = String(call.input.InstanceId);
  const instance = fleetOf(world).find(one => one.id === id && one.region === call.region && one.group);
  if (!instance || instance.state === 'terminated') {
    throw new SimulatedAwsError(
      'ValidationError',
      `Instance Id not found - No managed instance found for instance ID: ${id}`,
    );
  }
  const group = groupOf(world, call, instance.group ?? '');
  if (call.input.ShouldDecrementDesiredCapacity === true) group.desired -= 1;
  end(world, group, instance, 'lifeboat');
  fitInstances(world, group);
  return { Activity: group.activities.at(-1) };
}

function strike(world: World, blow: Blow): (() => boolean) | undefined {
  const { component } = blow;
  if (component.type !== 'auto-scaling-group') return undefined;
  const group = autoScalingGroups(world).find(
    ({ name, region }) => name === component.name && region === component.region,
  );
  if (!group || blow.type === 'corruption') return undefined;
  const [victim, ...others] = membersOf(world, component);
  if (blow.type === 'intrusion') {
    if (victim) victim.intruded = true;
    world.changed(`ec2/${victim?.id}`, 'Somebody uses the instance who should not');
    return () => victim?.intruded === true && victim.state === 'running';
  }
  if (blow.type === 'failure') {
    group.replaces = blow.selfHealing;
    // One instance fails by itself; a bad release takes all of them.
    const hit = blow.cause === 'bad-release' ? [victim, ...others] : [victim];
    for (const instance of hit) if (instance) fail(world, instance, blow.cause === 'bad-release', false);
    const cluster = group.cluster && findCluster(world, group.cluster, group.region);
    if (cluster) failNodes(world, cluster, ({ name }) => hit.some(one => one && nodeName(one) === name));
    return () => !groupServes(world, group);
  }
  group.replaces = true;
  for (const instance of [victim, ...others]) {
    if (!instance) continue;
    instance.state = 'terminated';
    world.changed(`autoscaling/${group.name}`, `${instance.id} is gone`);
  }
  Object.assign(group, { min: 0, desired: 0 });
  register(world, group);
  return () => group.desired === 0 || !groupServes(world, group);
}
