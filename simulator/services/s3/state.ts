import { createHash } from 'node:crypto';
import { runTag } from '../../../shared/aws/names.ts';
import { componentsOf } from '../../world/addresses.ts';
import type { World } from '../../world/world.ts';

export type ObjectVersion = {
  versionId: string;
  body: string;
  /** What is in it, when that is no text. */
  bytes?: Buffer;
  kmsKey?: string;
  metadata: Record<string, string>;
  tags: Record<string, string>;
  contentType?: string;
  lastModified: Date;
  etag: string;
  sha256: string;
  /** A delete marker has no body. */
  deleted?: true;
  retainUntil?: Date;
  replication?: 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA';
};

/** `own` is Lifeboat's own store, like its table: what it keeps there is no change of the system. */
export type Bucket = {
  name: string;
  region: string;
  versioned: boolean;
  objects: Map<string, ObjectVersion[]>;
  own?: true;
  lock?: true;
  /** Name of the bucket that this one is replicated into. */
  replica?: string;
};

/** The bucket that the deployment makes for reports. */
export const reportBucketOf = (system: string) => `lifeboat-${system}-reports`;

/** Seconds from a write until its replica can be read: mostly below a minute; S3 RTC promises 15 min for 99.99 %. */
const replicationLag = { minSeconds: 5, likelySeconds: 30, maxSeconds: 900 };

/** Buckets by name: that of the reports, those of the gates, and those that the plan declares. */
export function bucketsOf(world: World): Map<string, Bucket> {
  return world.state('s3', () => {
    const { plan } = world;
    const region = plan.regions.recovery;
    const bucket = (name: string, at: string): Bucket => ({
      name,
      region: at,
      versioned: true,
      objects: new Map(),
    });
    const reports: Bucket = { ...bucket(reportBucketOf(plan.system.id), region), own: true, lock: true };
    const made = new Map<string, Bucket>([[reports.name, reports]]);
    for (const { gate } of componentsOf(plan, 'dns-name')) made.set(gate.bucket, bucket(gate.bucket, region));
    const declared = componentsOf(plan, 's3-bucket');
    for (const { name, region: at, evidence } of declared) {
      const known = made.get(name) ?? bucket(name, at);
      made.set(name, { ...known, ...(evidence && { lock: true as const }) });
    }
    for (const { name, replicaOf } of declared) {
      const source = declared.find(({ id }) => id === replicaOf);
      const from = source && made.get(source.name);
      if (from) from.replica = name;
    }
    return made;
  });
}

/** Objects that runs have made in the system's buckets and that could be removed, as `<bucket>/<key>`. */
export function objectsOfRuns(world: World): string[] {
  return [...bucketsOf(world).values()]
    .filter(bucket => !bucket.own)
    .flatMap(bucket =>
      [...bucket.objects.keys()].flatMap(key => {
        const current = currentOf(bucket, key);
        const removable = current && !current.retainUntil && runTag in current.tags;
        return removable ? [`${bucket.name}/${key}`] : [];
      }),
    );
}

/** Name of an object among the world's changes. */
export function objectResource(bucket: string, key: string): string {
  return `s3/${bucket}/${key}`;
}

/** The newest version of an object, unless it is deleted. */
export function currentOf(bucket: Bucket, key: string): ObjectVersion | undefined {
  const newest = bucket.objects.get(key)?.at(-1);
  return newest?.deleted ? undefined : newest;
}

export type Draft = {
  body: string;
  bytes?: Buffer;
  kmsKey?: string;
  metadata?: Record<string, string>;
  tags?: Record<string, string>;
  contentType?: string;
  /** When it was written, if not now. */
  lastModified?: Date;
  retainUntil?: Date;
  replication?: ObjectVersion['replication'];
};

/** Puts an object into a bucket, and later into its replica. */
export function storeObject(world: World, bucket: Bucket, key: string, draft: Draft): ObjectVersion {
  const { body, metadata = {}, tags = {}, lastModified = world.now(), replication } = draft;
  const versions = bucket.objects.get(key) ?? [];
  const stored: ObjectVersion = {
    ...draft,
    metadata,
    tags,
    lastModified,
    versionId: idOf(`${bucket.name}/${key}/${versions.length}`),
    etag: `"${createHash('md5')
      .update(draft.bytes ?? body)
      .digest('hex')}"`,
    sha256: createHash('sha256')
      .update(draft.bytes ?? body)
      .digest('base64'),
    replication: replication ?? (bucket.replica === undefined ? undefined : 'PENDING'),
  };
  bucket.objects.set(key, bucket.versioned ? [...versions, stored] : [stored]);
  if (stored.replication === 'PENDING') replicate(world, bucket, key, stored);
  return stored;
}

/** Lets an object arrive in the replica, unless its source is lost by then. */
function replicate(world: World, bucket: Bucket, key: string, version: ObjectVersion): void {
  const lag = world.duration(replicationLag, `s3-replication/${bucket.name}/${key}/${version.versionId}`);
  const arrive = () => {
    const replica = bucketsOf(world).get(bucket.replica ?? '');
    if (!replica || world.isLost(bucket.region)) return;
    version.replication = 'COMPLETED';
    const { body, bytes, kmsKey, metadata, tags, contentType, lastModified } = version;
    // A replica keeps the time of its source.
    storeObject(world, replica, key, {
      body,
      bytes,
      kmsKey,
      metadata,
      tags,
      contentType,
      lastModified,
      replication: 'REPLICA',
    });
  };
  const dueMs = version.lastModified.getTime() + lag * 1000 - world.nowMs();
  if (dueMs <= 0) arrive();
  else setTimeout(arrive, Math.round(dueMs));
}

/** Version ids are opaque texts of 32 characters. */
function idOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32);
}
