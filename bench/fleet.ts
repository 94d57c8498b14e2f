import { listVerifications } from '../shared/backups/verify/state.ts';
import { loadPlan } from '../shared/plan/load.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { onStage } from '../simulator/backups/stage.ts';

const planDirectory = 'plans/liquid-abt';

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
  const started = performance.now();
  const cpu = process.cpuUsage();
  const played = await onStage({ plan, planDirectory, seed: 1, fleetSize: databases }, async stage => {
    const { engine, runtime, world } = stage;
    const fromMs = world.nowMs();
    await engine.startExecution({
      stateMachineArn: runtime.settings.verifyMachineArns?.fleet ?? '',
      name: 'fleet',
      input: { by: 'bench', fleet: 'bench' },
    }).result;
    const seconds = (world.nowMs() - fromMs) / 1000;
    const held = placesHeld(world.changes);
    const all = await listVerifications(runtime);
    const proven = all.filter(({ outcome }) => outcome === 'proven').length;
    const total = held.reduce((sum, one) => sum + one, 0);
    return { databases, proven, seconds, boundSeconds: Math.max(total / atOnce, ...held) };
  });
  const { user, system } = process.cpuUsage(cpu);
  return { ...played, wallMs: performance.now() - started, cpuMs: (user + system) / 1000 };
}

/** Seconds from the request for each throw-away instance until it is gone: what holds a place of the quota. */
export function placesHeld(changes: readonly { resource: string; what: string; atMs: number }[]): number[] {
  const begun = new Map<string, number>();
  const held: number[] = [];
  for (const { resource, what, atMs } of changes) {
    if (what.includes('is being restored')) begun.set(resource, atMs);
    const from = what.endsWith('is gone') ? begun.get(resource) : undefined;
    if (from !== undefined) held.push((atMs - from) / 1000);
  }
  return held;
}

/** LIQUID ABT's plan with a fleet of databases as its only backup. */
async function fleetPlan(atOnce: number): Promise<Plan> {
  const { plan } = await loadPlan(`${planDirectory}/plan.yml`);
  const verify = plan?.backups['database-copies']?.verify;
  if (!plan || !verify) throw new Error('the plan of LIQUID ABT proves its copies');
  return {
    ...plan,
    calendar: {},
    backups: {
      tenants: {
        type: 'rds-fleet',
        title: 'Databases of tenants',
        region: plan.regions.recovery,
        instances: 'tenant-*',
        atOnce,
        retention: 7 * 86_400,
        rpo: 86_400,
        verify: { ...verify, balances: [], queries: verify.queries.slice(0, 1) },
      },
    },
  };
}
