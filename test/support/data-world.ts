import type {
  Action,
  ActionContext,
  Change,
  Observation,
  Preparation,
} from '../../shared/actions/contract.ts';
import { createSecretReader } from '../../shared/aws/secret-reader.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { Mode } from '../../shared/runbook/contract.ts';
import { createFaults } from '../../simulator/faults/faults.ts';
import { service as cloudwatch } from '../../simulator/services/cloudwatch.ts';
import { service as dynamodb } from '../../simulator/services/dynamodb.ts';
import { service as elasticache } from '../../simulator/services/elasticache.ts';
import { service as kms } from '../../simulator/services/kms.ts';
import { service as rds } from '../../simulator/services/rds.ts';
import { service as redis } from '../../simulator/services/redis.ts';
import { service as secretsmanager } from '../../simulator/services/secretsmanager.ts';
import { startVirtualTime } from '../../simulator/world/clock.ts';
import { createWorld } from '../../simulator/world/create-world.ts';
import { appDependencies } from '../../simulator/world/dependencies.ts';
import { simulatedRedis } from '../../simulator/world/redis.ts';
import { simulatedClients } from '../../simulator/world/simulated-clients.ts';
import type { Blow, World } from '../../simulator/world/world.ts';
import { run as aRun, contextOf } from './compute-world.ts';
import { dataPlan, primary, recovery } from './data-plan.ts';

export const outageStartedAt = '2026-03-10T16:42:00.000Z';
const services = [rds, kms, secretsmanager, cloudwatch, dynamodb, redis, elasticache];

export type DataScene = {
  world: World;
  changes: Change[];
  /** Statements that were sent to databases, as `<host> <statement>`. */
  statements: string[];
  context(mode?: Mode, actedAtMs?: number): ActionContext;
  /** Runs an action as the step machine does: prepare, act, and observe every 5 s for two hours at most. */
  step(action: Action, parameters: object, mode?: Mode): Promise<Outcome>;
  prepare(action: Action, parameters: object, mode?: Mode): Promise<Preparation>;
  /** Calls undo until it is done. */
  undo(action: Action, parameters: object, outcome: Outcome, mode?: Mode): Promise<Observation>;
  /** What a disaster does to a component. */
  strike(blow: Blow): void;
  call(name: string, region: string, input?: Record<string, unknown>): Promise<Record<string, never>>;
  wait(seconds: number): Promise<void>;
};
export type Outcome = (Preparation | Observation) & { baseline?: JsonObject; seconds: number };

/** Runs a test in a simulated world with clusters, caches and tables, in virtual time, from the start of an outage. */
export async function inData<T>(
  test: (scene: DataScene) => Promise<T>,
  options: { faults?: string[]; seed?: number } = {},
): Promise<T> {
  const parsed = createFaults(options.faults ?? []);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  const plan = dataPlan();
  const time = startVirtualTime(Date.parse(outageStartedAt));
  try {
    const world = createWorld({
      plan,
      seed: options.seed ?? 1,
      faults: parsed.faults,
      services,
      outageStartedAt,
    });
    return await test(sceneOf(world, work => time.drive(work, world.inFlight)));
  } finally {
    time.stop();
  }
}

function sceneOf(world: World, drive: <R>(work: Promise<R>) => Promise<R>): DataScene {
  const aws = simulatedClients(world, { primary, recovery });
  const changes: Change[] = [];
  const statements: string[] = [];
  const wait = (seconds: number) => drive(new Promise<void>(resolve => setTimeout(resolve, seconds * 1000)));
  const context = (mode: Mode = 'recover', actedAtMs?: number): ActionContext => ({
    ...contextOf({
      changes,
      aws,
      secret: createSecretReader(aws),
      run: { ...aRun, mode, outageStartedAt },
      network: { sql: sqlOf(world, statements), redis: simulatedRedis(world) },
    }),
    elapsedSeconds: actedAtMs === undefined ? 0 : (world.nowMs() - actedAtMs) / 1000,
  });
  const scene: DataScene = {
    world,
    changes,
    statements,
    context,
    wait,
    prepare: (action, parameters, mode) =>
      drive(action.prepare(context(mode), action.parameters.parse(parameters))),
    async step(action, given, mode) {
      const parameters = action.parameters.parse(given);
      const startedAtMs = world.nowMs();
      const preparation = await drive(action.prepare(context(mode), parameters));
      if (preparation.status !== 'ready') return { ...preparation, seconds: 0 };
      const { baseline } = preparation;
      const actedAtMs = world.nowMs();
      // The step machine calls act again when it failed with an error that passes.
      await drive(actTwice(() => action.act?.(context(mode, actedAtMs), parameters, baseline)));
      for (let looks = 0; looks < 1440; looks++) {
        const seen = await drive(action.observe(context(mode, actedAtMs), parameters, baseline));
        if (seen.status !== 'pending') {
          return { ...seen, baseline, seconds: (world.nowMs() - startedAtMs) / 1000 };
        }
        await wait(5);
      }
      throw new Error('still pending after two hours');
    },
    async undo(action, given, outcome, mode) {
      const parameters = action.parameters.parse(given);
      const outputs = outcome.status === 'done' ? outcome.outputs : {};
      for (let calls = 0; calls < 720; calls++) {
        const work = action.undo?.(context(mode), parameters, outcome.baseline ?? {}, outputs);
        if (!work) throw new Error(`${action.kind} has no undo`);
        const seen = await drive(work);
        if (seen.status !== 'pending') return seen;
        await wait(10);
      }
      throw new Error('never undone');
    },
    strike(blow) {
      const played = services.flatMap(service => service.strike?.(world, blow) ?? []);
      if (played.length === 0) throw new Error(`nothing plays ${blow.type} of ${blow.component.type}`);
    },
    call: (name, region, input = {}) => {
      const [service = '', operation = ''] = name.split('.');
      return drive(world.call({ service, operation, region, input })) as Promise<Record<string, never>>;
    },
  };
  return scene;
}

async function actTwice(act: () => Promise<void> | undefined): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Error && 'retryable' in error && error.retryable)) throw error;
    await act();
  }
}

/** PostgreSQL as the write probe meets it: it answers whether it is in recovery, and takes statements if it writes. */
function sqlOf(world: World, statements: string[]): ActionContext['network']['sql'] {
  return async ({ url }) => {
    const host = new URL(url).hostname;
    const found = appDependencies(world).databaseAt(host);
    if (!found) throw new Error('nothing answers');
    return {
      query: async text => {
        statements.push(`${host} ${text}`);
        return { rows: [{ in_recovery: !found.writable }] };
      },
      end: async () => {},
    };
  };
}
