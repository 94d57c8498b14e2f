import * as z from 'zod';
import { regionSchema } from '../region.ts';
import { base, secretReference } from './base.ts';

/** Databases on Amazon RDS. */

/** An RDS DB instance (not a cluster) that exists. */
export const rdsInstance = z.strictObject({
  ...base,
  type: z.literal('rds-instance'),
  identifier: z.string(),
  engine: z.enum(['postgres', 'mysql', 'mariadb']),
  multiAz: z.boolean(),
  database: z.string(),
  port: z.number().int().default(5432),
  /** Connection string or user and password for checks, by reference. */
  credentials: secretReference,
  /** Write probe: one statement that may be repeated and harms nothing, such as a heartbeat upsert. */
  writeProbe: z.string(),
});

/** What a database restored in the recovery region must look like. Nothing in it exists before the restore. */
export const rdsRestoreTarget = z.strictObject({
  ...base,
  type: z.literal('rds-restore-target'),
  /** Base of the new instance's identifier; the run's date and suffix are added. */
  identifier: z.string(),
  /** Id of the rds-instance component that it is restored from. */
  source: z.string(),
  /** Identifier of the source in AWS, and its region: what snapshots and automated backups are looked up by. */
  sourceIdentifier: z.string(),
  sourceRegion: regionSchema,
  instanceClass: z.string(),
  multiAz: z.boolean(),
  subnetGroup: z.string(),
  securityGroups: z.array(z.string()).min(1),
  parameterGroup: z.string(),
  kmsKey: z.string(),
  database: z.string(),
  port: z.number().int().default(5432),
  credentials: secretReference,
  writeProbe: z.string(),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const rdsComponents = [rdsInstance, rdsRestoreTarget] as const;
