import { createHash } from 'node:crypto';
import { DeleteObjectCommand, GetObjectTaggingCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { isNotFound, request } from '../../aws/aws-errors.ts';
import { RequestRejectedError } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject, objectOrEmpty } from '../../json.ts';
import { builtInKinds, groupPath } from '../../kubernetes/resources.ts';
import type { BackupOf } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { type Manifest, manifestNameOf } from '../files/manifest.ts';
import { backupTag, backupTags, fileKey } from '../names.ts';
import { expired } from '../retention.ts';
import { listFiles } from '../survey/files.ts';
import type { Made, Making } from './made.ts';

type Export = BackupOf<'kubernetes-export' | 'secrets-export'>;

/** Exports objects of a cluster as one JSON list that `kubectl apply` takes. */
export async function exportKubernetes(
  runtime: Runtime,
  making: Making,
  backup: BackupOf<'kubernetes-export'>,
): Promise<Made> {
  const cluster = runtime.plan.components[backup.cluster];
  if (cluster?.type !== 'eks-cluster') throw new Error(`The plan has no eks-cluster "${backup.cluster}"`);
  const sourceTime = runtime.clock.now().toISOString();
  const items: Json[] = [];
  const rows: Record<string, number> = {};
  for (const namespace of backup.namespaces) {
    for (const kind of backup.kinds) {
      const { apiVersion, plural } = placeOf(kind);
      const path = `${groupPath(apiVersion)}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
      const { status, body } = await runtime.kubernetes(
        { cluster: cluster.name, region: cluster.region },
        { method: 'GET', path },
      );
      if (status !== 200) throw refusedList(path, status);
      const found = itemsOf(body).map(item => ({ apiVersion, kind, ...withoutState(item) }));
      rows[`${namespace}/${kind}`] = found.length;
      items.push(...found);
    }
  }
  return writeExport(
    runtime,
    making,
    backup,
    { apiVersion: 'v1', kind: 'List', items },
    { sourceTime, rows },
  );
}

/** Exports the values of secrets into one file, which S3 encrypts with the plan's key. Nothing of it is logged. */
export async function exportSecrets(
  runtime: Runtime,
  making: Making,
  backup: BackupOf<'secrets-export'>,
): Promise<Made> {
  const sourceTime = runtime.clock.now().toISOString();
  const items: JsonObject[] = [];
  for (const id of backup.secrets) {
    const component = runtime.plan.components[id];
    if (component?.type !== 'secret') continue;
    items.push({
      name: component.name,
      region: component.region,
      value: await runtime.secret(`secret:${component.name}`, component.region),
    });
  }
  return writeExport(runtime, making, backup, { items }, { sourceTime, rows: { secrets: items.length } });
}

async function writeExport(
  runtime: Runtime,
  making: Making,
  backup: Export,
  content: JsonObject,
  { sourceTime, rows }: Pick<Manifest, 'sourceTime' | 'rows'>,
): Promise<Made> {
  const { plan, clock } = runtime;
  const body = `${JSON.stringify(content)}\n`;
  const id = fileKey(backup.prefix, making.backup, making.dueAt, '.json');
  const now = clock.now();
  const manifest: Manifest = {
    version: 1,
    system: plan.system.id,
    backup: making.backup,
    file: id,
    sourceTime,
    createdAt: now.toISOString(),
    bytes: Buffer.byteLength(body),
    sha256: createHash('sha256').update(body).digest('hex'),
    rows,
    by: making.by,
  };
  const tags = backupTags(plan.system.id, making.backup, new Date(now.getTime() + backup.retention * 1000));
  const tagging = new URLSearchParams(
    tags.map(({ Key, Value }): [string, string] => [Key, Value]),
  ).toString();
  // The manifest comes last: without it a file is not taken for whole.
  await put(runtime, backup, id, body, tagging);
  await put(runtime, backup, manifestNameOf(id), `${JSON.stringify(manifest, undefined, 2)}\n`, tagging);
  return { status: 'made', id, sourceTime, removed: await removeExpired(runtime, making.backup, backup) };
}

async function put(
  { aws }: Runtime,
  { bucket, region, kmsKey }: Export,
  key: string,
  body: string,
  tagging: string,
): Promise<void> {
  await request({ call: 's3.PutObject', region }, () =>
    aws.client(S3Client, region).send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: 'application/json',
        Tagging: tagging,
        ...(kmsKey !== undefined && { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey }),
      }),
    ),
  );
}

/** Only files that carry the tag of the class are removed, and never the last one. */
async function removeExpired(runtime: Runtime, id: string, backup: Export): Promise<string[]> {
  const files = await listFiles(runtime, backup, backup);
  const over = expired(
    files.map(file => ({ id: file.id, at: file.at, usable: true })),
    backup.retention,
    runtime.clock.now(),
  );
  const removed: string[] = [];
  for (const { id: key } of over) {
    if (!(await isOwn(runtime, id, backup, key))) continue;
    for (const each of [key, manifestNameOf(key)]) {
      await request({ call: 's3.DeleteObject', region: backup.region }, () =>
        runtime.aws
          .client(S3Client, backup.region)
          .send(new DeleteObjectCommand({ Bucket: backup.bucket, Key: each })),
      );
    }
    removed.push(key);
  }
  return removed;
}

async function isOwn(
  { aws }: Runtime,
  id: string,
  { bucket, region }: Export,
  key: string,
): Promise<boolean> {
  try {
    const reply = await request({ call: 's3.GetObjectTagging', region }, () =>
      aws.client(S3Client, region).send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key })),
    );
    return reply.TagSet?.some(({ Key, Value }) => Key === backupTag && Value === id) ?? false;
  } catch (error) {
    if (isNotFound(error, 'NoSuchKey', 'NotFound', 'NoSuchTagSet')) return false;
    throw error;
  }
}

function itemsOf(body: Json): JsonObject[] {
  const { items } = objectOrEmpty(body);
  return Array.isArray(items) ? items.filter(isJsonObject) : [];
}

/** What a cluster gives an object when it is made must not be in the file that makes it anew. */
function withoutState(item: JsonObject): JsonObject {
  const { status: _, ...rest } = item;
  const {
    uid: _uid,
    resourceVersion: _version,
    managedFields: _fields,
    creationTimestamp: _created,
    generation: _generation,
    ...kept
  } = objectOrEmpty(rest.metadata);
  return { ...rest, metadata: kept };
}

/** Where a kind is in the API of a cluster. */
function placeOf(kind: string): { apiVersion: string; plural: string } {
  for (const [apiVersion, kinds] of Object.entries(builtInKinds)) {
    const found = kinds[kind];
    if (found) return { apiVersion, plural: found.plural };
  }
  throw new Error(`the kind ${kind} has no place in the API`);
}

function refusedList(path: string, status: number): RequestRejectedError {
  return new RequestRejectedError(`The cluster answers ${status} to GET ${path}`, {
    nextStep:
      "Allow the backups function's access entry to list this kind (a ClusterRole with get and list), or take it out of the plan.",
  });
}
