import { CopyObjectCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { request } from '../../aws/aws-errors.ts';
import {
  headObject,
  type ListedObject,
  listObjects,
  objectArn,
  readPermissions,
  readText,
  sha256Of,
  sha256OfText,
  taggingOf,
} from '../../aws/s3-objects.ts';
import { InvalidInputError } from '../../errors.ts';
import { s3Bucket } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { keepManifest } from '../keep-manifest.ts';

const parameters = z.strictObject({
  bucket: s3Bucket.meta({ description: 'A bucket with Object Lock, in the recovery region' }),
  keepFor: z
    .number()
    .int()
    .positive()
    .default(365)
    .meta({ description: 'Days for which nobody can remove it' }),
});
type Parameters = z.output<typeof parameters>;

/**
 * Copies all that the steps of a run have kept into a bucket where nobody can change or remove it, with a list that
 * names the SHA-256 of each file. Last step of a security scenario.
 */
export const action = defineAction({
  kind: 'evidence.collect',
  summary: 'Copies all evidence of the run into a locked bucket, with a list of hashes',
  parameters,
  components: { bucket: 's3-bucket' },
  outputs: {
    manifest: 's3:// address of the list',
    sha256: 'SHA-256 of the list: with it everything can be checked later',
    files: 'How many files it names',
  },
  drill: 'same',
  mutates: true,
  typical: { minSeconds: 1, likelySeconds: 10, maxSeconds: 110, source: 'Two requests a file' },
  failureModes: [
    'The bucket has no Object Lock',
    'No step of this run has kept anything yet',
    'A file was changed after it was kept: its hash says so',
  ],
  permissions: ({ bucket, keepFor: _ }) => [
    { actions: ['s3:ListBucket'], resources: ['${ReportBucket.Arn}'] },
    { actions: ['s3:GetObject', 's3:GetObjectTagging'], resources: ['${ReportBucket.Arn}/*/kept/*'] },
    ...readPermissions(bucket, ''),
    {
      actions: ['s3:PutObject', 's3:PutObjectRetention', 's3:PutObjectTagging'],
      resources: [objectArn(bucket, '*')],
    },
  ],

  async prepare(context, { bucket }) {
    if (!bucket.evidence) {
      const what = `The bucket ${bucket.name} is not declared as one for evidence, so it could be emptied by anybody.`;
      const mend = 'Use a bucket with Object Lock, and say "evidence: true" of it in the plan.';
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    const files = await keptFiles(context);
    if (files.length === 0) return { status: 'refused', reasons: [nothingKept()], evidence: [] };
    // Fixed here: what is kept while the copies are made belongs to a second collection.
    const baseline = { keys: files.map(({ key }) => key) };
    return {
      status: 'ready',
      baseline,
      evidence: [{ what: `${files.length} files have been kept by this run` }],
    };
  },

  async act(context, wanted, baseline) {
    const { keys } = baselineSchema.parse(baseline);
    const { region, name } = wanted.bucket;
    const call = 's3.CopyObject';
    await context.changed({
      call,
      region,
      resource: name,
      what: `${keys.length} files of evidence copied and locked`,
    });
    for (const key of keys) await lockCopy(context, wanted, key);
  },

  async observe(context, wanted, baseline) {
    const { keys } = baselineSchema.parse(baseline);
    const { bucket } = wanted;
    const entries: { key: string; sha256: string; bytes: number }[] = [];
    for (const key of keys) {
      const [source, copy] = await Promise.all([
        headObject(context, reports(context), key),
        headObject(context, bucket, key),
      ]);
      if (!copy) {
        await lockCopy(context, wanted, key);
        return { status: 'pending', note: `${key} is being copied` };
      }
      const sha256 = sha256Of(copy);
      const claimed = source?.Metadata?.sha256 ?? sha256Of(source);
      if (sha256 === undefined || (claimed !== undefined && claimed !== sha256)) {
        return { status: 'failed', reasons: [changedMeanwhile(key)], evidence: [] };
      }
      entries.push({ key, sha256, bytes: copy.ContentLength ?? 0 });
    }
    const key = `${folderOf(context)}evidence-manifest-${context.step.id}.json`;
    const text = `${JSON.stringify({ run: context.run.id, incident: context.run.incidentId, files: entries }, undefined, 2)}\n`;
    await keepManifest(context, bucket, key, text, lockedUntil(context, wanted));
    // Read back: what counts is what lies there.
    const { hex } = sha256OfText((await readText(context, bucket, key)) ?? '');
    if (hex !== sha256OfText(text).hex)
      return { status: 'failed', reasons: [changedMeanwhile(key)], evidence: [] };
    const manifest = `s3://${bucket.name}/${key}`;
    const outputs = { manifest, sha256: hex, files: entries.length };
    const what = `${entries.length} files of evidence are locked in ${bucket.name}; the list is ${manifest}`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },
});

const baselineSchema = z.object({ keys: z.array(z.string()) });

const folderOf = ({ run }: ActionContext) => `${run.system}/${run.incidentId}/${run.id}/kept/`;

function reports({ reportBucket, regions }: ActionContext): z.output<typeof s3Bucket> {
  if (reportBucket === undefined) {
    throw new InvalidInputError('There is no bucket that files are kept in', {
      nextStep: 'Deploy the system: the deployment makes the bucket and names it to the functions.',
    });
  }
  return s3Bucket.parse({ type: 's3-bucket', region: regions.recovery, name: reportBucket });
}

async function keptFiles(context: ActionContext): Promise<ListedObject[]> {
  return (await listObjects(context, reports(context), folderOf(context))).objects;
}

function lockedUntil({ run }: ActionContext, { keepFor }: Parameters): Date {
  return new Date(Date.parse(run.startedAt) + keepFor * 86_400_000);
}

/** Copies one file, unless its copy is there. */
async function lockCopy(context: ActionContext, wanted: Parameters, key: string): Promise<void> {
  const { bucket } = wanted;
  if (await headObject(context, bucket, key)) return;
  const command = new CopyObjectCommand({
    Bucket: bucket.name,
    Key: key,
    CopySource: `${reports(context).name}/${encodeURIComponent(key).replaceAll('%2F', '/')}`,
    ChecksumAlgorithm: 'SHA256',
    TaggingDirective: 'REPLACE',
    Tagging: taggingOf(context),
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: lockedUntil(context, wanted),
  });
  await request({ call: 's3.CopyObject', region: bucket.region }, () =>
    context.aws.client(S3Client, bucket.region).send(command),
  );
}

function nothingKept(): Reason {
  return {
    what: 'No step of this run has kept any evidence.',
    mend: 'Put steps such as evidence.audit-trail, k8s.logs or k8s.events before this one.',
  };
}

function changedMeanwhile(key: string): Reason {
  return {
    what: `${key} is not what it was when it was kept.`,
    mend: 'Look at the versions of the object and at who wrote them: both buckets keep them.',
  };
}
