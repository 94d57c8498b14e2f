import { createHash } from 'node:crypto';
import { componentsOf } from '../world/addresses.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

type StoredObject = {
  body: string;
  metadata: Record<string, string>;
  contentType?: string;
  lastModified: Date;
  etag: string;
};
/** `own` is Lifeboat's own store, like its table: what it keeps there is no change of the system. */
type Bucket = { region: string; objects: Map<string, StoredObject>; own?: true };

/** The bucket that the deployment makes for reports. */
export const reportBucketOf = (system: string) => `lifeboat-${system}-reports`;

/** Buckets by name: that of the reports and those of the gates, in the recovery region. */
function buckets(world: World): Map<string, Bucket> {
  return world.state('s3', () => {
    const region = world.plan.regions.recovery;
    const made = new Map<string, Bucket>([
      [reportBucketOf(world.plan.system.id), { region, objects: new Map(), own: true }],
    ]);
    for (const name of componentsOf(world.plan, 'dns-name')) {
      made.set(name.gate.bucket, { region, objects: new Map() });
    }
    return made;
  });
}

/** Whether anybody on the internet can read the object now. */
export function objectAnswers(world: World, bucketName: string, key: string): boolean {
  const bucket = buckets(world).get(bucketName);
  return bucket !== undefined && !world.isLost(bucket.region) && bucket.objects.has(key);
}

/** Region of a bucket, or undefined if there is none of this name. */
export function bucketRegion(world: World, bucketName: string): string | undefined {
  return buckets(world).get(bucketName)?.region;
}

/** Name of an object among the world's changes. */
export function objectResource(bucket: string, key: string): string {
  return `s3/${bucket}/${key}`;
}

function bucketOf(world: World, call: Call): Bucket {
  const name = String(call.input.Bucket);
  const bucket = buckets(world).get(name);
  if (!bucket)
    throw new SimulatedAwsError('NoSuchBucket', `The specified bucket ${name} does not exist`, 404);
  if (bucket.region !== call.region) {
    throw new SimulatedAwsError('PermanentRedirect', `The bucket is in ${bucket.region}`, 301);
  }
  return bucket;
}

function putObject(world: World, call: Call) {
  const bucket = bucketOf(world, call);
  const key = String(call.input.Key);
  const body = String(call.input.Body ?? '');
  const known = bucket.objects.has(key);
  const stored: StoredObject = {
    body,
    metadata: (call.input.Metadata as Record<string, string> | undefined) ?? {},
    contentType: call.input.ContentType as string | undefined,
    lastModified: world.now(),
    etag: `"${createHash('md5').update(body).digest('hex')}"`,
  };
  bucket.objects.set(key, stored);
  if (!bucket.own) {
    world.changed(
      objectResource(String(call.input.Bucket), key),
      known ? 'The object is written anew' : 'The object is made',
      'lifeboat',
    );
  }
  return { ETag: stored.etag };
}

function headOf(stored: StoredObject) {
  return {
    LastModified: stored.lastModified,
    ContentLength: Buffer.byteLength(stored.body),
    ContentType: stored.contentType,
    ETag: stored.etag,
    Metadata: stored.metadata,
  };
}

function getObject(world: World, call: Call) {
  const stored = bucketOf(world, call).objects.get(String(call.input.Key));
  if (!stored) throw new SimulatedAwsError('NoSuchKey', 'The specified key does not exist.', 404);
  return { ...headOf(stored), Body: { transformToString: async () => stored.body } };
}

function headObject(world: World, call: Call) {
  const stored = bucketOf(world, call).objects.get(String(call.input.Key));
  // HEAD has no body to carry a code, so the SDK's name differs from GetObject's.
  if (!stored) throw new SimulatedAwsError('NotFound', 'UnknownError', 404);
  return headOf(stored);
}

function deleteObject(world: World, call: Call) {
  const key = String(call.input.Key);
  // Deleting what is not there succeeds.
  if (bucketOf(world, call).objects.delete(key)) {
    world.changed(objectResource(String(call.input.Bucket), key), 'The object is deleted', 'lifeboat');
  }
  return {};
}

function listObjects(world: World, call: Call) {
  const prefix = String(call.input.Prefix ?? '');
  const found = [...bucketOf(world, call).objects].filter(([key]) => key.startsWith(prefix));
  const contents = found
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, stored]) => ({
      Key: key,
      LastModified: stored.lastModified,
      ETag: stored.etag,
      Size: Buffer.byteLength(stored.body),
    }));
  return { Contents: contents, KeyCount: contents.length, IsTruncated: false };
}

/** S3: strongly consistent reads after writes (S3 User Guide, "Amazon S3 data consistency model"). */
export const service: SimulatedService = {
  name: 's3',
  operations: {
    PutObject: putObject,
    GetObject: getObject,
    HeadObject: headObject,
    DeleteObject: deleteObject,
    ListObjectsV2: listObjects,
  },
  arrange(world) {
    buckets(world);
  },
};
