import { parseDuration } from '../../shared/plan/duration.ts';
import { componentsOf } from '../world/addresses.ts';
import { menders } from '../world/assumed-repairs.ts';
import { appDependencies } from '../world/dependencies.ts';
import type { Blow, SimulatedService, World } from '../world/world.ts';

/** Ids of the components of type `service` that do not serve: those that were struck, and those that are yet to be made. */
const broken = (world: World) =>
  world.state('broken-services', () => {
    const missing = componentsOf(world.plan, 'service').filter(({ onDemand }) => onDemand);
    return new Set(missing.map(({ id }) => id));
  });

/** Whether what the plan calls a service serves now. */
export const otherServiceServes = (world: World, id: string): boolean => !broken(world).has(id);

/**
 * What has no type of its own. It has no API that is simulated: it serves, or it does not, and is mended by what the plan
 * says mends it.
 */
export const service: SimulatedService = {
  name: 'other-services',
  operations: {},
  arrange(world) {
    menders(world).set('service', component => {
      const { id } = component;
      const seconds = component.type === 'service' ? takesSeconds(world, id, component.takes) : 0;
      const mend = () => void broken(world).delete(id);
      if (seconds === 0) mend();
      else world.after(seconds, `service/${id}`, `${id} serves again`, mend);
    });
    appDependencies(world).componentAnswers.set(
      'service',
      ({ id, region }) => !world.isLost(region) && otherServiceServes(world, id),
    );
  },
  strike,
};

/** About as long as the plan says, in the same range as builds. */
function takesSeconds(world: World, id: string, takes: string): number {
  const likely = parseDuration(takes) ?? 0;
  const typical = { minSeconds: likely * 0.6, likelySeconds: likely, maxSeconds: likely * 1.8 };
  return likely === 0 ? 0 : world.duration(typical, `service/${id}`);
}

function strike(world: World, { type, component }: Blow): (() => boolean) | undefined {
  if (component.type !== 'service' || (type !== 'failure' && type !== 'loss')) return undefined;
  const { id } = component;
  broken(world).add(id);
  world.changed(`service/${id}`, `${id} ${type === 'loss' ? 'is gone with what it held' : 'stops serving'}`);
  return () => !otherServiceServes(world, id);
}
