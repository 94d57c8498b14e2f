import type {
  Action,
  ActionContext,
  Change,
  Observation,
  Preparation,
} from '../../shared/actions/contract.ts';
import { loadActions } from '../../shared/actions/load-actions.ts';
import { LifeboatError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { planSchema } from '../../shared/plan/schema.ts';
import type { Mode } from '../../shared/runbook/contract.ts';
import type { CallFault } from '../../simulator/faults/faults.ts';
import { loadServices } from '../../simulator/services.ts';
import { startVirtualTime } from '../../simulator/world/clock.ts';
import { createWorld } from '../../simulator/world/create-world.ts';
import { createInternet } from '../../simulator/world/internet.ts';
import { simulatedClients } from '../../simulator/world/simulated-clients.ts';
import type { Blow, World } from '../../simulator/world/world.ts';
import { contextOf, faultsOf, outageStartedAt, run } from './compute-world.ts';

export const regions = { primary: 'ap-southeast-2', recovery: 'ap-southeast-4' };

/** What became of a step that was carried out as the step machine does it. */
export type Played = {
  preparation: Preparation;
  /** Undefined when prepare refused or found everything done. */
  seen: Observation | undefined;
  undo(): Promise<Observation>;
};

export type AwsScene = {
  world: World;
  changes: Change[];
  action(kind: string): Promise<Action>;
  /** Prepare, act (again after a lost reply) and observe until it is no longer pending. */
  play(kind: string, parameters: JsonObject, options?: { mode?: Mode; forSeconds?: number }): Promise<Played>;
  /** Plays what a disaster does to a component. Tells whether the damage is still there. */
  strike(blow: Partial<Blow> & { type: Blow['type'] }, component: string): () => boolean;
  wait(seconds: number): Promise<void>;
  drive<T>(work: Promise<T>): Promise<T>;
  /** A call as somebody else makes it. */
  call(name: string, input: Record<string, unknown>, region?: string): Promise<Record<string, unknown>>;
};

type Options = {
  faults?: Record<string, CallFault[]>;
  /** Reads of this service answer with what held 20 s ago. */
  stale?: string;
  seed?: number;
  secret?: ActionContext['secret'];
  http?: ActionContext['network']['http'];
  mongo?: ActionContext['network']['mongo'];
};

/** A plan with these components and nothing else that matters. */
export function planWith(components: JsonObject, scenarios: JsonObject = {}): Plan {
  return planSchema.parse({
    lifeboat: 1,
    system: { id: 'shop', title: 'Shop', owner: 'Platform', version: '1', reviewed: '2026-01-06' },
    regions,
    objectives: { rto: '4h', rpo: '1h' },
    severities: { critical: { title: 'Critical' } },
    components,
    people: {},
    channels: {},
    audiences: {},
    scenarios,
  });
}

/** Runs a test in a world with every simulated service and these components, in virtual time. */
export async function inAws<T>(
  components: JsonObject,
  test: (scene: AwsScene) => Promise<T>,
  options: Options = {},
): Promise<T> {
  const plan = planWith(components);
  const services = await loadServices();
  const time = startVirtualTime(Date.parse(outageStartedAt));
  try {
    const faults = {
      ...faultsOf(options.faults),
      has: (name: string) => name === `stale-read:${options.stale}`,
    };
    const world = createWorld({ plan, seed: options.seed ?? 1, faults, services, outageStartedAt });
    const changes: Change[] = [];
    const drive = <R>(work: Promise<R>) => time.drive(work, world.inFlight);
    const wait = (seconds: number) =>
      drive(new Promise<void>(resolve => setTimeout(resolve, seconds * 1000)));
    const aws = simulatedClients(world, regions);
    const internet = createInternet(world);
    const { http, mongo } = options;
    const network = { ...internet, ...(http && { http }), ...(mongo && { mongo }) };

    const play: AwsScene['play'] = async (kind, given, { mode = 'recover', forSeconds = 7200 } = {}) => {
      const action = (await loadActions([kind]))[kind] as Action;
      const parameters = action.parameters.parse(fillIn(plan, action, given)) as never;
      const memory: JsonObject = {};
      let actedAtMs = world.nowMs();
      const context = () => ({
        ...contextOf({
          changes,
          aws,
          network,
          memory,
          action: kind,
          run: { ...run, mode },
          secret: options.secret,
        }),
        elapsedSeconds: (world.nowMs() - actedAtMs) / 1000,
      });
      const preparation = await drive(action.prepare(context(), parameters));
      const baseline = 'baseline' in preparation ? preparation.baseline : {};
      const undo = async () => {
        for (let looks = 0; looks < 500; looks++) {
          const undone = await drive(
            Promise.resolve(action.undo?.(context(), parameters, baseline, {}) ?? noUndo(kind)),
          );
          if (undone.status !== 'pending') return undone;
          await wait(5);
        }
        throw new Error(`${kind} is not undone`);
      };
      if (preparation.status !== 'ready') return { preparation, seen: undefined, undo };
      Object.assign(memory, baseline);
      actedAtMs = world.nowMs();
      for (let attempt = 0; ; attempt++) {
        const lost = await drive(Promise.resolve(action.act?.(context(), parameters, { ...memory }))).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (lost === undefined) break;
        if (!(lost instanceof LifeboatError) || !lost.retryable || attempt > 3) throw lost;
      }
      let seen: Observation = { status: 'pending', note: 'not looked yet' };
      while (seen.status === 'pending' && world.nowMs() - actedAtMs < forSeconds * 1000) {
        seen = await drive(action.observe(context(), parameters, { ...memory }));
        if (seen.status === 'pending') await wait(5);
      }
      return { preparation, seen, undo };
    };

    return await test({
      world,
      changes,
      drive,
      wait,
      play,
      action: async kind => (await loadActions([kind]))[kind] as Action,
      strike: (blow, id) => {
        const component = { ...plan.components[id], id } as Blow['component'];
        const full = { selfHealing: false, cause: 'crash', ...blow, component } as Blow;
        const damages = services.flatMap(service => service.strike?.(world, full) ?? []);
        if (damages.length === 0) throw new Error(`nobody plays ${blow.type} of ${id}`);
        return () => damages.some(holds => holds());
      },
      call: (name, input, region = regions.recovery) => {
        const [service = '', operation = ''] = name.split('.');
        return drive(world.call({ service, operation, region, input })) as Promise<Record<string, unknown>>;
      },
    });
  } finally {
    time.stop();
  }
}

const noUndo = (kind: string): Promise<Observation> => Promise.reject(new Error(`${kind} has no undo`));

/** Component parameters by their ids, as the compiler bakes them into a step. */
function fillIn(plan: Plan, action: Action, given: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const component =
        name in action.components && typeof value === 'string' ? plan.components[value] : undefined;
      return [name, component ? ({ ...component, id: value } as unknown as JsonObject) : value];
    }),
  );
}

/** Actions and resources of an action's permissions, one line each. */
export async function permissionsOf(
  kind: string,
  components: JsonObject,
  given: JsonObject,
): Promise<string[]> {
  const action = (await loadActions([kind]))[kind] as Action;
  const parameters = action.parameters.parse(fillIn(planWith(components), action, given)) as never;
  return action
    .permissions(parameters, regions)
    .flatMap(({ actions, resources }) => actions.flatMap(one => resources.map(arn => `${one} ${arn}`)));
}

/** Permissions that change something, on everything: there must be none. */
export function openChanges(permissions: readonly string[]): string[] {
  return permissions.filter(line => line.endsWith(' *') && !/:(Get|List|Describe)/.test(line));
}

/** What is wrong, of a refusal or a failure. */
export function reasonsOf(outcome: Preparation | Observation | undefined): string {
  return outcome && 'reasons' in outcome ? outcome.reasons.map(({ what }) => what).join(' ') : '';
}
