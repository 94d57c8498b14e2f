import { autoScalingGroups } from '../services/autoscaling.ts';
import { ecsServices } from '../services/ecs.ts';
import { componentsOf } from './addresses.ts';
import { fleetOf, works } from './fleet.ts';
import type { World } from './world.ts';

/**
 * Regions in which the application runs outside of Kubernetes: tasks of ECS services, and instances of Auto Scaling
 * groups that are no nodes. Only those that users reach, by a target group, are taken for the application.
 */
export function regionsWithApplications(world: World): Set<string> {
  const services = componentsOf(world.plan, 'ecs-service').filter(({ targetGroup }) => targetGroup);
  const groups = componentsOf(world.plan, 'auto-scaling-group').filter(
    ({ targetGroup, nodesOf }) => targetGroup !== undefined && nodesOf === undefined,
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
  return new Set(running.map(({ region }) => region).filter(region => !world.isLost(region)));
}
