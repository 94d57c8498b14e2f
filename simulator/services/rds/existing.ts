import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { notFound } from './reads.ts';
import { keyOf, rdsState, type SimulatedInstance } from './state.ts';

/** The instance that a call names. */
export function existing(world: World, call: Call): SimulatedInstance {
  const id = String(call.input.DBInstanceIdentifier);
  const instance = rdsState(world).instances.get(keyOf(call.region, id));
  if (!instance) throw notFound(id);
  return instance;
}

export function inState(instance: SimulatedInstance, status: string): void {
  const { DBInstanceIdentifier: id, DBInstanceStatus: present } = instance.shown;
  if (present !== status) {
    throw new SimulatedAwsError(
      'InvalidDBInstanceStateFault',
      `Instance ${id} is ${present}, not ${status}.`,
    );
  }
}

/** The reply of a call about one instance. */
export function shown(instance: SimulatedInstance): unknown {
  return { DBInstance: structuredClone(instance.shown) };
}
