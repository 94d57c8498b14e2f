import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import { isNotFound, isUnreachable, request } from '../../aws/aws-errors.ts';
import { readKey } from '../../aws/kms-keys.ts';
import type { BackupOf } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { checkFile } from '../files/check-file.ts';
import { type Manifest, manifestNameOf, manifestSchema } from '../files/manifest.ts';
import type { FoundBackup, Survey } from './found.ts';
import { newestFirst } from './found.ts';

type Port = Pick<Runtime, 'aws'>;
export type FileBackup = BackupOf<'dump' | 'kubernetes-export' | 'secrets-export' | 'terraform-state'>;
type Place = { bucket: string; region: string };

/** A file larger than this is not read to its end inside a function; its size, age and manifest are checked still. */
const mostBytesRead = 20 * 2 ** 30;

/**
 * Files of a class, the newest one read to its end and held to its manifest. While their region is lost the copies are
 * what can be restored from, and what is looked at.
 */
export async function surveyFiles(port: Port, backup: FileBackup): Promise<Survey> {
  try {
    const survey = await surveyPlace(port, backup, backup);
    return {
      ...survey,
      ...(backup.kmsKey !== undefined && { key: await readKey(port.aws, backup.region, backup.kmsKey) }),
      ...(backup.copy && { copies: await copiesOf(port, backup, backup.copy) }),
    };
  } catch (error) {
    if (!backup.copy || !isUnreachable(error)) throw error;
    return { ...(await surveyPlace(port, backup, backup.copy)), unanswered: backup.region };
  }
}

async function surveyPlace(port: Port, backup: FileBackup, place: Place): Promise<Survey> {
  const found = await listFiles(port, backup, place);
  const [newest] = found;
  const faults: Survey['faults'] = [];
  const newestFile =
    newest && (newest.bytes ?? 0) <= mostBytesRead
      ? await checkObject(port, backup, place, newest.id)
      : undefined;
  if (backup.type === 'terraform-state' && !(await isVersioned(port, place))) faults.push(unversioned(place));
  const head = newest && (await headOf(port, place, newest.id));
  if (newest && head) newest.encrypted = head.ServerSideEncryption !== undefined;
  if (
    backup.kmsKey !== undefined &&
    head &&
    head.SSEKMSKeyId === undefined &&
    head.ServerSideEncryption !== undefined
  ) {
    faults.push(otherKey(backup, newest?.id ?? ''));
  }
  return { found, ...(newestFile && { newestFile }), faults };
}

/** The other region may be lost: what can't be asked there is an empty answer about the copy, not about the rest. */
async function copiesOf(port: Port, backup: FileBackup, copy: Place): Promise<FoundBackup[]> {
  try {
    return await listFiles(port, backup, copy);
  } catch (error) {
    if (isUnreachable(error) || isNotFound(error, 'NoSuchBucket')) return [];
    throw error;
  }
}

/** Files of the class in a place, the newest first; manifests are no backups. */
export async function listFiles(
  { aws }: Port,
  backup: FileBackup,
  { bucket, region }: Place,
): Promise<FoundBackup[]> {
  const client = aws.client(S3Client, region);
  const prefix = backup.type === 'terraform-state' ? backup.key : backup.prefix;
  const found: FoundBackup[] = [];
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
    const page: ListObjectsV2CommandOutput = await request({ call: 's3.ListObjectsV2', region }, () =>
      client.send(command),
    );
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      if (Key === undefined || LastModified === undefined || Key.endsWith(manifestNameOf(''))) continue;
      if (backup.type === 'terraform-state' && Key !== backup.key) continue;
      found.push({ id: Key, at: LastModified, usable: true, bytes: Size });
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token);
  return found.sort(newestFirst);
}

export async function checkObject(port: Port, backup: FileBackup, { bucket, region }: Place, key: string) {
  const manifest = await readManifest(port, { bucket, region }, key);
  const reply = await getObject(port, { bucket, region }, key);
  return checkFile(bytesOf(reply), {
    name: key,
    format: backup.type === 'dump' ? backup.format : 'json',
    manifest,
  });
}

export async function getObject(
  { aws }: Port,
  { bucket, region }: Place,
  key: string,
): Promise<GetObjectCommandOutput> {
  return request({ call: 's3.GetObject', region }, () =>
    aws.client(S3Client, region).send(new GetObjectCommand({ Bucket: bucket, Key: key })),
  );
}

/** The body of an object as it comes. */
export async function* bytesOf({ Body }: Pick<GetObjectCommandOutput, 'Body'>): AsyncGenerator<Uint8Array> {
  if (Body === undefined) return;
  if (Symbol.asyncIterator in Body) yield* Body as AsyncIterable<Uint8Array>;
  else yield await (Body as { transformToByteArray(): Promise<Uint8Array> }).transformToByteArray();
}

/** The manifest beside a file; undefined if there is none, or none that can be read. */
export async function readManifest(port: Port, place: Place, key: string): Promise<Manifest | undefined> {
  try {
    const reply = await getObject(port, place, manifestNameOf(key));
    return manifestSchema.safeParse(JSON.parse((await reply.Body?.transformToString()) ?? '')).data;
  } catch (error) {
    if (isNotFound(error, 'NoSuchKey', 'NotFound') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function headOf({ aws }: Port, { bucket, region }: Place, key: string) {
  return request({ call: 's3.HeadObject', region }, () =>
    aws.client(S3Client, region).send(new HeadObjectCommand({ Bucket: bucket, Key: key })),
  );
}

async function isVersioned({ aws }: Port, { bucket, region }: Place): Promise<boolean> {
  const reply = await request({ call: 's3.GetBucketVersioning', region }, () =>
    aws.client(S3Client, region).send(new GetBucketVersioningCommand({ Bucket: bucket })),
  );
  return reply.Status === 'Enabled';
}

const unversioned = ({ bucket, region }: Place) => ({
  name: 'no-versions',
  what: `The bucket ${bucket} keeps no versions, so a state that was overwritten is gone`,
  mend: `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled --region ${region}`,
});

const otherKey = ({ kmsKey }: FileBackup, file: string) => ({
  name: 'other-key',
  what: `${file} is not encrypted with a KMS key, and the plan says ${kmsKey}`,
  mend: "Let the job write with ServerSideEncryption aws:kms and the plan's key.",
});
