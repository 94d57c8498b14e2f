import { listVerifications } from '../shared/backups/verify/state.ts';
import { placesHeld } from '../simulator/backups/places-held.ts';
import { onStage } from '../simulator/backups/stage.ts';
import { fleetPlan, planDirectory } from '../test/backups/fleet-plan.ts';

/** What became of a simulated fleet: how near its end is to what the quota allows, and what simulating it took. */
export type FleetFigures = {
  databases: number;
  proven: number;
  /** From the start of the fleet until its end, by the virtual clock. */
  seconds: number;
  /** The time that all throw-away instances hold a place, divided by the places; or the longest one. */
  boundSeconds: number;
  wallMs: number;
  cpuMs: number;
};

/** Proves the snapshots of so many databases, as many at once as the quota of DB instances allows. */
export async function measureFleet(databases: number, atOnce: number): Promise<FleetFigures> {
  const plan = await fleetPlan(atOnce);
  return onStage({ plan, planDirectory, seed: 1, fleetSize: databases }, async stage => {
    const { engine, runtime, world } = stage;
    // The stage stands: what follows is the simulation itself.
    const started = performance.now();
    const cpu = process.cpuUsage();
    const fromMs = world.nowMs();
    await engine.startExecution({
      stateMachineArn: runtime.settings.verifyMachineArns?.fleet ?? '',
      name: 'fleet',
      input: { by: 'bench', fleet: 'bench' },
    }).result;
    const seconds = (world.nowMs() - fromMs) / 1000;
    const wallMs = performance.now() - started;
    const { user, system } = process.cpuUsage(cpu);
    const held = placesHeld(world.changes);
    const all = await listVerifications(runtime);
    const proven = all.filter(({ outcome }) => outcome === 'proven').length;
    const total = held.reduce((sum, one) => sum + one, 0);
    const boundSeconds = Math.max(total / atOnce, ...held);
    return { databases, proven, seconds, boundSeconds, wallMs, cpuMs: (user + system) / 1000 };
  });
}
