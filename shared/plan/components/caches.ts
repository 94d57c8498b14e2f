import * as z from 'zod';
import { base, secretReference } from './base.ts';

/** Caches: ElastiCache and Redis. */

/** AUTH token, or JSON with `username` and `password`, or a redis:// URL, by reference. */
const redisCredentials = secretReference.optional();

export const cache = z.strictObject({
  ...base,
  type: z.literal('elasticache-replication-group'),
  identifier: z.string(),
  endpoint: z.string(),
  port: z.number().int().default(6379),
  tls: z.boolean().default(true),
  credentials: redisCredentials,
});

/** What a cache that is made in a recovery must look like. Nothing of it exists before. */
export const elasticacheTarget = z.strictObject({
  ...base,
  type: z.literal('elasticache-target'),
  /** Base of the new group's identifier; the run's date and suffix are added. */
  identifier: z.string(),
  engine: z.enum(['redis', 'valkey']).default('redis'),
  engineVersion: z.string().optional(),
  nodeType: z.string(),
  /** Nodes in all: one primary, the others replicas of it in other zones. */
  nodes: z.number().int().min(1).max(6).default(2),
  subnetGroup: z.string(),
  securityGroups: z.array(z.string()).min(1),
  parameterGroup: z.string().optional(),
  port: z.number().int().default(6379),
  tls: z.boolean().default(true),
  credentials: redisCredentials,
  kmsKey: z.string().optional(),
  mayStartEmpty: z.boolean().meta({
    description: 'Whether applications can do with an empty cache, because it holds nothing durable',
  }),
});

/** An ElastiCache Global Datastore. Its region is the one that it is asked about in: the recovery region. */
export const elasticacheGlobalDatastore = z.strictObject({
  ...base,
  type: z.literal('elasticache-global-datastore'),
  identifier: z.string(),
  /** Ids of the elasticache-replication-group components that are its members in normal times. */
  primary: z.string(),
  secondary: z.string(),
});

/** A Redis server that the system runs itself: on EC2, in a pod. */
export const redisServer = z.strictObject({
  ...base,
  type: z.literal('redis-server'),
  host: z.string(),
  port: z.number().int().default(6379),
  tls: z.boolean().default(true),
  credentials: redisCredentials,
  /** Id of the redis-server that it replicates in normal times. */
  replicaOf: z.string().optional(),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const cachesComponents = [cache, elasticacheTarget, elasticacheGlobalDatastore, redisServer] as const;
