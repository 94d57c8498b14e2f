import type { DBInstance, DBSnapshot } from '@aws-sdk/client-rds';
import { hashToUnit, type World } from '../../world/world.ts';

/** The account of every simulated resource, as in the examples of AWS's documentation. */
export const accountId = '123456789012';

/** A DB instance as DescribeDBInstances shows it, and what the API does not show. */
export type SimulatedInstance = {
  shown: DBInstance & { DBInstanceIdentifier: string; DBInstanceStatus: string };
  region: string;
  /** Whose data it holds: its own id, which a rename leaves alone, and for a copy its source's. */
  server: string;
  copyOf?: { id: string; untilMs: number };
  /** False while its host, its zone or its failover keeps it from answering. */
  serving: boolean;
  /** For a restored copy: the last moment whose data it holds, ms since the epoch. */
  cutAtMs?: number;
  lastFailoverAtMs?: number;
  /** Of a serverless instance: what it has in ACU, and since when. */
  capacity?: { atMs: number; units: number }[];
  /** Set while it is a read replica. */
  replica?: Replication;
};

/** How a read replica follows its source. `frozenAtMs` is when nothing more arrived from it. */
export type Replication = { source: SimulatedInstance; lagSeconds: number; frozenAtMs?: number };

/**
 * The automated backup of an instance, in its own region or replicated to another one; how far it reaches follows from
 * the clock until its source is lost.
 */
export type AutomatedBackup = {
  region: string;
  source: { identifier: string; region: string };
  /** The instance that it is of; undefined where the plan names one that the world does not have. */
  of: SimulatedInstance | undefined;
  arn: string;
  kmsKeyArn: string;
  engine: string;
  status: 'active' | 'replicating' | 'retained' | 'pending';
  lagSeconds: number;
  /** The first moment that it holds; a week ago unless it was begun later. */
  beganAtMs?: number;
  /** When nothing more arrived, because the source region was lost, or the source deleted. */
  frozenAtMs?: number;
  tags?: { Key: string; Value: string }[];
};

export type SimulatedSnapshot = {
  region: string;
  shown: DBSnapshot;
  copyOf: { id: string; untilMs: number } | undefined;
};

export type StoredEvent = { region: string; identifier: string; message: string; atMs: number };

export type RdsState = {
  instances: Map<string, SimulatedInstance>;
  /** Deleted instances, whose data may live on in backups. */
  gone: SimulatedInstance[];
  backups: AutomatedBackup[];
  snapshots: SimulatedSnapshot[];
  events: StoredEvent[];
  /** `<region>/<name>` of what exists. */
  subnetGroups: Set<string>;
  parameterGroups: Set<string>;
  /** Earlier states of all instances, for stale reads. */
  history: { atMs: number; instances: Map<string, DBInstance> }[];
};

export function rdsState(world: World): RdsState {
  return world.state<RdsState>('rds', () => ({
    instances: new Map(),
    gone: [],
    backups: [],
    snapshots: [],
    events: [],
    subnetGroups: new Set(),
    parameterGroups: new Set(),
    history: [],
  }));
}

export function keyOf(region: string, identifier: string): string {
  return `${region}/${identifier}`;
}

/** Host name of an instance, in the form that RDS gives it. */
export function endpointOf(region: string, identifier: string): string {
  const account = Math.floor(hashToUnit(0, `rds-endpoint/${region}`) * 36 ** 10).toString(36);
  return `${identifier}.c${account.padStart(10, '0')}.${region}.rds.amazonaws.com`;
}

/** How far behind a stale read is. RDS reads are eventually consistent by seconds; this is a bad day. */
export const staleByMs = 20_000;

/** Keeps what a stale read would still see. Call it after every change of an instance. */
export function remember(world: World): void {
  const state = rdsState(world);
  // Only stale reads look back, and keeping every state of many instances is most of the work of a long rehearsal.
  if (!world.faults.has('stale-read:rds') && state.history.length > 0) return;
  const atMs = world.nowMs();
  const instances = new Map([...state.instances].map(([key, { shown }]) => [key, structuredClone(shown)]));
  state.history.push({ atMs, instances });
  // What is older than the newest state that a stale read can still see is never read again.
  const first = state.history.findLastIndex(entry => entry.atMs <= atMs - staleByMs);
  if (first > 0) state.history.splice(0, first);
}

/** What was arranged one by one has been there all the time, and stale reads see all of it. */
export function beginHistory(world: World): void {
  rdsState(world).history = [];
  remember(world);
}

/** What DescribeDBInstances sees of one instance: the present, or the past while reads are stale. */
export function seenInstance(world: World, region: string, identifier: string): DBInstance | undefined {
  const state = rdsState(world);
  const key = keyOf(region, identifier);
  if (!world.faults.has('stale-read:rds')) return state.instances.get(key)?.shown;
  const limit = world.nowMs() - staleByMs;
  const past = state.history.findLast(entry => entry.atMs <= limit);
  return (past ?? state.history[0])?.instances.get(key);
}

/** Changes what an instance shows, keeps it for stale reads and records it. */
export function change(
  world: World,
  instance: SimulatedInstance,
  shown: Partial<DBInstance> & { DBInstanceStatus?: string },
): void {
  Object.assign(instance.shown, shown);
  remember(world);
}
