import type * as z from 'zod';
import type { Action, ActionContext, Change, Observation } from '../../shared/actions/contract.ts';
import { createSecretReader } from '../../shared/aws/secret-reader.ts';
import type { JsonObject } from '../../shared/json.ts';
import { type Plan, planSchema } from '../../shared/plan/schema.ts';
import type { Network } from '../../shared/ports.ts';
import type { Mode } from '../../shared/runbook/contract.ts';
import type { FaultSet } from '../../simulator/faults/faults.ts';
import { loadServices } from '../../simulator/services.ts';
import { startVirtualTime } from '../../simulator/world/clock.ts';
import { createWorld } from '../../simulator/world/create-world.ts';
import type { Postgres } from '../../simulator/world/postgres.ts';
import { simulatedClients } from '../../simulator/world/simulated-clients.ts';
import { simulatedSql } from '../../simulator/world/simulated-sql.ts';
import type { World } from '../../simulator/world/world.ts';
import { contextOf, faultsOf, outageStartedAt, run } from './compute-world.ts';

export { faultsOf, outageStartedAt } from './compute-world.ts';

export const primary = 'ap-southeast-2';
export const recovery = 'ap-southeast-4';

const backups = {
  id: 'backups',
  type: 's3-bucket',
  region: primary,
  name: 'shop-backups',
  arrivals: [{ prefix: 'database/', every: '1h' }],
};
const replica = {
  id: 'replica',
  type: 's3-bucket',
  region: recovery,
  name: 'shop-backups-dr',
  replicaOf: 'backups',
};
const evidence = {
  id: 'evidence',
  type: 's3-bucket',
  region: recovery,
  name: 'shop-evidence',
  evidence: true,
};
const database = {
  id: 'database',
  type: 'rds-instance',
  region: recovery,
  identifier: 'shop',
  engine: 'postgres',
  multiAz: true,
  database: 'shop',
  credentials: 'secret:shop/db',
  writeProbe: 'INSERT INTO heartbeat VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET at = now()',
};
const project = { id: 'project', type: 'codebuild-project', region: recovery, name: 'shop-recovery' };
const secret = { id: 'secret', type: 'secret', region: recovery, name: 'shop/db', rotation: 'database' };
const homeSecret = { id: 'home-secret', type: 'secret', region: primary, name: 'shop/api' };
const apiSecret = {
  id: 'api-secret',
  type: 'secret',
  region: recovery,
  name: 'shop/api',
  replicaOf: 'home-secret',
};
const settings = {
  id: 'settings',
  type: 'ssm-parameters',
  region: recovery,
  path: '/shop/production',
  names: ['api/url', 'mode'],
};

const plan: Plan = planSchema.parse({
  lifeboat: 1,
  system: { id: 'shop', title: 'Shop', owner: 'Platform', version: '1', reviewed: '2026-01-06' },
  regions: { primary, recovery },
  objectives: { rto: '4h', rpo: '1h' },
  severities: {},
  components: {
    backups,
    replica,
    evidence,
    database,
    project,
    secret,
    'home-secret': homeSecret,
    'api-secret': apiSecret,
    settings,
  },
  people: {},
  channels: {},
  audiences: {},
  scenarios: {},
});

/** The plan's components, with their defaults, as a step gets them. */
export const components = plan.components as Record<string, never>;

export type Scene = {
  world: World;
  context: ActionContext;
  changes: Change[];
  drive<T>(work: Promise<T>): Promise<T>;
  /** Lets virtual time pass. */
  wait(seconds: number): Promise<void>;
  /** A call that somebody else makes. */
  call(name: string, input: Record<string, unknown>, region?: string): Promise<Record<string, unknown>>;
};

/** Runs a test in a simulated world with buckets, builds, secrets and databases, in virtual time. */
export async function inStores<T>(
  test: (scene: Scene) => Promise<T>,
  options: {
    faults?: FaultSet;
    mode?: Mode;
    postgres?: Promise<Postgres>;
    network?: Partial<Network>;
    seed?: number;
  } = {},
): Promise<T> {
  const services = await loadServices();
  const time = startVirtualTime(Date.parse(outageStartedAt));
  try {
    const faults = options.faults ?? faultsOf();
    const world = createWorld({ plan, seed: options.seed ?? 1, faults, services, outageStartedAt });
    const changes: Change[] = [];
    const aws = simulatedClients(world, plan.regions);
    const { postgres, network } = options;
    const context: ActionContext = {
      ...contextOf({
        changes,
        aws,
        network: { ...network, ...(postgres && { sql: simulatedSql(world, postgres) }) },
        secret: createSecretReader(aws),
        run: { ...run, mode: options.mode ?? 'recover' },
      }),
      reportBucket: 'lifeboat-shop-reports',
    };
    const drive = <R>(work: Promise<R>) => time.drive(work, world.inFlight);
    return await test({
      world,
      context,
      changes,
      drive,
      wait: seconds => drive(new Promise<void>(resolve => setTimeout(resolve, seconds * 1000))),
      call: (name, input, region = recovery) => {
        const [service = '', operation = ''] = name.split('.');
        return world.call({ service, operation, region, input }) as Promise<Record<string, unknown>>;
      },
    });
  } finally {
    time.stop();
  }
}

type Given = Record<string, unknown>;

/** An action with parameters as a plan would give them; each call is driven to its end. */
export function stepsOf<P extends z.ZodObject>(action: Action<P>, scene: Scene, given: Given) {
  const { drive } = scene;
  const plain = action as unknown as Action;
  const parameters = plain.parameters.parse(given);
  let seconds = 0;
  const context = () => ({ ...scene.context, elapsedSeconds: seconds });
  const pass = async (more: number) => {
    seconds += more;
    await scene.wait(more);
  };
  const until = async (look: () => Promise<Observation>, every: number): Promise<Observation> => {
    for (let looks = 0; looks < 400; looks++) {
      const seen = await drive(look());
      if (seen.status !== 'pending') return seen;
      await pass(every);
    }
    throw new Error('still pending');
  };
  return {
    prepare: () => drive(plain.prepare(scene.context, parameters)),
    act: (baseline: JsonObject) => drive(plain.act?.(context(), parameters, baseline) ?? Promise.resolve()),
    observe: (baseline: JsonObject) => drive(plain.observe(context(), parameters, baseline)),
    settle: (baseline: JsonObject, every = 10) =>
      until(() => plain.observe(context(), parameters, baseline), every),
    undo: (baseline: JsonObject, outputs: JsonObject = {}, every = 10) =>
      until(async () => {
        if (!plain.undo) throw new Error(`${plain.kind} has no undo`);
        return plain.undo(context(), parameters, baseline, outputs);
      }, every),
    /** From prepare to done, as the step machine does it; throws when it is not ready. */
    async carryOut(every = 10) {
      const preparation = await drive(plain.prepare(scene.context, parameters));
      if (preparation.status !== 'ready') throw new Error(`not ready: ${JSON.stringify(preparation)}`);
      const { baseline } = preparation;
      if (plain.act) await drive(plain.act(context(), parameters, baseline));
      return { baseline, seen: await until(() => plain.observe(context(), parameters, baseline), every) };
    },
    permissions: () => plain.permissions(parameters as never, plan.regions),
  };
}
