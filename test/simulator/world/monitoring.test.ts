import { expect, test } from 'vitest';
import type { Disaster } from '../../../shared/plan/schema.ts';
import { strike } from '../../../simulator/disaster.ts';
import { createFaults } from '../../../simulator/faults/faults.ts';
import { service as rds } from '../../../simulator/services/rds.ts';
import { startVirtualTime } from '../../../simulator/world/clock.ts';
import { createWorld } from '../../../simulator/world/create-world.ts';
import { sleep } from '../../../simulator/world/sleep.ts';
import { plan as liquidAbt } from '../support/liquid-abt.ts';

/** Alarms that fire within ten minutes of a disaster, by name. */
async function alarmsAfter(scenario: string, change: Partial<Disaster>, lost?: string): Promise<string[]> {
  const plan = structuredClone(liquidAbt);
  Object.assign(plan.scenarios[scenario]?.disaster ?? {}, change);
  const faults = createFaults([]);
  if (!faults.ok) throw new Error('no faults');
  const outageStartedAt = plan.rehearsal.outageStart;
  const time = startVirtualTime(Date.parse(outageStartedAt));
  try {
    const world = createWorld({ plan, seed: 1, faults: faults.faults, services: [rds], outageStartedAt });
    const names: string[] = [];
    world.onEvent(({ event }) => {
      const name = (event.detail as { alarmName?: string }).alarmName;
      if (name) names.push(name);
    });
    if (lost) world.loseRegion(lost);
    strike(world, [rds], scenario);
    await time.drive(sleep(600_000), world.inFlight);
    return names;
  } finally {
    time.stop();
  }
}

test('a database that stays down raises its alarm, one that came back in time does not', async () => {
  expect(await alarmsAfter('database-failure', { selfHealing: false })).toEqual([
    'liquid-abt-database-connections',
  ]);
  expect(await alarmsAfter('database-failure', { selfHealing: true })).toEqual([]);
});

test('a lost region stops its heartbeat, whatever else the scenario is about', async () => {
  const heartbeat = 'lifeboat-liquid-abt-primary-heartbeat';
  expect(await alarmsAfter('region-failure', {})).toEqual([heartbeat]);
  const both = await alarmsAfter('database-failure', { selfHealing: true }, liquidAbt.regions.primary);
  expect(both.sort()).toEqual([heartbeat, 'liquid-abt-database-connections']);
});
