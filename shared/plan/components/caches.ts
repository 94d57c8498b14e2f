import * as z from 'zod';
import { base } from './base.ts';

/** Caches: ElastiCache and Redis. */

export const cache = z.strictObject({
  ...base,
  type: z.literal('elasticache-replication-group'),
  identifier: z.string(),
  endpoint: z.string(),
  port: z.number().int().default(6379),
  tls: z.boolean().default(true),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const cachesComponents = [cache] as const;
