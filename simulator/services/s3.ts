import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';
import { arrangeArrivals } from './s3/arrivals.ts';
import {
  type Bucket,
  bucketsOf,
  currentOf,
  type Draft,
  type ObjectVersion,
  objectResource,
  storeObject,
} from './s3/state.ts';

export { objectResource, reportBucketOf } from './s3/state.ts';

/** Whether anybody on the internet can read the object now. */
export function objectAnswers(world: World, bucketName: string, key: string): boolean {
  const bucket = bucketsOf(world).get(bucketName);
  return bucket !== undefined && !world.isLost(bucket.region) && currentOf(bucket, key) !== undefined;
}

/** Region of a bucket, or undefined if there is none of this name. */
export function bucketRegion(world: World, bucketName: string): string | undefined {
  return bucketsOf(world).get(bucketName)?.region;
}

/** Puts an object there that is written by somebody else than Lifeboat. */
export function putObjectInto(world: World, bucketName: string, key: string, draft: Draft): void {
  const bucket = bucketsOf(world).get(bucketName);
  if (!bucket) throw new Error(`The plan has no bucket ${bucketName}`);
  storeObject(world, bucket, key, draft);
}

/** The body of an object as it is now. */
export function readObject(world: World, bucketName: string, key: string): string | undefined {
  const bucket = bucketsOf(world).get(bucketName);
  return bucket && currentOf(bucket, key)?.body;
}

const error = (name: string, message: string, status: number) => new SimulatedAwsError(name, message, status);

function bucketOf(world: World, call: Call): Bucket {
  const name = String(call.input.Bucket);
  const bucket = bucketsOf(world).get(name);
  if (!bucket) throw error('NoSuchBucket', `The specified bucket ${name} does not exist`, 404);
  if (bucket.region !== call.region) {
    throw error('PermanentRedirect', `The bucket is in ${bucket.region}`, 301);
  }
  return bucket;
}

function putObject(world: World, call: Call) {
  const { input } = call;
  const bucket = bucketOf(world, call);
  const body = textOf(input.Body);
  const draft: Draft = {
    body,
    kmsKey: typeof input.SSEKMSKeyId === 'string' ? input.SSEKMSKeyId : undefined,
    metadata: input.Metadata as Record<string, string> | undefined,
    tags: tagsOf(input.Tagging),
    contentType: input.ContentType as string | undefined,
    retainUntil: retention(bucket, call),
  };
  return write(world, bucket, call, draft);
}

/** A copy inside a region, or of an object of another region that still answers. */
function copyObject(world: World, call: Call) {
  const { input } = call;
  const bucket = bucketOf(world, call);
  const [, from = '', key = '', versionId] =
    /^\/?([^/]+)\/([^?]*)(?:\?versionId=(.*))?$/.exec(String(input.CopySource)) ?? [];
  const source = bucketsOf(world).get(from);
  if (!source || world.isLost(source.region)) {
    throw error('NoSuchBucket', `The specified bucket ${from} does not exist`, 404);
  }
  const version = versionOf(source, decodeURIComponent(key), versionId);
  if (!version) throw error('NoSuchKey', 'The specified key does not exist.', 404);
  const replaceTags = input.TaggingDirective === 'REPLACE';
  const written = write(world, bucket, call, {
    body: version.body,
    metadata: version.metadata,
    tags: replaceTags ? tagsOf(input.Tagging) : version.tags,
    contentType: version.contentType,
    retainUntil: retention(bucket, call),
  });
  return {
    VersionId: written.VersionId,
    CopyObjectResult: { ETag: written.ETag, ChecksumSHA256: written.ChecksumSHA256 },
  };
}

