import type { Activity, AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import * as z from 'zod';
import { ensureCluster, findCluster } from '../kubernetes/cluster.ts';
import { reconcile } from '../kubernetes/controllers.ts';
import { failNodes } from '../kubernetes/strikes.ts';
import { componentsOf } from '../world/addresses.ts';
import { addInstance, fleetOf, resourceId, type SimulatedInstance, works } from '../world/fleet.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { placeTargets, setTargets, groupsOf as targetGroupsOf } from '../world/load-balancing.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';
import { fail, membersOf } from './ec2.ts';

/** From the launch until an instance is InService: boot and health check grace. Experience: 1 to 4 min. */
const launchDuration = { minSeconds: 60, likelySeconds: 120, maxSeconds: 260 };
/** Draining and ending an instance. */
const endDuration = { minSeconds: 30, likelySeconds: 60, maxSeconds: 180 };
/** Until the group notices that an instance fails EC2's status checks, which are made once a minute. */
const noticeDuration = { minSeconds: 60, likelySeconds: 120, maxSeconds: 240 };

export type SimulatedGroup = {
  name: string;
  region: string;
  min: number;
  desired: number;
  max: number;
  targetGroupArn?: string;
  /** EKS cluster whose nodes its instances are. */
  cluster?: string;
  activities: Activity[];
  instancesMade: number;
  /** Whether it replaces what fails by itself; a group whose health check is too shallow does not. */
  replaces: boolean;
};

export const autoScalingGroups = (world: World) => world.state<SimulatedGroup[]>('auto-scaling', () => []);

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

/** What instances of a group serve, whether or not anybody has noticed that they do not answer. */
const servingOf = (world: World, { name, region }: SimulatedGroup) =>
  fleetOf(world).filter(one => one.group === name && one.region === region && one.state === 'running');

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

function record(
  world: World,
  group: SimulatedGroup,
  Description: string,
  StatusCode: Activity['StatusCode'],
): void {
  group.activities.push({
    ActivityId: resourceId(world, 'activity', `${group.name}/${group.activities.length}`),
    AutoScalingGroupName: group.name,
    Description,
    Cause: 'a difference between desired and actual capacity',
    StartTime: world.now(),
    StatusCode,
  });
}

function newInstance(world: World, group: SimulatedGroup, state: 'pending' | 'running'): SimulatedInstance {
  const number = group.instancesMade;
  group.instancesMade += 1;
  const tags = { 'aws:autoscaling:groupName': group.name };
  const key = `${group.region}/${group.name}/${number}`;
  return addInstance(world, { key, number, region: group.region, group: group.name, state, tags });
}

/** Hosts of a cluster are called after their instances, as EC2's resource names are. */
const nodeName = ({ id, region }: SimulatedInstance) => `${id}.${region}.compute.internal`;

/** Running instances of the cluster's groups become its nodes, and nodes whose instance is gone leave it. */
export function joinCluster(world: World, name: string, region: string): void {
  const cluster = findCluster(world, name, region);
  if (!cluster) return;
  for (const group of autoScalingGroups(world)) {
    if (group.cluster !== name || group.region !== region) continue;
    const running = servingOf(world, group);
    const names = new Set(running.map(nodeName));
    cluster.nodes = cluster.nodes.filter(node => node.nodegroup !== group.name || names.has(node.name));
    const known = new Set(cluster.nodes.map(node => node.name));
    for (const instance of running.filter(one => !known.has(nodeName(one)))) {
      const zone = `${instance.region}${instance.zone}`;
      const node = {
        name: nodeName(instance),
        nodegroup: group.name,
        ready: works(instance),
        leaving: false,
      };
      cluster.nodes.push({ ...node, zone });
    }
  }
  reconcile(world, cluster);
}

function rejoin(world: World, { cluster, region }: SimulatedGroup): void {
  if (cluster !== undefined) joinCluster(world, cluster, region);
}

function end(world: World, group: SimulatedGroup, instance: SimulatedInstance, by: 'aws' | 'lifeboat'): void {
  if (instance.state === 'shutting-down') return;
  instance.state = 'shutting-down';
  record(world, group, `Terminating EC2 instance: ${instance.id}`, 'Successful');
  world.changed(`autoscaling/${group.name}`, `${instance.id} is being ended`, by);
  register(world, group);
  const key = `end/${instance.id}`;
  world.after(world.duration(endDuration, key), `autoscaling/${group.name}`, `${instance.id} is gone`, () => {
    instance.state = 'terminated';
    rejoin(world, group);
  });
}

/** Launches and ends instances until there are as many as desired. */
function fitInstances(world: World, group: SimulatedGroup): void {
  if (world.isLost(group.region)) return;
  const staying = fleetOf(world).filter(
    one => one.group === group.name && one.region === group.region && /^(pending|running)$/.test(one.state),
  );
  for (const instance of staying.slice(group.desired)) end(world, group, instance, 'aws');
  for (let count = staying.length; count < group.desired; count++) launch(world, group);
}

function launch(world: World, group: SimulatedGroup): void {
  const instance = newInstance(world, group, 'pending');
  record(world, group, `Launching a new EC2 instance: ${instance.id}`, 'Successful');
  const key = `launch/${instance.id}`;
  world.after(
    world.duration(launchDuration, key),
    `autoscaling/${group.name}`,
    `${instance.id} is InService`,
    () => {
      if (instance.state !== 'pending') return;
      instance.state = 'running';
      register(world, group);
      rejoin(world, group);
    },
  );
}

/** The group's own instances are the targets of its target group. */
function register(world: World, group: SimulatedGroup): void {
  if (group.targetGroupArn && targetGroupsOf(world).has(group.targetGroupArn)) {
    setTargets(
      world,
      group.targetGroupArn,
      servingOf(world, group).map(({ id }) => id),
    );
  }
}

/** Instances that fail their status checks are replaced by a group whose checks see it. */
function lookAfter(world: World): void {
  for (const group of autoScalingGroups(world)) {
    if (!group.replaces || world.isLost(group.region)) continue;
    for (const instance of servingOf(world, group).filter(
      one => !works(one) && !noticed(world).has(one.id),
    )) {
      noticed(world).add(instance.id);
      const key = `notice/${instance.id}`;
      world.after(
        world.duration(noticeDuration, key),
        `autoscaling/${group.name}`,
        'A health check has failed',
        () => {
          noticed(world).delete(instance.id);
          if (works(instance) || instance.state !== 'running') return;
          end(world, group, instance, 'aws');
          fitInstances(world, group);
        },
      );
    }
  }
}

const noticed = (world: World) => world.state('auto-scaling-noticed', () => new Set<string>());

/** Whether a group has as many instances as it wants, and all of them work. */
export function groupServes(world: World, group: SimulatedGroup): boolean {
  const working = servingOf(world, group).filter(works).length;
  return !world.isLost(group.region) && group.desired > 0 && working >= group.desired;
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
