import * as z from 'zod';

/**
 * One restore that was to prove a backup: what, from when, how long, which checks, who started it. Stored while it is
 * under way, and appended to the chain of evidence when it has ended. Times are ISO-8601 UTC.
 */
export const verificationSchema = z.object({
  id: z.string(),
  backup: z.string(),
  /** Of a fleet: which database. */
  of: z.string().optional(),
  by: z.string(),
  execution: z.string(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  /** What was restored, and the last moment whose data is in it. */
  point: z
    .object({
      method: z.enum(['automated-backup', 'snapshot', 'cluster-time', 'cluster-snapshot', 'file']),
      from: z.string(),
      at: z.string(),
      useLatest: z.boolean(),
      /** Size of a file. */
      bytes: z.number().optional(),
    })
    .optional(),
  /** The throw-away instance or cluster; none for what fits into the embedded Postgres. */
  instance: z.string().optional(),
  endpoint: z.object({ host: z.string(), port: z.number() }).optional(),
  /** ARN of the secret in which RDS keeps the password that it made. */
  secretArn: z.string().optional(),
  restoreStartedAt: z.string().optional(),
  /** What the last look found that it waits for; not there when nothing is waited for. */
  waitsFor: z.string().optional(),
  tearDownStartedAt: z.string().optional(),
  /** How long each part took, in seconds. */
  parts: z.array(z.object({ name: z.string(), seconds: z.number() })),
  checks: z.array(z.object({ id: z.string(), title: z.string(), ok: z.boolean(), said: z.string() })),
  /** How much older than the recovery point the newest row is: the measured RPO, in seconds. */
  rpoSeconds: z.number().nullable(),
  /** From the start of the restore until its queries were answered: the measured RTO of the restore. */
  rtoSeconds: z.number().nullable(),
  withinSeconds: z.number(),
  reasons: z.array(z.object({ what: z.string(), mend: z.string() })),
  tornDown: z.boolean(),
  outcome: z.enum(['under-way', 'proven', 'not-proven']),
  /** A restore job of AWS Backup's restore testing that is told the result. */
  restoreJob: z.string().optional(),
});
export type Verification = z.output<typeof verificationSchema>;
export type VerificationCheck = Verification['checks'][number];
