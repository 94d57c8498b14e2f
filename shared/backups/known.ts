import * as z from 'zod';
import { backupKey, prefixes } from '../incident/keys.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { Runtime } from '../runtime.ts';

const findingSchema = z.object({ name: z.string(), what: z.string(), mend: z.string() });

/** What the newest check and the newest proof of one class of backups said. */
const knownSchema = z.object({
  backup: z.string(),
  check: z
    .object({
      at: z.string(),
      status: z.enum(['ok', 'finding', 'unknown']),
      findings: z.array(findingSchema),
      count: z.number(),
      newestAt: z.string().optional(),
      lossSeconds: z.number().nullable(),
    })
    .optional(),
  /** The newest restore that proved it. */
  proven: z
    .object({
      at: z.string(),
      verification: z.string(),
      pointAt: z.string(),
      rpoSeconds: z.number().nullable(),
      rtoSeconds: z.number().nullable(),
    })
    .optional(),
  /** The newest restore, if it proved nothing. */
  failed: z.object({ at: z.string(), verification: z.string(), why: z.string() }).optional(),
  /** What was copied into the other region last. */
  copied: z.string().optional(),
  sizes: z.array(z.number()).default([]),
});
export type KnownBackup = z.output<typeof knownSchema>;

type Port = Pick<Runtime, 'store' | 'plan'>;

export async function updateKnown(
  port: Port,
  backup: string,
  change: (known: KnownBackup) => Partial<KnownBackup>,
): Promise<void> {
  await updateRecord(port.store, backupKey(port.plan.system.id, backup), current => {
    const known = current ? knownSchema.parse(current) : { backup, sizes: [] };
    return toJson({ ...known, ...change(known) });
  });
}

/** Undefined while nothing is known of the class. */
export async function readKnownOf({ store, plan }: Port, backup: string): Promise<KnownBackup | undefined> {
  const stored = await store.get(backupKey(plan.system.id, backup));
  return stored && knownSchema.parse(stored.data);
}

/** By class, for those of which anything is known. */
export async function readKnown({ store, plan }: Port): Promise<Map<string, KnownBackup>> {
  const { partition } = backupKey(plan.system.id, 'x');
  const records = await store.query({ partition, sortPrefix: prefixes.backup });
  return new Map(records.map(({ data }) => [knownSchema.parse(data).backup, knownSchema.parse(data)]));
}
