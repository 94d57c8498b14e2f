import * as z from 'zod';
import { base } from './base.ts';

/** How users come in: names, load balancers, addresses. */

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

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const networkComponents = [loadBalancer, targetGroup, dnsName, endpoint] as const;
