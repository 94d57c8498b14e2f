import type { ComponentOf } from '../../shared/plan/components.ts';
import { autoScalingGroups } from '../services/autoscaling/groups.ts';
import { ecsServices } from '../services/ecs.ts';
import { componentsOf } from './addresses.ts';
import { fleetOf, works } from './fleet.ts';
import type { World } from './world.ts';

/** Regions in which the application runs outside of Kubernetes. */
export function regionsWithApplications(world: World): Set<string> {
  return new Set(runningApplications(world).map(({ region }) => region));
}

/**
 * What runs outside of Kubernetes now: ECS services with tasks, and Auto Scaling groups with instances that are no nodes.
 * Only those that users reach, by a target group, or that say what they use are taken for the application.
 */
export function runningApplications(
  world: World,
): (ComponentOf<'ecs-service'> | ComponentOf<'auto-scaling-group'>)[] {
  const services = componentsOf(world.plan, 'ecs-service').filter(
    ({ targetGroup, uses }) => targetGroup !== undefined || uses?.length,
  );
  const groups = componentsOf(world.plan, 'auto-scaling-group').filter(
    ({ targetGroup, uses, nodesOf }) => (targetGroup !== undefined || uses?.length) && nodesOf === undefined,
  );
  const running = [
    ...services.filter(({ cluster, name, region }) =>
      ecsServices(world).some(
        one =>
          one.cluster === cluster &&
          one.name === name &&
          one.region === region &&
          one.tasks.some(({ state }) => state === 'running'),
      ),
    ),
    ...groups.filter(({ name, region }) =>
      autoScalingGroups(world).some(
        group =>
          group.name === name &&
          group.region === region &&
          fleetOf(world).some(one => one.group === name && one.region === region && works(one)),
      ),
    ),
  ];
  return running.filter(({ region }) => !world.isLost(region));
}
