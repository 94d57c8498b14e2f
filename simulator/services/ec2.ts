import type { World } from '../world/world.ts';

/** Whether a security group exists: those that the plan's restore targets name do, in their regions. */
export function securityGroupExists(world: World, region: string, id: string): boolean {
  return Object.values(world.plan.components).some(
    component =>
      component.type === 'rds-restore-target' &&
      component.region === region &&
      component.securityGroups.includes(id),
  );
}
