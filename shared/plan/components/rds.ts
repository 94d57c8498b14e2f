import * as z from 'zod';
import { regionSchema } from '../region.ts';
import { base, secretReference } from './base.ts';
import { portOf } from './port-of.ts';

/** Databases on Amazon RDS. */

const engine = z.enum(['postgres', 'mysql', 'mariadb']);

/** An RDS DB instance (not a cluster) that exists. */
export const rdsInstance = z.strictObject({
  ...base,
  type: z.literal('rds-instance'),
  identifier: z.string(),
  engine,
  multiAz: z.boolean(),
  database: z.string(),
  port: portOf,
  /** Connection string or user and password for checks, by reference. */
  credentials: secretReference,
  /** Write probe: one statement that may be repeated and harms nothing, such as a heartbeat upsert. */
  writeProbe: z.string(),
  parameterGroup: z.string().optional().meta({
    description: 'Its DB parameter group, one of its own; rds.set-read-only changes it',
  }),
  /** Id of the rds-instance that this one is a standing read replica of, in the same or another region. */
  replicaOf: z.string().optional().meta({
    description: 'Id of the rds-instance that this one is a read replica of, in the same or another region',
  }),
});

/**
 * What a database must look like that is restored, or made as a read replica: in the recovery region when the primary
 * region may be lost, or beside the live database in its own region when its data is wrong or gone. Nothing in it
 * exists before.
 */
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
  engine: engine.default('postgres').meta({ description: 'What its source runs' }),
  instanceClass: z.string(),
  multiAz: z.boolean(),
  subnetGroup: z.string(),
  securityGroups: z.array(z.string()).min(1),
  parameterGroup: z.string(),
  kmsKey: z.string(),
  database: z.string(),
  port: portOf,
  credentials: secretReference,
  writeProbe: z.string(),
});

/** An empty DB instance that a run makes, to load a dump into. Nothing in it exists before. */
export const rdsNewInstance = z.strictObject({
  ...base,
  type: z.literal('rds-new-instance'),
  /** Base of the new instance's identifier; the run's date and suffix are added. */
  identifier: z.string(),
  engine,
  engineVersion: z
    .string()
    .meta({ description: 'Such as 16.4; a dump loads into the same or a later version' }),
  instanceClass: z.string(),
  /** GiB. */
  allocatedStorage: z.number().int().min(20),
  storageType: z.enum(['gp2', 'gp3', 'io1', 'io2']).default('gp3'),
  multiAz: z.boolean(),
  subnetGroup: z.string(),
  securityGroups: z.array(z.string()).min(1),
  parameterGroup: z.string(),
  kmsKey: z.string(),
  database: z.string(),
  port: portOf,
  /** User and password of the new instance's master user, by reference: a URL, or JSON with username and password. */
  credentials: secretReference,
  writeProbe: z.string(),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const rdsComponents = [rdsInstance, rdsRestoreTarget, rdsNewInstance] as const;
