import type { Activity } from '@aws-sdk/client-auto-scaling';
import { findCluster } from '../../kubernetes/cluster.ts';
import { reconcile } from '../../kubernetes/controllers.ts';
import { addInstance, fleetOf, resourceId, type SimulatedInstance, works } from '../../world/fleet.ts';
import { setTargets, groupsOf as targetGroupsOf } from '../../world/load-balancing.ts';
import type { World } from '../../world/world.ts';
import { autoScalingGroups, type SimulatedGroup, servingOf } from './groups.ts';

/** How the instances of a group come and go, and what they are put into. */

/** From the launch until an instance is InService: boot and health check grace. Experience: 1 to 4 min. */
const launchDuration = { minSeconds: 60, likelySeconds: 120, maxSeconds: 260 };
/** Draining and ending an instance. */
const endDuration = { minSeconds: 30, likelySeconds: 60, maxSeconds: 180 };
/** Until the group notices that an instance fails EC2's status checks, which are made once a minute. */
const noticeDuration = { minSeconds: 60, likelySeconds: 120, maxSeconds: 240 };

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

export function newInstance(
  world: World,
  group: SimulatedGroup,
  state: 'pending' | 'running',
): SimulatedInstance {
  const number = group.instancesMade;
  group.instancesMade += 1;
  const tags = { 'aws:autoscaling:groupName': group.name };
  const key = `${group.region}/${group.name}/${number}`;
  return addInstance(world, { key, number, region: group.region, group: group.name, state, tags });
}

/** Hosts of a cluster are called after their instances, as EC2's resource names are. */
export const nodeName = ({ id, region }: SimulatedInstance) => `${id}.${region}.compute.internal`;

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

export function end(
  world: World,
  group: SimulatedGroup,
  instance: SimulatedInstance,
  by: 'aws' | 'lifeboat',
): void {
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
export function fitInstances(world: World, group: SimulatedGroup): void {
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
export function register(world: World, group: SimulatedGroup): void {
  if (group.targetGroupArn && targetGroupsOf(world).has(group.targetGroupArn)) {
    setTargets(
      world,
      group.targetGroupArn,
      servingOf(world, group).map(({ id }) => id),
    );
  }
}

/** Instances that fail their status checks are replaced by a group whose checks see it. */
export function lookAfter(world: World): void {
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
