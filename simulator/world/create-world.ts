import { patienceFor } from '../../shared/aws/aws-clients.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import type { FaultSet } from '../faults/faults.ts';
import { later } from './sleep.ts';
import {
  type BusEvent,
  type Call,
  hashToUnit,
  SimulatedAwsError,
  type SimulatedService,
  type World,
  type WorldChange,
} from './world.ts';

export type WorldOptions = {
  plan: Plan;
  seed: number;
  faults: FaultSet;
  services: readonly SimulatedService[];
  /** Virtual time of the outage; the world begins a little before it. */
  outageStartedAt: string;
};

/** A world as the plan describes it, before anything has happened. Its time is the faked `Date` and `setTimeout`. */
export function createWorld(options: WorldOptions): World {
  const { plan, seed, faults } = options;
  const states = new Map<string, unknown>();
  const changes: WorldChange[] = [];
  const calls = new Map<string, number>();
  const changeListeners: ((change: WorldChange) => void)[] = [];
  const callListeners: ((call: Call) => void)[] = [];
  const eventListeners: ((event: BusEvent) => void)[] = [];
  const lost = new Set<string>();
  const services = new Map(options.services.map(service => [service.name, service]));

  const world: World = {
    plan,
    seed,
    faults,
    outageStartedAtMs: Date.parse(options.outageStartedAt),
    changes,
    calls,
    inFlight: { count: 0 },
    nowMs: () => Date.now(),
    now: () => new Date(),
    state<T>(key: string, make: () => T): T {
      if (!states.has(key)) states.set(key, make());
      return states.get(key) as T;
    },
    random: key => hashToUnit(seed, key),
    duration: (typical, key) => drawDuration(typical, hashToUnit(seed, `duration:${key}`)),
    after(seconds, resource, what, change) {
      later(Math.round(seconds * 1000), () => {
        change();
        world.changed(resource, what);
      });
    },
    changed(resource, what, by = 'aws') {
      const change: WorldChange = { atMs: Date.now(), resource, what, by };
      changes.push(change);
      for (const listener of changeListeners) listener(change);
    },
    onChange: listener => changeListeners.push(listener),
    onCall: listener => callListeners.push(listener),
    emit(event) {
      for (const listener of eventListeners) listener(event);
    },
    onEvent: listener => eventListeners.push(listener),
    loseRegion(region) {
      lost.add(region);
      for (const service of services.values()) service.loseRegion?.(world, region);
      world.changed(`region/${region}`, `The region ${region} stops answering`);
    },
    returnRegion(region) {
      if (!lost.delete(region)) return;
      for (const service of services.values()) service.returnRegion?.(world, region);
      world.changed(`region/${region}`, `The region ${region} answers again`);
    },
    isLost: region => lost.has(region),
    call(call) {
      for (const listener of callListeners) listener(call);
      return answerCall(world, services, calls, call);
    },
    async real(work) {
      world.inFlight.count += 1;
      try {
        return await work;
      } finally {
        world.inFlight.count -= 1;
      }
    },
  };
  for (const service of services.values()) service.arrange?.(world, plan);
  return world;
}

async function answerCall(
  world: World,
  services: Map<string, SimulatedService>,
  calls: Map<string, number>,
  call: Call,
): Promise<unknown> {
  const name = `${call.service}.${call.operation}`;
  calls.set(name, (calls.get(name) ?? 0) + 1);
  if (world.isLost(call.region)) {
    world.faults.hit(`region:${call.region}`);
    return silence(world, call);
  }
  const fault = world.faults.onCall(call);
  if (fault === 'throttle') throw new SimulatedAwsError('ThrottlingException', 'Rate exceeded', 429);
  if (fault === 'error5xx')
    throw new SimulatedAwsError('InternalFailure', `${name} had an internal failure`, 500);
  if (fault === 'timeout') return silence(world, call);
  const handler = services.get(call.service)?.operations[call.operation];
  if (!handler)
    throw new SimulatedAwsError('UnknownOperationException', `The simulator does not know ${name}`, 400);
  const answer = await handler(world, call);
  if (fault === 'lost-reply') return silence(world, call);
  return answer;
}

/** Nothing comes back until the client's own time-out for that region is over. */
function silence(world: World, { service, operation, region }: Call): Promise<never> {
  const { requestTimeoutMs } = patienceFor(region, world.plan.regions);
  const error = new SimulatedAwsError(
    'TimeoutError',
    `${service}.${operation} was not answered in time`,
    504,
  );
  return new Promise((_, reject) => {
    setTimeout(() => reject(error), requestTimeoutMs);
  });
}

/** Triangular distribution between min and max with its peak at likely. */
function drawDuration(
  typical: { minSeconds: number; likelySeconds: number; maxSeconds: number },
  unit: number,
): number {
  const { minSeconds: a, likelySeconds: c, maxSeconds: b } = typical;
  if (b <= a) return a;
  const split = (c - a) / (b - a);
  if (unit < split) return a + Math.sqrt(unit * (b - a) * (c - a));
  return b - Math.sqrt((1 - unit) * (b - a) * (b - c));
}
