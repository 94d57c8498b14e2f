import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import {
  headObject,
  isOfRun,
  objectArn,
  readPermissions,
  sha256Of,
  sha256OfText,
  taggingOf,
} from '../../aws/s3-objects.ts';
import { s3Bucket } from '../../plan/components.ts';
import { type ActionContext, defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';

const parameters = z.strictObject({
  bucket: s3Bucket,
  key: z.string().min(1).meta({ description: 'Name the run in it, such as state/${run.id}.json' }),
  content: z.union([z.string(), z.record(z.string(), z.json())]).meta({
    description: 'Text, or an object that is written as JSON. Nothing secret belongs here',
  }),
  keepFor: z
    .number()
    .int()
    .positive()
    .optional()
    .meta({ description: 'Days for which nobody can remove it; the bucket needs Object Lock' }),
});
type Parameters = z.output<typeof parameters>;

/** Writes a text into a bucket, where nothing of this name is. */
export const action = defineAction({
  kind: 's3.put',
  summary: 'Writes a text or JSON into a bucket, and never over something that is there',
  parameters,
  components: { bucket: 's3-bucket' },
  outputs: { location: 's3:// address of the object', versionId: 'Its version', sha256: 'Its SHA-256' },
  drill: 'isolated',
  mutates: true,
  typical: { minSeconds: 0.1, likelySeconds: 0.5, maxSeconds: 5, source: 'One request' },
  failureModes: [
    'An object of this name exists with another content',
    'The bucket has no Object Lock, and the plan wants it kept',
    'The key of the bucket does not let the function encrypt',
  ],
  permissions: ({ bucket, key, keepFor }) => [
    ...readPermissions(bucket, key),
    {
      actions: [
        's3:PutObject',
        's3:PutObjectTagging',
        's3:GetObjectTagging',
        's3:DeleteObject',
        ...(keepFor === undefined ? [] : ['s3:PutObjectRetention']),
      ],
      resources: [objectArn(bucket, key)],
    },
  ],

  async prepare(context, wanted) {
    const { bucket, key, keepFor } = wanted;
    const inDrill = refuseProductionInDrill(context, bucket.region, `the bucket ${bucket.name}`);
    if (inDrill) return inDrill;
    if (keepFor !== undefined && !bucket.evidence) {
      const what = `The bucket ${bucket.name} is not declared as one for evidence, so nothing can be locked in it.`;
      const mend =
        'Use a bucket with Object Lock and say "evidence: true" of it in the plan, or leave out keepFor.';
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    const head = await headObject(context, bucket, key);
    if (!head) return { status: 'ready', baseline: {}, evidence: [{ what: `Nothing is at ${key} yet` }] };
    if (sha256Of(head) === sha256OfText(textOf(wanted)).hex) {
      const outputs = outputsOf(wanted, head.VersionId);
      return {
        status: 'already-done',
        baseline: {},
        outputs,
        evidence: [{ what: `${key} holds this already` }],
      };
    }
    return { status: 'refused', reasons: [taken(wanted)], evidence: [] };
  },

  async act(context, wanted) {
    const { bucket, key, keepFor } = wanted;
    const { region, name } = bucket;
    const text = textOf(wanted);
    await context.changed({
      call: 's3.PutObject',
      region,
      resource: `${name}/${key}`,
      what: 'Written by this run',
    });
    const until =
      keepFor === undefined ? undefined : Date.parse(context.run.startedAt) + keepFor * 86_400_000;
    const command = new PutObjectCommand({
      Bucket: name,
      Key: key,
      Body: text,
      ContentType: typeof wanted.content === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
      ChecksumAlgorithm: 'SHA256',
      ChecksumSHA256: sha256OfText(text).base64,
      Tagging: taggingOf(context),
      IfNoneMatch: '*',
      ...(until !== undefined && {
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: new Date(until),
      }),
    });
    try {
      await request({ call: 's3.PutObject', region }, () =>
        context.aws.client(S3Client, region).send(command),
      );
    } catch (error) {
      // It is there: from an earlier call whose reply was lost, which observe finds out.
      if (!isNamed(error, 'PreconditionFailed')) throw error;
    }
  },

  async observe(context, wanted) {
    const { bucket, key } = wanted;
    const head = await headObject(context, bucket, key);
    if (!head) return { status: 'pending', note: `${key} is not there yet` };
    const { hex } = sha256OfText(textOf(wanted));
    if (sha256Of(head) !== hex) return { status: 'failed', reasons: [taken(wanted)], evidence: [] };
    const what = `${key} is in ${bucket.name} with SHA-256 ${hex}`;
    return { status: 'done', outputs: outputsOf(wanted, head.VersionId), evidence: [{ what }] };
  },

  async undo(context, { bucket, key, keepFor }) {
    const done = (what: string) => ({ status: 'done' as const, outputs: {}, evidence: [{ what }] });
    if (keepFor !== undefined) return done(`${key} stays: it is evidence`);
    if (!(await isOfRun(context, bucket, key))) return done(`${key} is not of this run, or is gone already`);
    await remove(context, bucket, key);
    return { status: 'pending', note: `${key} is being removed` };
  },
});

async function remove(
  context: ActionContext,
  { name, region }: Parameters['bucket'],
  key: string,
): Promise<void> {
  await context.changed({
    call: 's3.DeleteObject',
    region,
    resource: `${name}/${key}`,
    what: 'Removed again',
  });
  await request({ call: 's3.DeleteObject', region }, () =>
    context.aws.client(S3Client, region).send(new DeleteObjectCommand({ Bucket: name, Key: key })),
  );
}

function textOf({ content }: Parameters): string {
  return typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`;
}

function outputsOf(wanted: Parameters, versionId: string | undefined) {
  const { bucket, key } = wanted;
  const { hex } = sha256OfText(textOf(wanted));
  return { location: `s3://${bucket.name}/${key}`, versionId: versionId ?? '', sha256: hex };
}

function taken({ bucket, key }: Parameters) {
  return {
    what: `${key} in ${bucket.name} exists and holds something else, which is left as it is.`,
    mend: 'Put ${run.id} into the key, so that each run writes an object of its own.',
  };
}
