import { planSchema } from '../../../shared/plan/schema.ts';
import { createFaults } from '../../../simulator/faults/faults.ts';
import { service as kms } from '../../../simulator/services/kms.ts';
import { service as rds } from '../../../simulator/services/rds.ts';
import { service as secretsmanager } from '../../../simulator/services/secretsmanager.ts';
import { startVirtualTime } from '../../../simulator/world/clock.ts';
import { createWorld } from '../../../simulator/world/create-world.ts';
import type { BusEvent, World } from '../../../simulator/world/world.ts';
import {
  besideTarget,
  database,
  newDatabase,
  outageStartedAt,
  primary,
  recovery,
  replica,
  target,
} from '../../actions/rds/support.ts';

const planWith = (more: Record<string, unknown>) =>
  planSchema.parse({
    lifeboat: 1,
    system: { id: 'app', title: 'App', owner: 'team', version: '1', reviewed: '2026-01-01' },
    regions: { primary, recovery },
    objectives: { rto: '4h', rpo: '1h' },
    severities: {},
    components: {
      database,
      'dr-database': target,
      'beside-database': besideTarget,
      'new-database': newDatabase,
      ...more,
      'app-secret': { type: 'secret', region: recovery, name: 'app/db' },
    },
    people: {},
    channels: {},
    audiences: {},
    scenarios: {},
  });

export type DatabaseWorld = {
  world: World;
  events: BusEvent[];
  call(service: string, operation: string, region: string, input?: Record<string, unknown>): Promise<Answer>;
  /** Lets this much virtual time pass. */
  pass(seconds: number): Promise<void>;
  drive<T>(work: Promise<T>): Promise<T>;
  stop(): void;
};
type Answer = Record<string, Record<string, unknown> & Record<string, unknown>[]>;

/** Databases that some tests have besides: RDS stops no writer that has a replica. */
export const withReplica = { 'read-replica': replica };

/** A world with the databases, keys and secrets of a small plan, at the start of the outage. */
export function databaseWorld(
  faultNames: string[] = [],
  seed = 1,
  more: Record<string, unknown> = {},
): DatabaseWorld {
  const plan = planWith(more);
  const parsed = createFaults(faultNames);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  const time = startVirtualTime(Date.parse(outageStartedAt));
  const world = createWorld({
    plan,
    seed,
    faults: parsed.faults,
    services: [rds, kms, secretsmanager],
    outageStartedAt,
  });
  const events: BusEvent[] = [];
  world.onEvent(event => events.push(event));
  const drive = <T>(work: Promise<T>) => time.drive(work, world.inFlight);
  return {
    world,
    events,
    drive,
    call: async (service, operation, region, input = {}) =>
      (await world.call({ service, operation, region, input })) as Answer,
    pass: seconds => drive(new Promise(resolve => setTimeout(resolve, seconds * 1000))),
    stop: time.stop,
  };
}
