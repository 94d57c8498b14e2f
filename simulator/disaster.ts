import type { Disaster } from '../shared/plan/schema.ts';
import { failPrimaryZone } from './services/rds.ts';
import { watch } from './world/monitoring.ts';
import type { World } from './world/world.ts';

/** Lets happen what the scenario is for, and what its observers make of it. */
export function strike(world: World, disaster: Disaster): void {
  switch (disaster.type) {
    case 'region-loss':
      world.loseRegion(world.plan.regions[disaster.region]);
      break;
    case 'database-failure': {
      const component = world.plan.components[disaster.component];
      if (component?.type === 'rds-instance') {
        failPrimaryZone(world, {
          region: component.region,
          identifier: component.identifier,
          selfFailover: disaster.selfHealing,
        });
      }
      break;
    }
  }
  watch(world, disaster);
}
