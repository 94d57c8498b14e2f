import { createHash } from 'node:crypto';
import { componentsOf } from '../../world/addresses.ts';
import type { World } from '../../world/world.ts';

export type Secret = {
  name: string;
  region: string;
  versions: Map<string, string>;
  current: string;
  previous: string | undefined;
  /** When `current` became the current version, ms since the epoch. */
  currentSinceMs: number;
  /** A rotation is under way under this token. */
  rotating?: string;
};

/** Seconds until a new version is in the replica. Experience: mostly below ten. */
const replicationDuration = { minSeconds: 1, likelySeconds: 5, maxSeconds: 60 };

export function secrets(world: World): Map<string, Secret> {
  return world.state('secretsmanager', () => new Map<string, Secret>());
}

/** Moves AWSCURRENT, here at once and in replicas a little later. */
export function makeCurrent(world: World, secret: Secret, version: string): void {
  if (secret.current === version) return;
  secret.previous = secret.current;
  secret.current = version;
  secret.currentSinceMs = world.nowMs();
  for (const replica of replicasOf(world, secret)) {
    const resource = `secret/${replica.region}/${secret.name}`;
    const key = `secret-replication/${resource}/${version}`;
    world.after(world.duration(replicationDuration, key), resource, 'A new version may have arrived', () => {
      if (world.isLost(secret.region)) return;
      followSource(world, replica);
      replica.currentSinceMs = world.nowMs();
    });
  }
}

/** Gives a replica what its source holds. */
export function followSource(world: World, replica: Secret): void {
  const source = sourceOf(world, replica);
  if (!source) return;
  replica.versions = new Map(source.versions);
  replica.previous = source.previous;
  replica.current = source.current;
}

/** The secret that this one is a replica of. */
export function sourceOf(world: World, { name, region }: Secret): Secret | undefined {
  const declared = componentsOf(world.plan, 'secret');
  const own = declared.find(one => one.name === name && one.region === region);
  const source = declared.find(({ id }) => own?.replicaOf !== undefined && id === own.replicaOf);
  return source && secrets(world).get(`${source.region}/${source.name}`);
}

export function replicasOf(world: World, secret: Secret): Secret[] {
  return [...secrets(world).values()].filter(one => sourceOf(world, one) === secret);
}

export function stagesOf(secret: Secret, version: string): string[] {
  if (version === secret.current) return ['AWSCURRENT'];
  if (version === secret.rotating) return ['AWSPENDING'];
  return version === secret.previous ? ['AWSPREVIOUS'] : [];
}

/** An id in the form of a UUID, the same for the same text. */
export function versionId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return parts.join('-');
}
