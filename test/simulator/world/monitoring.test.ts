import { expect, test } from 'vitest';
import { type Disaster, type Plan, planSchema } from '../../../shared/plan/schema.ts';
import { parseEvent } from '../../../shared/triage/parse-event.ts';
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

test('metrics and events of a plan are heard when its disaster holds, and not from a region that is gone', async () => {
  const signals = planSchema.shape.signals.parse({
    errors: {
      title: 'Errors',
      observer: 'application',
      type: 'metric',
      region: liquidAbt.regions.primary,
      namespace: 'Shop',
      metric: 'Errors',
      comparison: 'above',
      threshold: 1,
    },
    finding: {
      title: 'Finding',
      observer: 'aws',
      type: 'event',
      region: liquidAbt.regions.primary,
      source: 'aws.guardduty',
      detailType: 'GuardDuty Finding',
      firing: { severity: { atLeast: 7 } },
      subject: 'id',
    },
  });
  const heard = await eventsAfter(signals, { selfHealing: false });
  expect(heard).toEqual(['errors', 'finding']);
  expect(await eventsAfter(signals, { selfHealing: true })).toEqual(['finding']);
});

test('what a plan waits for of AWS Health comes as AWS sends it, minutes after the outage began', async () => {
  const signals = planSchema.shape.signals.parse({
    zone: {
      title: 'An issue of EC2',
      observer: 'aws',
      type: 'event',
      region: liquidAbt.regions.primary,
      source: 'aws.health',
      detailType: 'AWS Health Event',
      firing: { service: 'EC2', eventTypeCategory: 'issue', statusCode: 'open' },
    },
  });
  expect(await eventsAfter(signals, {}, 299)).toEqual([]);
  expect(await eventsAfter(signals, {}, 1800)).toEqual(['zone']);
});

test.each([
  ['AWS/RDS', 'breaching', true],
  ['AWS/RDS', 'unknown', false],
  ['Shop', 'unknown', true],
])(
  'of a lost database a metric of %s with missing data as %s is heard: %s',
  async (namespace, missing, heard) => {
    const signals = planSchema.shape.signals.parse({
      connections: {
        title: 'Connections',
        observer: 'rds',
        type: 'metric',
        region: liquidAbt.regions.primary,
        namespace,
        missing,
        metric: 'DatabaseConnections',
        comparison: 'below',
        threshold: 1,
      },
    });
    const events = await eventsAfter(signals, { type: 'loss', components: ['database'] });
    expect(events.includes('connections')).toBe(heard);
  },
);

/** Signals that the triage makes of what is sent within that time of a failing database. */
async function eventsAfter(
  signals: Plan['signals'],
  change: Partial<Disaster>,
  seconds = 600,
): Promise<string[]> {
  const plan: Plan = { ...structuredClone(liquidAbt), signals };
  const scenario = plan.scenarios['database-failure'];
  Object.assign(scenario?.disaster ?? {}, change);
  Object.assign(scenario?.trigger ?? {}, { signals: Object.keys(signals) });
  const faults = createFaults([]);
  if (!faults.ok) throw new Error('no faults');
  const outageStartedAt = plan.rehearsal.outageStart;
  const time = startVirtualTime(Date.parse(outageStartedAt));
  try {
    const world = createWorld({ plan, seed: 1, faults: faults.faults, services: [rds], outageStartedAt });
    const heard: string[] = [];
    world.onEvent(({ event }) => {
      const parsed = parseEvent(plan, event);
      if (parsed.kind === 'signals') heard.push(...parsed.signals.map(({ signal }) => signal));
    });
    strike(world, [rds], 'database-failure');
    await time.drive(sleep(seconds * 1000), world.inFlight);
    return heard.sort();
  } finally {
    time.stop();
  }
}