function write(world: World, bucket: Bucket, { input }: Call, draft: Draft) {
  const key = String(input.Key);
  const known = currentOf(bucket, key) !== undefined;
  if (input.IfNoneMatch === '*' && known) {
    throw error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
  }
  const stored = storeObject(world, bucket, key, draft);
  if (input.ChecksumSHA256 !== undefined && input.ChecksumSHA256 !== stored.sha256) {
    bucket.objects.get(key)?.pop();
    throw error('BadDigest', 'The SHA256 you specified did not match the calculated checksum.', 400);
  }
  if (!bucket.own) {
    const what = known ? 'The object is written anew' : 'The object is made';
    world.changed(objectResource(bucket.name, key), what, 'lifeboat');
  }
  return { ETag: stored.etag, VersionId: stored.versionId, ChecksumSHA256: stored.sha256 };
}

/** Until when an object may be removed by nobody. */
function retention(bucket: Bucket, { input }: Call): Date | undefined {
  const until = input.ObjectLockRetainUntilDate;
  if (!(until instanceof Date)) return undefined;
  if (!bucket.lock) throw error('InvalidRequest', 'Bucket is missing Object Lock Configuration', 400);
  return until;
}

function headOf(stored: ObjectVersion) {
  return {
    LastModified: stored.lastModified,
    ContentLength: sizeOf(stored),
    ServerSideEncryption: stored.kmsKey === undefined ? 'AES256' : 'aws:kms',
    SSEKMSKeyId: stored.kmsKey,
    ContentType: stored.contentType,
    ETag: stored.etag,
    Metadata: stored.metadata,
    VersionId: stored.versionId,
    ChecksumSHA256: stored.sha256,
    ChecksumType: 'FULL_OBJECT',
    ReplicationStatus: stored.replication,
    ...(stored.retainUntil && {
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: stored.retainUntil,
    }),
  };
}

const sizeOf = ({ body, bytes }: ObjectVersion) => bytes?.length ?? Buffer.byteLength(body);

function versionOf(bucket: Bucket, key: string, versionId: unknown): ObjectVersion | undefined {
  if (typeof versionId !== 'string' || versionId === '') return currentOf(bucket, key);
  return bucket.objects.get(key)?.find(version => version.versionId === versionId && !version.deleted);
}

function getObject(world: World, call: Call) {
  const stored = versionOf(bucketOf(world, call), String(call.input.Key), call.input.VersionId);
  if (!stored) throw error('NoSuchKey', 'The specified key does not exist.', 404);
  return {
    ...headOf(stored),
    Body: {
      transformToString: async () => stored.body,
      transformToByteArray: async () => stored.bytes ?? Buffer.from(stored.body),
    },
  };
}

function headObject(world: World, call: Call) {
  const stored = versionOf(bucketOf(world, call), String(call.input.Key), call.input.VersionId);
  // HEAD has no body to carry a code, so the SDK's name differs from GetObject's.
  if (!stored) throw error('NotFound', 'UnknownError', 404);
  return headOf(stored);
}

function getTagging(world: World, call: Call) {
  const stored = versionOf(bucketOf(world, call), String(call.input.Key), call.input.VersionId);
  if (!stored) throw error('NoSuchKey', 'The specified key does not exist.', 404);
  return { TagSet: Object.entries(stored.tags).map(([Key, Value]) => ({ Key, Value })) };
}

/** Deleting what is not there succeeds. Without a version id it leaves a marker, and the versions stay. */
function deleteObject(world: World, call: Call) {
  const bucket = bucketOf(world, call);
  const key = String(call.input.Key);
  const versionId = call.input.VersionId;
  const versions = bucket.objects.get(key) ?? [];
  const found = versionOf(bucket, key, versionId);
  if (!found) return {};
  if (typeof versionId === 'string') {
    if (found.retainUntil && found.retainUntil.getTime() > world.nowMs()) {
      throw error('AccessDenied', 'Access Denied because object protected by object lock.', 403);
    }
    bucket.objects.set(
      key,
      versions.filter(version => version !== found),
    );
  } else if (bucket.versioned) {
    const marker: ObjectVersion = { ...found, body: '', deleted: true, lastModified: world.now() };
    bucket.objects.set(key, [...versions, { ...marker, versionId: `${found.versionId}-deleted` }]);
  } else bucket.objects.delete(key);
  if (!bucket.own) world.changed(objectResource(bucket.name, key), 'The object is deleted', 'lifeboat');
  return {};
}

