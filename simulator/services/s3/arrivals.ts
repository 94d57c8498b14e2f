import { createHash } from 'node:crypto';
import type { ComponentOf } from '../../../shared/plan/components.ts';
import { parseDuration } from '../../../shared/plan/duration.ts';
import { writeArchive } from '../../backups/pg-archive.ts';
import { componentsOf } from '../../world/addresses.ts';
import type { World } from '../../world/world.ts';
import { type Bucket, bucketsOf, storeObject } from './state.ts';

type Arrival = ComponentOf<'s3-bucket'>['arrivals'][number];

/** How many files lie there when the world begins. */
const kept = 14;
/** A dump reads one moment and is written for a while after it; one that comes often has to be quick. */
const writtenAfterSeconds = (everySeconds: number) => Math.min(600, everySeconds / 2);

/** Puts the files that come by themselves into the buckets of the plan, each with its manifest. */
export function arrangeArrivals(world: World): void {
  for (const component of componentsOf(world.plan, 's3-bucket')) {
    const bucket = bucketsOf(world).get(component.name);
    // What a replica has comes from its source.
    if (!bucket || component.replicaOf !== undefined) continue;
    for (const arrival of component.arrivals) {
      for (const atMs of timesOf(world, parseDuration(arrival.every) ?? 86_400))
        put(world, bucket, arrival, atMs);
    }
  }
}

/**
 * Puts there what has come since, for a world that lives on for months. Dumps of the plan's backups are left to those who
 * make them.
 */
export function continueArrivals(world: World): void {
  for (const component of componentsOf(world.plan, 's3-bucket')) {
    const bucket = bucketsOf(world).get(component.name);
    if (!bucket || component.replicaOf !== undefined || world.isLost(component.region)) continue;
    for (const arrival of component.arrivals.filter(
      ({ prefix }) => !isDumped(world, component.name, prefix),
    )) {
      const times = timesOf(world, parseDuration(arrival.every) ?? 86_400);
      for (const atMs of times.filter(time => !bucket.objects.has(keyOf(arrival, time))))
        put(world, bucket, arrival, atMs);
    }
  }
}

function isDumped({ plan }: World, bucket: string, prefix: string): boolean {
  return Object.values(plan.backups).some(
    backup =>
      backup.type === 'dump' &&
      [backup.bucket, backup.copy?.bucket].includes(bucket) &&
      (backup.prefix.startsWith(prefix) || prefix.startsWith(backup.prefix)),
  );
}

function keyOf({ prefix, suffix }: Pick<Arrival, 'prefix' | 'suffix'>, atMs: number): string {
  const stamp = new Date(atMs).toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${prefix}${stamp}${suffix}`;
}

/** On the full `every` of UTC, oldest first, the last one before the world begins. */
function timesOf(world: World, everySeconds: number): number[] {
  const everyMs = everySeconds * 1000;
  const newest = Math.floor(world.nowMs() / everyMs) * everyMs;
  return Array.from({ length: kept }, (_, n) => newest - (kept - 1 - n) * everyMs);
}

function put(world: World, bucket: Bucket, arrival: Arrival, atMs: number): void {
  const { prefix, suffix, manifest, every, rows } = arrival;
  const time = new Date(atMs);
  const key = keyOf(arrival, atMs);
  const sourceTime = new Date(
    atMs - writtenAfterSeconds(parseDuration(every) ?? 86_400) * 1000,
  ).toISOString();
  const body = `simulated file of ${sourceTime}\n`;
  // What is called a dump is one, so that whoever reads it to its end finds it whole.
  const bytes = /\.(?:pg)?dump$/.test(suffix)
    ? writeArchive(world.plan.system.id, `-- ${body}`)
    : Buffer.from(body);
  storeObject(world, bucket, key, { body, bytes, lastModified: time });
  if (!manifest) return;
  const text = JSON.stringify({
    version: 1,
    system: world.plan.system.id,
    backup: prefix,
    file: key,
    sourceTime,
    createdAt: time.toISOString(),
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...(rows && { rows }),
    by: 'the rehearsal',
  });
  storeObject(world, bucket, `${key}.manifest.json`, { body: text, lastModified: time });
}
