import * as z from 'zod';
import { regionSchema } from '../region.ts';
import { base, secretReference } from './base.ts';
import { portOf } from './port-of.ts';

/** DB clusters on Amazon RDS: Aurora, and Multi-AZ DB clusters of PostgreSQL and MySQL. */

const engine = z
  .enum(['aurora-postgresql', 'aurora-mysql', 'postgres', 'mysql'])
  .meta({ description: 'postgres and mysql are Multi-AZ DB clusters: one writer and two readable standbys' });

/** Aurora capacity units: 2 GiB of memory each and the processors that go with it, in steps of a half. */
const capacityUnits = z.number().min(0).max(256).multipleOf(0.5);

/** A DB cluster that exists. */
export const rdsCluster = z.strictObject({
  ...base,
  type: z.literal('rds-cluster'),
  identifier: z.string(),
  engine,
  database: z.string(),
  port: portOf,
  /** Connection string or user and password for checks, by reference. */
  credentials: secretReference,
  /** Write probe: one statement that may be repeated and harms nothing, such as a heartbeat upsert. */
  writeProbe: z.string(),
  /** Id of the aurora-global-cluster that it is a member of. */
  globalCluster: z.string().optional(),
  /** How big it is while nothing is wrong; what undo goes back to is read from AWS, not from here. */
  instances: z.number().int().min(0).max(16).optional().meta({
    description: 'DB instances while nothing is wrong; 0 is a cluster that only keeps the data',
  }),
  instanceClass: z.string().regex(/^db\./, 'a class of DB instances, such as db.r6g.large').optional(),
  serverless: z
    .strictObject({ min: capacityUnits, max: capacityUnits })
    .optional()
    .meta({ description: 'Range in ACU while nothing is wrong, if its instances are of Aurora Serverless' }),
});

/** An Aurora Global Database. Its region is the one that it is asked about in: the recovery region. */
export const auroraGlobalCluster = z.strictObject({
  ...base,
  type: z.literal('aurora-global-cluster'),
  identifier: z.string(),
  /** Ids of the rds-cluster components that are its members in normal times. */
  primary: z.string(),
  secondary: z.string(),
});

/** What a restored cluster must look like. Nothing in it exists before the restore. */
export const rdsClusterRestoreTarget = z.strictObject({
  ...base,
  type: z.literal('rds-cluster-restore-target'),
  /** Base of the new cluster's identifier; the run's date and suffix are added. */
  identifier: z.string(),
  /** Id of the rds-cluster component that it is restored from. */
  source: z.string(),
  /** Identifier of the source in AWS, and its region: what snapshots are looked up by. */
  sourceIdentifier: z.string(),
  sourceRegion: regionSchema,
  engine,
  instanceClass: z.string(),
  /** DB instances of an Aurora cluster: a writer and readers. A restored Aurora cluster has none by itself. */
  instances: z.number().int().min(1).max(16).default(2),
  subnetGroup: z.string(),
  securityGroups: z.array(z.string()).min(1),
  clusterParameterGroup: z.string(),
  kmsKey: z.string(),
  database: z.string(),
  port: portOf,
  credentials: secretReference,
  writeProbe: z.string(),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const rdsClusterComponents = [rdsCluster, auroraGlobalCluster, rdsClusterRestoreTarget] as const;
