import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { isNamed, request } from '../aws/aws-errors.ts';
import { type S3Bucket, sha256OfText, taggingOf } from '../aws/s3-objects.ts';
import type { ActionContext } from './contract.ts';

/** Writes the list of evidence once, locked; a second call finds it and leaves it. */
export async function keepManifest(
  context: ActionContext,
  { name, region }: S3Bucket,
  key: string,
  text: string,
  until: Date,
): Promise<void> {
  const command = new PutObjectCommand({
    Bucket: name,
    Key: key,
    Body: text,
    ContentType: 'application/json',
    ChecksumSHA256: sha256OfText(text).base64,
    Tagging: taggingOf(context),
    IfNoneMatch: '*',
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: until,
  });
  try {
    await request({ call: 's3.PutObject', region }, () => context.aws.client(S3Client, region).send(command));
  } catch (error) {
    if (!isNamed(error, 'PreconditionFailed')) throw error;
  }
}
