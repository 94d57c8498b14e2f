import type { ReplicationGroup, Snapshot } from '@aws-sdk/client-elasticache';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';

export const accountId = '123456789012';

export type SimulatedGroup = {
  region: string;
  shown: ReplicationGroup & { ReplicationGroupId: string; Status: string };
  tags: { Key: string; Value: string }[];
  /** False while none of its nodes is to answer, because it is being made or deleted. */
  serving: boolean;
};
export type SimulatedSnapshot = {
  region: string;
  shown: Snapshot & { SnapshotName: string };
  tags: { Key: string; Value: string }[];
  keys: [string, string][];
};
export type SimulatedStore = {
  id: string;
  status: string;
  members: { region: string; id: string }[];
  primary: { region: string; id: string };
  lagSeconds: number;
  frozenAtMs: number | undefined;
};
type ElasticacheState = {
  groups: Map<string, SimulatedGroup>;
  snapshots: SimulatedSnapshot[];
  stores: SimulatedStore[];
  events: { region: string; id: string; message: string; atMs: number }[];
  /** `<region>/<name>` of what exists. */
  subnetGroups: Set<string>;
};

export function elasticacheState(world: World): ElasticacheState {
  return world.state<ElasticacheState>('elasticache', () => ({
    groups: new Map(),
    snapshots: [],
    stores: [],
    events: [],
    subnetGroups: new Set(),
  }));
}

export const keyOf = (region: string, id: string) => `${region}/${id}`;

export function existingGroup(world: World, { region, input }: Call): SimulatedGroup {
  const id = String(input.ReplicationGroupId);
  const group = elasticacheState(world).groups.get(keyOf(region, id));
  if (group) return group;
  throw new SimulatedAwsError('ReplicationGroupNotFoundFault', `ReplicationGroup ${id} not found.`, 404);
}

/** Refuses a change while another one is under way. */
export function mustBeAvailable({ shown: { ReplicationGroupId: id, Status } }: SimulatedGroup): void {
  if (Status === 'available') return;
  const message = `Replication group ${id} has status ${Status} which is not valid for this operation.`;
  throw new SimulatedAwsError('InvalidReplicationGroupStateFault', message);
}

export function say(world: World, region: string, id: string, message: string): void {
  elasticacheState(world).events.push({ region, id, message, atMs: world.nowMs() });
}
