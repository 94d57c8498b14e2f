import { CopyObjectCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { request } from '../../aws/aws-errors.ts';
import {
  headObject,
  isOfRun,
  type ListedObject,
  listObjects,
  noSuchObject,
  objectArn,
  readPermissions,
  sha256Of,
  taggingOf,
} from '../../aws/s3-objects.ts';
import { s3Bucket } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';

const parameters = z
  .strictObject({
    from: s3Bucket,
    to: s3Bucket,
    key: z.string().optional().meta({ description: 'One object; or `prefix`' }),
    versionId: z
      .string()
      .optional()
      .meta({ description: 'Version of that object, such as that of s3.latest' }),
    prefix: z.string().optional().meta({ description: 'All objects whose keys begin with this; or `key`' }),
    under: z.string().default('').meta({ description: 'Put in front of the keys in the other bucket' }),
  })
  .refine(({ key, prefix }) => (key === undefined) !== (prefix === undefined), 'either key or prefix');
type Parameters = z.output<typeof parameters>;

/** CopyObject takes objects up to 5 GiB. Source: S3 API reference, CopyObject. */
const mostBytes = 5 * 1024 ** 3;
/** More objects than this are work for S3 Batch Replication or `aws s3 sync` in a build. */
const mostObjects = 1_000;
/** As many as one call of the function copies in good time. */
const batch = 50;

/** Copies one object or all under a prefix into another bucket. What is there already with another content stays. */
export const action = defineAction({
  kind: 's3.copy',
  summary: 'Copies an object, or all under a prefix, into another bucket and compares them',
  parameters,
  components: { from: 's3-bucket', to: 's3-bucket' },
  outputs: { objects: 'How many objects are the same on both sides', bytes: 'Their size together' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 20,
    maxSeconds: 900,
    source: 'Experience: a second an object inside a region, some minutes for gigabytes between regions',
  },
  failureModes: [
    'The source bucket is in the lost region: read from its replica instead',
    'An object is larger than 5 GiB, or there are too many: use codebuild.run with aws s3 sync',
    'The other bucket holds an object of this name with another content',
  ],
  permissions: ({ from, to, key, prefix = '', under }) => [
    ...readPermissions(from, key ?? prefix),
    { actions: ['s3:GetObjectTagging'], resources: [objectArn(from, `${key ?? prefix}*`)] },
    ...readPermissions(to, `${under}${key ?? prefix}`),
    {
      actions: ['s3:PutObject', 's3:PutObjectTagging', 's3:GetObjectTagging', 's3:DeleteObject'],
      resources: [objectArn(to, `${under}${key ?? prefix}*`)],
    },
  ],

  async prepare(context, wanted) {
    const { from, to } = wanted;
    const inDrill = refuseProductionInDrill(context, to.region, `the bucket ${to.name}`);
    if (inDrill) return inDrill;
    const found = await sourcesOf(context, wanted);
    if ('reason' in found) return { status: 'refused', reasons: [found.reason], evidence: [] };
    const { missing, different } = await compare(context, wanted, found.objects);
    if (different.length > 0) return { status: 'refused', reasons: [taken(wanted, different)], evidence: [] };
    const keys = found.objects.map(({ key }) => key);
    const bytes = found.objects.reduce((sum, { size }) => sum + size, 0);
    // An object that was not there before is this run's, and undo may remove it.
    const baseline = { keys, made: missing.map(({ key }) => key), bytes };
    const what = `${missing.length} of ${keys.length} objects have to be copied from ${from.name} to ${to.name}`;
    if (missing.length > 0) return { status: 'ready', baseline, evidence: [{ what }] };
    return {
      status: 'already-done',
      baseline,
      outputs: { objects: keys.length, bytes },
      evidence: [{ what }],
    };
  },

  async act(context, wanted, baseline) {
    const { to, from } = wanted;
    const { made } = baselineSchema.parse(baseline);
    await context.changed({
      call: 's3.CopyObject',
      region: to.region,
      resource: `${to.name}/${wanted.under}${wanted.key ?? wanted.prefix}`,
      what: `${made.length} objects copied from ${from.name}`,
    });
    await copySome(context, wanted, made);
  },

  async observe(context, wanted, baseline) {
    const { keys, made, bytes } = baselineSchema.parse(baseline);
    const left = await copySome(context, wanted, made);
    if (left > 0)
      return { status: 'pending', note: `${left} of ${made.length} objects are still to be copied` };
    const found = await sourcesOf(context, wanted, keys);
    if ('reason' in found) return { status: 'failed', reasons: [found.reason], evidence: [] };
    const { missing, different } = await compare(context, wanted, found.objects);
    if (different.length > 0) {
      return { status: 'failed', reasons: [taken(wanted, different)], evidence: [] };
    }
    if (missing.length > 0) return { status: 'pending', note: `${missing.length} objects are not there yet` };
    const what = `${keys.length} objects are the same in ${wanted.from.name} and ${wanted.to.name}`;
    return {
      status: 'done',
      outputs: { objects: keys.length, bytes },
      evidence: [{ what, data: { bytes } }],
    };
  },

  async undo(context, { to, under }, baseline) {
    const { made } = baselineSchema.parse(baseline);
    let left = 0;
    for (const key of made.map(one => `${under}${one}`)) {
      if (!(await isOfRun(context, to, key))) continue;
      left += 1;
      if (left > batch) break;
      await context.changed({
        call: 's3.DeleteObject',
        region: to.region,
        resource: `${to.name}/${key}`,
        what: 'The copy that this run made is removed',
      });
      await request({ call: 's3.DeleteObject', region: to.region }, () =>
        context.aws.client(S3Client, to.region).send(new DeleteObjectCommand({ Bucket: to.name, Key: key })),
      );
    }
    if (left > 0) return { status: 'pending', note: `${left} copies are being removed` };
    return { status: 'done', outputs: {}, evidence: [{ what: 'No copy of this run is left' }] };
  },
});

const baselineSchema = z.object({ keys: z.array(z.string()), made: z.array(z.string()), bytes: z.number() });

/** What is to be copied; in observe only the keys that prepare saw, since more may have come. */
async function sourcesOf(
  context: ActionContext,
  wanted: Parameters,
  only?: readonly string[],
): Promise<{ objects: ListedObject[] } | { reason: Reason }> {
  const { from, key, versionId, prefix = '' } = wanted;
  if (key !== undefined) {
    const head = await headObject(context, from, key, versionId);
    if (!head) return { reason: noSuchObject(from, key) };
    const object = { key, size: head.ContentLength ?? 0, lastModified: head.LastModified ?? new Date(0) };
    return object.size > mostBytes ? { reason: tooLarge(object) } : { objects: [object] };
  }
  const { objects, complete } = await listObjects(context, from, prefix);
  const chosen = only ? objects.filter(object => only.includes(object.key)) : objects;
  if (chosen.length === 0) return { reason: noSuchObject(from, `${prefix}…`) };
  if (!complete || chosen.length > mostObjects) return { reason: tooManyObjects(wanted) };
  const large = chosen.find(({ size }) => size > mostBytes);
  return large ? { reason: tooLarge(large) } : { objects: chosen };
}

/** What is not in the other bucket, and what is there with another content. */
async function compare(
  context: ActionContext,
  { from, to, under, versionId }: Parameters,
  objects: readonly ListedObject[],
): Promise<{ missing: ListedObject[]; different: ListedObject[] }> {
  const missing: ListedObject[] = [];
  const different: ListedObject[] = [];
  for (const object of objects) {
    const [source, copy] = await Promise.all([
      headObject(context, from, object.key, versionId),
      headObject(context, to, `${under}${object.key}`),
    ]);
    if (!copy) missing.push(object);
    else if (source && !same(source, copy)) different.push(object);
  }
  return { missing, different };
}

type Head = NonNullable<Awaited<ReturnType<typeof headObject>>>;

/** By SHA-256 where both have one, else by size and ETag; a copy of a multipart object has another ETag. */
function same(one: Head, other: Head): boolean {
  if (one.ContentLength !== other.ContentLength) return false;
  const [first, second] = [sha256Of(one), sha256Of(other)];
  if (first !== undefined && second !== undefined) return first === second;
  return one.ETag === other.ETag || (one.ETag?.includes('-') ?? false);
}

/** Copies up to a batch of what is missing; answers how many are left. */
async function copySome(
  context: ActionContext,
  { from, to, under, versionId }: Parameters,
  keys: readonly string[],
): Promise<number> {
  const client = context.aws.client(S3Client, to.region);
  let left = 0;
  for (const key of keys) {
    if (await headObject(context, to, `${under}${key}`)) continue;
    left += 1;
    if (left > batch) continue;
    const version = versionId === undefined ? '' : `?versionId=${versionId}`;
    const command = new CopyObjectCommand({
      Bucket: to.name,
      Key: `${under}${key}`,
      CopySource: `${from.name}/${encodeURIComponent(key).replaceAll('%2F', '/')}${version}`,
      ChecksumAlgorithm: 'SHA256',
      TaggingDirective: 'REPLACE',
      Tagging: taggingOf(context),
    });
    await request({ call: 's3.CopyObject', region: to.region }, () => client.send(command));
  }
  return Math.max(0, left - batch);
}

function tooLarge({ key, size }: ListedObject): Reason {
  return {
    what: `${key} has ${Math.round(size / 1024 ** 3)} GiB, and one copy takes at most 5 GiB.`,
    mend: 'Copy it with codebuild.run and "aws s3 cp", or let S3 replicate the bucket ahead of time.',
  };
}

function tooManyObjects({ from, prefix }: Parameters): Reason {
  return {
    what: `There are more than ${mostObjects} objects under ${prefix} in ${from.name}.`,
    mend: 'Copy them with codebuild.run and "aws s3 sync", or give a longer prefix.',
  };
}

function taken({ to, under }: Parameters, objects: readonly ListedObject[]): Reason {
  const some = objects.slice(0, 3).map(({ key }) => `${under}${key}`);
  return {
    what: `${objects.length} objects in ${to.name} have another content than their source, such as ${some.join(', ')}.`,
    mend: 'Copy under another name with "under", so that nothing is lost.',
  };
}
