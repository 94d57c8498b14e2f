import { createHash } from 'node:crypto';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import type { ActionContext } from '../actions/contract.ts';
import { InvalidInputError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { bundleSchema } from '../kubernetes/manifests.ts';
import { manifestListSchema } from '../kubernetes/manifests.ts';
import { request } from './aws-errors.ts';

/** Manifests by the SHA-256 of their file: a rollout is looked at every few seconds, and reading YAML is slow. */
const parsed = new Map<string, JsonObject[]>();

/**
 * Reads the manifests of a bundle. Throws InvalidInputError when the file is not the one whose SHA-256 the plan says,
 * or holds what is no manifest.
 */
export async function readBundle(
  context: Pick<ActionContext, 'aws'>,
  { bucket, key, region, versionId, sha256 }: z.output<typeof bundleSchema>,
): Promise<JsonObject[]> {
  const client = context.aws.client(S3Client, region);
  const text = await request({ call: 's3.GetObject', region }, async () => {
    const reply = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
    return (await reply.Body?.transformToString()) ?? '';
  });
  const found = createHash('sha256').update(text).digest('hex');
  const where = `s3://${bucket}/${key}`;
  if (found !== sha256) {
    throw new InvalidInputError(`${where} is not the file that the plan names: its SHA-256 is ${found}`, {
      nextStep:
        'Compare it with what was reviewed; write its SHA-256 into the plan if it is right, and deploy.',
    });
  }
  const manifests = parsed.get(sha256) ?? parseManifests(text, where);
  parsed.set(sha256, manifests);
  return structuredClone(manifests);
}

/** All documents of a YAML file; a List stands for its items. */
function parseManifests(text: string, where: string): JsonObject[] {
  const documents = parseAllDocuments(text);
  const broken = documents.flatMap(document => document.errors)[0];
  if (broken) throw unreadable(where, broken.message);
  const values: unknown[] = documents.map(document => document.toJS()).filter(value => value !== null);
  const listSchema = z.object({ kind: z.literal('List'), items: z.array(z.unknown()) });
  const items = values.flatMap(value => listSchema.safeParse(value).data?.items ?? [value]);
  const parsed = manifestListSchema.safeParse(items);
  if (parsed.success) return parsed.data as JsonObject[];
  const [issue] = parsed.error.issues;
  throw unreadable(where, `${issue?.path.join('.')}: ${issue?.message}`);
}

function unreadable(where: string, why: string): InvalidInputError {
  return new InvalidInputError(`${where} holds what is no manifest (${why})`, {
    nextStep:
      'Make the file with `kubectl kustomize` or `helm template`, and try it with `kubectl apply --dry-run`.',
  });
}
