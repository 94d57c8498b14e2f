import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import type { ActionContext, Permission, Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { ifFound, isNotFound, request } from './aws-errors.ts';
import { runTag } from './names.ts';

export type S3Bucket = ComponentOf<'s3-bucket'>;
export type ListedObject = { key: string; size: number; lastModified: Date };
type Context = Pick<ActionContext, 'aws'>;

/** More keys than this under one prefix are no list of backups but a mistake in the prefix. */
export const mostKeys = 20_000;

/** All objects under a prefix, page by page. `complete` is false when there are more than `mostKeys`. */
export async function listObjects(
  context: Context,
  bucket: S3Bucket,
  prefix: string,
): Promise<{ objects: ListedObject[]; complete: boolean }> {
  const { name, region } = bucket;
  const client = context.aws.client(S3Client, region);
  const objects: ListedObject[] = [];
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket: name, Prefix: prefix, ContinuationToken: token });
    const page: ListObjectsV2CommandOutput = await request({ call: 's3.ListObjectsV2', region }, () =>
      client.send(command),
    );
    for (const { Key, Size = 0, LastModified } of page.Contents ?? []) {
      if (Key !== undefined && LastModified)
        objects.push({ key: Key, size: Size, lastModified: LastModified });
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined && objects.length < mostKeys);
  return { objects, complete: token === undefined };
}

/** An object's head with its checksum; undefined when there is no such object. */
export async function headObject(
  context: Context,
  { name, region }: Pick<S3Bucket, 'name' | 'region'>,
  key: string,
  versionId?: string,
): Promise<HeadObjectCommandOutput | undefined> {
  const client = context.aws.client(S3Client, region);
  const command = new HeadObjectCommand({
    Bucket: name,
    Key: key,
    VersionId: versionId,
    ChecksumMode: 'ENABLED',
  });
  return ifFound(['NotFound', 'NoSuchKey'], () =>
    request({ call: 's3.HeadObject', region }, () => client.send(command)),
  );
}

/** A small text object; undefined when there is none. */
export async function readText(
  context: Context,
  { name, region }: Pick<S3Bucket, 'name' | 'region'>,
  key: string,
): Promise<string | undefined> {
  const client = context.aws.client(S3Client, region);
  return ifFound(['NoSuchKey', 'NotFound'], async () => {
    const reply = await request({ call: 's3.GetObject', region }, () =>
      client.send(new GetObjectCommand({ Bucket: name, Key: key })),
    );
    return await reply.Body?.transformToString();
  });
}

/** Whether the object's current version was written by this run. */
export async function isOfRun(
  context: Pick<ActionContext, 'aws' | 'run'>,
  { name, region }: Pick<S3Bucket, 'name' | 'region'>,
  key: string,
): Promise<boolean> {
  const client = context.aws.client(S3Client, region);
  try {
    const reply = await request({ call: 's3.GetObjectTagging', region }, () =>
      client.send(new GetObjectTaggingCommand({ Bucket: name, Key: key })),
    );
    return reply.TagSet?.some(({ Key, Value }) => Key === runTag && Value === context.run.id) ?? false;
  } catch (error) {
    if (isNotFound(error, 'NoSuchKey', 'NotFound', 'NoSuchTagSet')) return false;
    throw error;
  }
}

/** The run's tags as S3 takes them. */
export function taggingOf({ names }: Pick<ActionContext, 'names'>): string {
  return new URLSearchParams(names.tags().map(({ Key, Value }): [string, string] => [Key, Value])).toString();
}

/**
 * SHA-256 of a whole object in hexadecimal, as S3 keeps it; undefined when it keeps none, or one of parts only.
 */
export function sha256Of(head: HeadObjectCommandOutput | undefined): string | undefined {
  if (head?.ChecksumSHA256 === undefined || head.ChecksumType === 'COMPOSITE') return undefined;
  if (head.ChecksumSHA256.includes('-')) return undefined;
  return Buffer.from(head.ChecksumSHA256, 'base64').toString('hex');
}

export function sha256OfText(text: string): { hex: string; base64: string } {
  const digest = createHash('sha256').update(text).digest();
  return { hex: digest.toString('hex'), base64: digest.toString('base64') };
}

const bucketArn = (name: string) => `arn:\${AWS::Partition}:s3:::${name}`;

/** Without the right to list, S3 says AccessDenied for what does not exist. */
export function readPermissions({ name }: S3Bucket, prefix: string): Permission[] {
  return [
    { actions: ['s3:ListBucket'], resources: [bucketArn(name)] },
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [`${bucketArn(name)}/${asPattern(prefix)}*`],
    },
  ];
}

export function objectArn({ name }: Pick<S3Bucket, 'name'>, key: string): string {
  return `${bucketArn(name)}/${asPattern(key)}`;
}

/** A key of the plan; what only a run resolves is a wildcard. */
function asPattern(key: string): string {
  return key.replaceAll(/\$\{[^}]*\}/g, '*');
}

export function noSuchObject({ name, region }: Pick<S3Bucket, 'name' | 'region'>, key: string): Reason {
  return {
    what: `There is no object ${key} in the bucket ${name} in ${region}.`,
    mend: 'Correct the key in the plan, or look what became of the job that writes it.',
  };
}
