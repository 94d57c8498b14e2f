import { createHash } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ActionContext, Permission } from '../actions/contract.ts';
import { InvalidInputError } from '../errors.ts';
import { ifFound, request } from './aws-errors.ts';

/** A file that a run keeps beside its report: what it found, or what it is about to remove. */
export type KeptFile = { location: string; sha256: string; bytes: number };

type Context = Pick<ActionContext, 'aws' | 'run' | 'step' | 'regions' | 'reportBucket'>;

/**
 * Writes a text into the bucket for reports, as `<system>/<incident>/<run>/kept/<step>/<name>`, and says where it is
 * and what its SHA-256 is. Writing it again is harmless: the bucket keeps versions. Nothing secret belongs here.
 */
export async function keepFile(context: Context, name: string, text: string): Promise<KeptFile> {
  const bucket = bucketOf(context);
  const key = keyOf(context, name);
  const body = Buffer.from(text, 'utf8');
  const digest = createHash('sha256').update(body).digest();
  const region = context.regions.recovery;
  const client = context.aws.client(S3Client, region);
  await request({ call: 's3.PutObject', region }, () =>
    client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: text,
        ContentType: 'text/plain; charset=utf-8',
        // S3 refuses what arrived otherwise than it was sent.
        ChecksumSHA256: digest.toString('base64'),
        Metadata: { sha256: digest.toString('hex') },
      }),
    ),
  );
  return { location: `s3://${bucket}/${key}`, sha256: digest.toString('hex'), bytes: body.length };
}

/** The text of a file that this step kept; undefined when it kept none of this name. */
export async function readKeptFile(context: Context, name: string): Promise<string | undefined> {
  const region = context.regions.recovery;
  const client = context.aws.client(S3Client, region);
  return ifFound(['NoSuchKey', 'NotFound'], async () => {
    const reply = await request({ call: 's3.GetObject', region }, () =>
      client.send(new GetObjectCommand({ Bucket: bucketOf(context), Key: keyOf(context, name) })),
    );
    return await reply.Body?.transformToString();
  });
}

/** What keeping files needs; S3 says AccessDenied for a missing object to whoever may not list. */
export function keptFilePermissions(): Permission[] {
  return [
    { actions: ['s3:PutObject', 's3:GetObject'], resources: ['${ReportBucket.Arn}/*/kept/*'] },
    { actions: ['s3:ListBucket'], resources: ['${ReportBucket.Arn}'] },
  ];
}

function keyOf({ run, step }: Context, name: string): string {
  return `${run.system}/${run.incidentId}/${run.id}/kept/${step.id}/${name}`;
}

function bucketOf({ reportBucket }: Context): string {
  if (reportBucket !== undefined) return reportBucket;
  throw new InvalidInputError('There is no bucket to keep files in', {
    nextStep: 'Deploy the system: the deployment makes the bucket for reports and names it to the functions.',
  });
}
