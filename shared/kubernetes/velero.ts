import * as z from 'zod';
import type { JsonObject } from '../json.ts';
import type { ObjectRef } from './resources.ts';

/** Velero's own objects. Source: velero.io/v1, api-types of Velero 1.16 (Backup, Restore). */

export const apiVersion = 'velero.io/v1';

export const veleroRef = (kind: 'Backup' | 'Restore', namespace: string, name: string): ObjectRef => ({
  apiVersion,
  kind,
  namespace,
  name,
});

export const veleroSchema = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
  spec: z.looseObject({ includedNamespaces: z.array(z.string()).default([]) }).prefault({}),
  status: z
    .object({
      phase: z.string().default('New'),
      startTimestamp: z.string().optional(),
      completionTimestamp: z.string().optional(),
      warnings: z.number().default(0),
      errors: z.number().default(0),
      failureReason: z.string().default(''),
      validationErrors: z.array(z.string()).default([]),
      progress: z
        .object({
          totalItems: z.number().default(0),
          itemsBackedUp: z.number().default(0),
          itemsRestored: z.number().default(0),
        })
        .prefault({}),
    })
    .prefault({}),
});
export type VeleroObject = z.output<typeof veleroSchema>;

/** Where a backup or restore stands. PartiallyFailed is a failure: something that was to be there is not. */
export type VeleroState =
  | { status: 'done' }
  | { status: 'pending'; phase: string }
  | { status: 'failed'; why: string };

export function stateOf({ status }: VeleroObject): VeleroState {
  const { phase, errors, failureReason, validationErrors } = status;
  if (phase === 'Completed') return { status: 'done' };
  if (!/Failed|Deleting/.test(phase)) return { status: 'pending', phase };
  const details = [failureReason, ...validationErrors, ...(errors > 0 ? [`${errors} errors`] : [])];
  const why = details.filter(detail => detail !== '').join('; ');
  return { status: 'failed', why: why === '' ? phase : `${phase} (${why})` };
}

/** The newest complete backup that covers the namespaces, not younger than `before` if that is given. */
export function newestBackup(
  backups: readonly JsonObject[],
  { schedule, namespaces, before }: { schedule?: string; namespaces: readonly string[]; before?: string },
): VeleroObject | undefined {
  return z
    .array(veleroSchema)
    .parse(backups)
    .filter(({ status }) => status.phase === 'Completed' && status.startTimestamp !== undefined)
    .filter(
      ({ metadata }) => schedule === undefined || metadata.labels['velero.io/schedule-name'] === schedule,
    )
    .filter(({ spec }) => covers(spec.includedNamespaces, namespaces))
    .filter(
      ({ status }) => before === undefined || Date.parse(status.startTimestamp ?? '') <= Date.parse(before),
    )
    .sort((one, other) =>
      (one.status.startTimestamp ?? '') < (other.status.startTimestamp ?? '') ? 1 : -1,
    )[0];
}

/** An empty list, or `*`, is everything. */
export function covers(included: readonly string[], namespaces: readonly string[]): boolean {
  return included.length === 0 || included.includes('*') || namespaces.every(name => included.includes(name));
}
