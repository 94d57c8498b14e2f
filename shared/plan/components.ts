import * as z from 'zod';
import { regionSchema } from './region.ts';
import { tracing } from './tracing.ts';

/**
 * Components are the parts of the system that a plan acts on, declared once with their topology. A step names a
 * component by its id; the compiler bakes the whole component into the step.
 */

const secretReference = z
  .string()
  .regex(/^(secret|ssm):[^\s]+$/, 'a reference: secret:NAME#key or ssm:/path/name, never the value itself');

const base = {
  /** The component's key in the plan; filled in by the loader. */
  id: z.string().default(''),
  title: z.string().optional(),
  region: regionSchema,
  ...tracing,
};

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

export const secret = z.strictObject({ ...base, type: z.literal('secret'), name: z.string() });

export const eksCluster = z.strictObject({
  ...base,
  type: z.literal('eks-cluster'),
  name: z.string(),
});

export const eksNodegroup = z.strictObject({
  ...base,
  type: z.literal('eks-nodegroup'),
  cluster: z.string(),
  name: z.string(),
  /** Capacity while it stands by; what undo goes back to is read from AWS, not from here. */
  standbySize: z.number().int().nonnegative(),
});

export const k8sDeployment = z.strictObject({
  ...base,
  type: z.literal('k8s-deployment'),
  cluster: z.string(),
  namespace: z.string(),
  name: z.string(),
  container: z.string(),
  /** Id of the target group that its pods register with, if users reach it. */
  targetGroup: z.string().optional(),
});

export const loadBalancer = z.strictObject({
  ...base,
  type: z.literal('load-balancer'),
  name: z.string(),
  dnsName: z.string(),
  /** Canonical hosted zone id, for alias records. */
  hostedZoneId: z.string(),
});

export const targetGroup = z.strictObject({
  ...base,
  type: z.literal('target-group'),
  arn: z.string(),
});

export const cache = z.strictObject({
  ...base,
  type: z.literal('elasticache-replication-group'),
  identifier: z.string(),
  endpoint: z.string(),
  port: z.number().int().default(6379),
  tls: z.boolean().default(true),
});

/**
 * A name that users come in by, as a PRIMARY/SECONDARY failover pair made ahead of time. The primary's health check
 * is inverted and watches a gate object in the recovery region: writing the object moves traffic through the data
 * plane alone ("standby takes over primary").
 */
export const dnsName = z.strictObject({
  ...base,
  type: z.literal('dns-name'),
  name: z.string(),
  hostedZone: z.string(),
  recordType: z.enum(['A', 'CNAME']),
  primaryTarget: z.string(),
  recoveryTarget: z.string(),
  /** Hosted zone of the recovery target when it is an alias (a load balancer's canonical zone). */
  recoveryTargetHostedZone: z.string().optional(),
  primaryHealthCheck: z.string(),
  gate: z.strictObject({ bucket: z.string(), key: z.string() }),
  /** Resolvers that are asked whether users see the change, besides the authoritative servers. */
  resolvers: z.array(z.string()).min(1),
});

/** An HTTPS endpoint of the system. */
export const endpoint = z.strictObject({
  ...base,
  type: z.literal('endpoint'),
  url: z.string(),
});

export const componentSchema = z.discriminatedUnion('type', [
  rdsInstance,
  rdsRestoreTarget,
  secret,
  eksCluster,
  eksNodegroup,
  k8sDeployment,
  loadBalancer,
  targetGroup,
  cache,
  dnsName,
  endpoint,
]);
export type Component = z.infer<typeof componentSchema>;
export type ComponentType = Component['type'];
export type ComponentOf<T extends ComponentType> = Extract<Component, { type: T }>;