/** In the order of keys, up to a thousand, as S3 does. */
function listObjects(world: World, call: Call) {
  const { input } = call;
  const bucket = bucketOf(world, call);
  const prefix = String(input.Prefix ?? '');
  const after = String(input.ContinuationToken ?? input.StartAfter ?? '');
  const most = Number(input.MaxKeys ?? 1000);
  const keys = [...bucket.objects.keys()]
    .filter(key => key.startsWith(prefix) && key > after && currentOf(bucket, key))
    .sort((a, b) => (a < b ? -1 : 1));
  const contents = keys.slice(0, most).flatMap(Key => {
    const stored = currentOf(bucket, Key);
    if (!stored) return [];
    const { lastModified: LastModified, etag: ETag } = stored;
    return [{ Key, LastModified, ETag, Size: sizeOf(stored) }];
  });
  const more = keys.length > most;
  return {
    Contents: contents,
    KeyCount: contents.length,
    IsTruncated: more,
    ...(more && { NextContinuationToken: contents.at(-1)?.Key }),
  };
}

function getReplication(world: World, call: Call) {
  const { replica, name } = bucketOf(world, call);
  if (replica === undefined) {
    throw error(
      'ReplicationConfigurationNotFoundError',
      `The replication configuration of ${name} was not found`,
      404,
    );
  }
  return {
    ReplicationConfiguration: {
      Role: 'arn:aws:iam::123456789012:role/replication',
      Rules: [{ ID: 'all', Status: 'Enabled', Destination: { Bucket: `arn:aws:s3:::${replica}` } }],
    },
  };
}

function getLock(world: World, call: Call) {
  const { lock, name } = bucketOf(world, call);
  if (!lock) {
    const message = `Object Lock configuration does not exist for the bucket ${name}`;
    throw error('ObjectLockConfigurationNotFoundError', message, 404);
  }
  return { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } };
}

function textOf(body: unknown): string {
  return body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : String(body ?? '');
}

function tagsOf(tagging: unknown): Record<string, string> {
  return typeof tagging === 'string' ? Object.fromEntries(new URLSearchParams(tagging)) : {};
}

/** S3: strongly consistent reads after writes (S3 User Guide, "Amazon S3 data consistency model"). */
export const service: SimulatedService = {
  name: 's3',
  operations: {
    PutObject: putObject,
    CopyObject: copyObject,
    GetObject: getObject,
    HeadObject: headObject,
    GetObjectTagging: getTagging,
    DeleteObject: deleteObject,
    ListObjectsV2: listObjects,
    GetBucketVersioning: (world, call) => (bucketOf(world, call).versioned ? { Status: 'Enabled' } : {}),
    GetBucketReplication: getReplication,
    GetObjectLockConfiguration: getLock,
  },
  arrange(world) {
    bucketsOf(world);
    arrangeArrivals(world);
  },
  strike(world, { type, component }) {
    if (component.type !== 's3-bucket' || (type !== 'loss' && type !== 'failure')) return undefined;
    const bucket = bucketsOf(world).get(component.name);
    if (!bucket) return undefined;
    if (type === 'loss') {
      // Whoever empties a bucket deletes its versions too; only what is locked stays.
      for (const [key, versions] of bucket.objects) {
        bucket.objects.set(
          key,
          versions.filter(({ retainUntil }) => retainUntil && retainUntil.getTime() > world.nowMs()),
        );
      }
      world.changed(`s3/${bucket.name}`, `Everything in ${bucket.name} is gone`);
    }
    return () => [...bucket.objects.keys()].every(key => currentOf(bucket, key) === undefined);
  },
};
