import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import type { ActionContext } from '../actions/contract.ts';
import { isNotFound, request } from '../aws/aws-errors.ts';
import { parseJson } from '../json.ts';
import type { ComponentOf } from '../plan/components.ts';
import { storedSetSchema } from './records.ts';

type DnsName = ComponentOf<'dns-name'>;

/**
 * The gate object opens by existing; its content is the memory of the move. It lies in the recovery region, needs
 * nothing but the S3 data plane, survives a crashed handler and a second attempt of the step, and a person can read
 * it. It is public (health checkers fetch it without credentials), so it holds nothing that DNS does not show.
 */
export const gateMemorySchema = z.object({
  run: z.string(),
  /** The DNS name that this gate moves: a gate belongs to one name. */
  name: z.string(),
  openedAt: z.string(),
  /** An earlier run or a person had opened the gate: undo leaves it open. */
  adopted: z.boolean(),
  previousTtlSeconds: z.number(),
  /** Record sets of the name before this run changed anything; absent while nobody could read them. */
  previous: z.array(storedSetSchema).optional(),
  /** The recovery target was answered before this run did anything. */
  movedBefore: z.boolean(),
  /** When the authoritative servers were first seen to answer the recovery target. */
  movedAt: z.string().optional(),
  /** When the records themselves were changed, since the health check alone had not moved the answers. */
  recordsChangedAt: z.string().optional(),
});
export type GateMemory = z.infer<typeof gateMemorySchema>;

export type Gate =
  | { open: false }
  /** `memory` is absent when a person made the object. */
  | { open: true; memory?: GateMemory; lastModified?: Date };

/** The memory of this run's move of this name, if the gate object holds it. */
export function ownMemory(context: ActionContext, name: DnsName, gate: Gate): GateMemory | undefined {
  const memory = gate.open ? gate.memory : undefined;
  return memory?.run === context.run.id && memory.name === name.name ? memory : undefined;
}

/** Reads the gate object. */
export async function readGate(context: ActionContext, name: DnsName): Promise<Gate> {
  const client = context.aws.client(S3Client, context.regions.recovery);
  try {
    const reply = await request({ call: 's3.GetObject', region: context.regions.recovery }, () =>
      client.send(new GetObjectCommand({ Bucket: name.gate.bucket, Key: name.gate.key })),
    );
    const memory = parseMemory((await reply.Body?.transformToString()) ?? '');
    return { open: true, memory, lastModified: reply.LastModified };
  } catch (error) {
    if (isNotFound(error, 'NoSuchKey', 'NotFound')) return { open: false };
    throw error;
  }
}

/** Undefined for what a person wrote: that it exists is all that counts. */
function parseMemory(text: string): GateMemory | undefined {
  return gateMemorySchema.safeParse(parseJson(text)).data;
}

/** Opens the gate, or writes its memory anew while it is open. Recorded before it is sent. */
export async function writeGate(
  context: ActionContext,
  name: DnsName,
  memory: GateMemory,
  what: string,
): Promise<void> {
  const region = context.regions.recovery;
  await context.changed({ call: 's3.PutObject', region, resource: gateArn(name), what });
  const client = context.aws.client(S3Client, region);
  await request({ call: 's3.PutObject', region }, () =>
    client.send(
      new PutObjectCommand({
        Bucket: name.gate.bucket,
        Key: name.gate.key,
        Body: JSON.stringify(
          {
            about: `While this object exists, ${name.name} is answered with ${name.recoveryTarget}.`,
            ...memory,
          },
          undefined,
          2,
        ),
        ContentType: 'application/json',
        CacheControl: 'no-store',
        Metadata: Object.fromEntries(context.names.tags().map(tag => [tag.Key.replace(':', '-'), tag.Value])),
      }),
    ),
  );
}

/** Closes the gate. */
export async function deleteGate(context: ActionContext, name: DnsName): Promise<void> {
  const region = context.regions.recovery;
  await context.changed({
    call: 's3.DeleteObject',
    region,
    resource: gateArn(name),
    what: `Closed the gate of ${name.name}: the primary counts as healthy again.`,
  });
  const client = context.aws.client(S3Client, region);
  await request({ call: 's3.DeleteObject', region }, () =>
    client.send(new DeleteObjectCommand({ Bucket: name.gate.bucket, Key: name.gate.key })),
  );
}

function gateArn(name: DnsName): string {
  return `arn:aws:s3:::${name.gate.bucket}/${name.gate.key}`;
}
