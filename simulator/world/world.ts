import { createHash } from 'node:crypto';
import type { TypicalDuration } from '../../shared/actions/contract.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { Component } from '../../shared/plan/components.ts';
import type { Disaster, Plan } from '../../shared/plan/schema.ts';
import type { FaultSet } from '../faults/faults.ts';

/** One call at the SDK boundary. `service` is the IAM prefix (`rds`, `route53`, `elasticloadbalancing`). */
export type Call = { service: string; operation: string; region: string; input: Record<string, unknown> };

/** Something that changed in the world, and when (ms since the epoch, virtual). `resource` names what it was. */
export type WorldChange = { atMs: number; resource: string; what: string; by: 'aws' | 'lifeboat' | 'person' };

/** An event document that AWS would put on the bus of `region`. */
export type BusEvent = { region: string; event: JsonObject };

/**
 * The simulated world: state, time, chance and faults. Services (`simulator/services/<name>.ts`) keep their state in
 * it and answer calls; nothing in it knows a particular service. All chance comes from `random(key)`, a function of
 * the seed and the key, never of the order of calls, so that one more poll does not change a restore's duration.
 */
export type World = {
  readonly plan: Plan;
  readonly seed: number;
  readonly faults: FaultSet;
  nowMs(): number;
  now(): Date;
  /** A service's own state, made on first use. */
  state<T>(key: string, make: () => T): T;
  /** In [0, 1), the same for the same seed and key. */
  random(key: string): number;
  /** Seconds between min and max, most often near likely. */
  duration(typical: Omit<TypicalDuration, 'source'>, key: string): number;
  /** Makes a change later in virtual time, and records it. */
  after(seconds: number, resource: string, what: string, change: () => void): void;
  /** Records a change made now. */
  changed(resource: string, what: string, by?: WorldChange['by']): void;
  readonly changes: readonly WorldChange[];
  /** Called at every change; invariants listen here. */
  onChange(listener: (change: WorldChange) => void): void;
  /** Called with every call before it is answered; invariants listen here. */
  onCall(listener: (call: Call) => void): void;
  /** Puts an event on a region's bus. */
  emit(event: BusEvent): void;
  onEvent(listener: (event: BusEvent) => void): void;
  loseRegion(region: string): void;
  /** The region answers again, in the state that its people have left it in: isolated, with nothing that writes. */
  returnRegion(region: string): void;
  isLost(region: string): boolean;
  /** When the outage that is rehearsed began. */
  outageStartedAtMs: number;
  /** Counts, applies faults and hands to the service. */
  call(call: Call): Promise<unknown>;
  readonly calls: Map<string, number>;
  /** Waits for something real (an embedded Postgres, a module load) while virtual time stands still. */
  real<T>(work: Promise<T>): Promise<T>;
  readonly inFlight: { count: number };
};

/** What a disaster does to one component. */
export type Blow = BlowOf<Disaster>;
type BlowOf<D> = D extends { type: 'failure' | 'loss' | 'intrusion' | 'corruption' }
  ? Omit<D, 'components' | 'component'> & { component: Component }
  : never;

/** A service of the simulated world: one file in `simulator/services/`, exported as `service`. */
export type SimulatedService = {
  /** IAM prefix, as in permissions and in the names of faults. */
  name: string;
  operations: Record<string, (world: World, call: Call) => unknown>;
  /** Makes what the plan's components say exists before the outage. */
  arrange?(world: World, plan: Plan): void;
  /** What happens to this service's resources in a region at the moment that region is lost. */
  loseRegion?(world: World, region: string): void;
  /**
   * What this service's resources in a region are like when that region answers again. The task that a failover
   * leaves open has been done: databases there are stopped, workloads scaled to nothing.
   */
  returnRegion?(world: World, region: string): void;
  /**
   * What happens to this service's resources in one Availability Zone (by its letter) when that zone is lost. The
   * answer tells whether the damage is still there.
   */
  loseZone?(world: World, region: string, zone: string): (() => boolean) | undefined;
  /**
   * Plays what a disaster does to a component, if it is of a type that this service keeps. The answer tells whether
   * the damage is still there, which is what alarms go by; undefined for components of other services.
   */
  strike?(world: World, blow: Blow): (() => boolean) | undefined;
};

/** An error as the SDK throws it. `status` decides whether the SDK retries (5xx and throttling are). */
export class SimulatedAwsError extends Error {
  readonly $fault: 'client' | 'server';
  readonly $metadata: { httpStatusCode: number; attempts: number };
  readonly $retryable?: { throttling: boolean };

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.$fault = status >= 500 ? 'server' : 'client';
    this.$metadata = { httpStatusCode: status, attempts: 1 };
    if (/throttl/i.test(name)) this.$retryable = { throttling: true };
  }
}

/** In [0, 1) from a seed and a key. */
export function hashToUnit(seed: number, key: string): number {
  return createHash('sha256').update(`${seed}:${key}`).digest().readUInt32BE(0) / 2 ** 32;
}
