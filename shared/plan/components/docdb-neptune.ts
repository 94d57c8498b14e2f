import * as z from 'zod';
import { base } from './base.ts';

/** Clusters whose protocol Lifeboat does not speak: documents in Amazon DocumentDB, graphs in Amazon Neptune. */

/** A DocumentDB cluster that exists. */
export const docdbCluster = z.strictObject({
  ...base,
  type: z.literal('docdb-cluster'),
  identifier: z.string(),
  port: z.number().int().default(27017),
  tls: z.boolean().default(true).meta({
    description: 'Whether its parameter group has TLS on, as it is unless somebody turned it off',
  }),
  /** Id of the docdb-global-cluster that it is a member of. */
  globalCluster: z.string().optional(),
});

/** A DocumentDB global cluster. Its region is the one that it is asked about in: the recovery region. */
export const docdbGlobalCluster = z.strictObject({
  ...base,
  type: z.literal('docdb-global-cluster'),
  identifier: z.string(),
  /** Ids of the docdb-cluster components that are its members in normal times. */
  primary: z.string(),
  secondary: z.string(),
});

/** A Neptune cluster that exists. */
export const neptuneCluster = z.strictObject({
  ...base,
  type: z.literal('neptune-cluster'),
  identifier: z.string(),
  port: z.number().int().default(8182),
  /** Id of the neptune-global-cluster that it is a member of. */
  globalCluster: z.string().optional(),
});

/** A Neptune global database. Its region is the one that it is asked about in: the recovery region. */
export const neptuneGlobalCluster = z.strictObject({
  ...base,
  type: z.literal('neptune-global-cluster'),
  identifier: z.string(),
  /** Ids of the neptune-cluster components that are its members in normal times. */
  primary: z.string(),
  secondary: z.string(),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const docdbNeptuneComponents = [
  docdbCluster,
  docdbGlobalCluster,
  neptuneCluster,
  neptuneGlobalCluster,
] as const;
