import { InvalidInputError } from '../shared/errors.ts';
import type { Disaster, Plan } from '../shared/plan/schema.ts';
import { watch } from './world/monitoring.ts';
import type { Blow, SimulatedService, World } from './world/world.ts';

/**
 * Lets happen what the scenario is for, and what its observers make of it. Which service plays a blow to a component
 * is the services' own matter: each is asked, and those that know the component's type answer.
 */
export function strike(world: World, services: readonly SimulatedService[], scenario: string): void {
  const disaster = world.plan.scenarios[scenario]?.disaster;
  if (!disaster) return;
  watch(world, scenario, play(world, services, disaster));
}

/** Tells whether the damage is still there. */
type Holds = () => boolean;

function play(world: World, services: readonly SimulatedService[], disaster: Disaster): Holds {
  const { plan } = world;
  switch (disaster.type) {
    case 'region-loss': {
      const region = plan.regions[disaster.region];
      world.loseRegion(region);
      return () => world.isLost(region);
    }
    case 'zone-loss': {
      const region = plan.regions[disaster.region];
      world.changed(`zone/${region}${disaster.zone}`, `The zone ${region}${disaster.zone} stops answering`);
      return any(services.flatMap(service => service.loseZone?.(world, region, disaster.zone) ?? []));
    }
    case 'failure':
    case 'loss':
    case 'intrusion': {
      const { components: _, ...rest } = disaster;
      return any(
        disaster.components.map(id => hit(world, services, { ...rest, component: componentOf(plan, id) })),
      );
    }
    case 'corruption':
      return hit(world, services, { ...disaster, component: componentOf(plan, disaster.component) });
  }
}

/** What each component that was struck is told by; asked at the end of a rehearsal. */
const damages = (world: World) => world.state('damages', () => new Map<string, Holds>());

/** Components that were struck and are still as broken as then. */
export function stillBroken(world: World): string[] {
  return [...damages(world)].flatMap(([id, holds]) => (holds() ? [id] : []));
}

function hit(world: World, services: readonly SimulatedService[], blow: Blow): Holds {
  const played = services.flatMap(service => service.strike?.(world, blow) ?? []);
  if (played.length === 0) {
    throw new InvalidInputError(
      `A rehearsal can't play the ${blow.type} of "${blow.component.id}", which is of type ${blow.component.type}`,
      {
        nextStep:
          'Name another component under "disaster", or another type of disaster. A corruption is of a database that speaks SQL, or of a table in DynamoDB.',
      },
    );
  }
  const holds = any(played);
  damages(world).set(blow.component.id, holds);
  return holds;
}

const any =
  (damages: readonly Holds[]): Holds =>
  () =>
    damages.some(holds => holds());

function componentOf(plan: Plan, id: string): Blow['component'] {
  const component = plan.components[id];
  if (!component) throw new Error(`The plan has no component "${id}"`);
  return { ...component, id };
}
