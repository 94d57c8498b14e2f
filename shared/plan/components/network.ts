import * as z from 'zod';
import { regionSchema } from '../region.ts';
import { id } from '../sections/base.ts';
import { base } from './base.ts';

/** How users come in: names, load balancers, addresses. */

/** Ids that are easily mixed up: each is refused in the place of the other. */
const zoneId = z
  .string()
  .regex(
    /^(?![0-9a-f]{8}-[0-9a-f]{4}-)/,
    'the id of a hosted zone, such as Z0451727QLRBN5XKDTW; this one is of a check',
  );
const healthCheckId = z
  .string()
  .regex(
    /^(?!Z[A-Z0-9]{8,}$)/,
    'the id of a health check, such as 3f9a6c0e-51b7-4d2f-8a34-c7e90d16b2f5; this one is of a zone',
  );

export const loadBalancer = z.strictObject({
  ...base,
  type: z.literal('load-balancer'),
  name: z.string(),
  dnsName: z.string(),
  /** Canonical hosted zone id, for alias records. */
  hostedZoneId: z.string(),
  madeBy: id.optional().meta({ description: 'Id of the codebuild-project that makes it anew' }),
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
  hostedZone: zoneId,
  recordType: z.enum(['A', 'CNAME']),
  primaryTarget: z.string(),
  recoveryTarget: z.string(),
  /** Hosted zone of the recovery target when it is an alias (a load balancer's canonical zone). */
  recoveryTargetHostedZone: z.string().optional(),
  primaryHealthCheck: healthCheckId,
  gate: z.strictObject({ bucket: z.string(), key: z.string() }),
  /** Resolvers that are asked whether users see the change, besides the authoritative servers. */
  resolvers: z.array(z.string()).min(1),
});

/**
 * A name whose records Lifeboat writes itself (route53.upsert, route53.shift-weight), or that follows ARC routing
 * controls. Writing records needs Route 53's control plane in us-east-1; a `dns-name` or routing controls do not.
 */
export const dnsRecord = z.strictObject({
  ...base,
  type: z.literal('dns-record'),
  name: z.string(),
  hostedZone: zoneId,
  recordType: z.enum(['A', 'CNAME']),
  primaryTarget: z.string(),
  /** Hosted zone of a target when it is an alias (a load balancer's canonical zone). */
  primaryTargetHostedZone: z.string().optional(),
  recoveryTarget: z.string(),
  recoveryTargetHostedZone: z.string().optional(),
  /** Whether an alias is answered only while its target is healthy. */
  evaluateTargetHealth: z.boolean().default(true),
  /** TTL of records that are no aliases. What counts in a move is the TTL of the old record. */
  ttlSeconds: z.number().int().positive().default(60),
  /**
   * simple: one record. weighted: two with set identifiers `<id>-primary` and `<id>-recovery`. failover: a pair whose
   * health checks are those of routing controls.
   */
  routing: z.enum(['simple', 'weighted', 'failover']).default('simple'),
  primaryHealthCheck: healthCheckId.optional(),
  recoveryHealthCheck: healthCheckId.optional(),
  /** Resolvers that are asked whether users see the change, besides the authoritative servers. */
  resolvers: z.array(z.string()).min(1),
});

/** A Route 53 health check that records or alarms depend on. */
export const healthCheck = z.strictObject({
  ...base,
  type: z.literal('health-check'),
  healthCheckId,
  /** What it watches while nothing is wrong, for the rehearsal. */
  watches: z.url({ protocol: /^https?$/ }),
});

/** An ARC routing control. Its cluster has five regional endpoints, and any one of them is enough. */
export const routingControl = z.strictObject({
  ...base,
  type: z.literal('routing-control'),
  arn: z.string().regex(/^arn:[^:]*:route53-recovery-control:/, 'the ARN of a routing control'),
  /** The health check of type RECOVERY_CONTROL that turns its state into answers of the name servers. */
  healthCheckId,
  endpoints: z
    .array(z.strictObject({ region: regionSchema, url: z.url({ protocol: /^https$/ }) }))
    .min(2)
    .meta({ description: 'Endpoints of the cluster: five, in five regions' }),
  /** Whether it is on while nothing is wrong, for the rehearsal. */
  on: z.boolean().default(true),
});

const endpointGroup = (dial: number) =>
  z.strictObject({
    arn: z
      .string()
      .regex(/^arn:[^:]*:globalaccelerator::\d{12}:.*\/endpoint-group\//, 'the ARN of an endpoint group'),
    loadBalancer: id.meta({ description: 'Id of the load-balancer that is its endpoint' }),
    dial: z.int().min(0).max(100).default(dial).meta({
      description: 'Traffic dial in percent while nothing is wrong, for the rehearsal',
    }),
    weight: z.int().min(0).max(255).default(128).meta({
      description:
        'Weight of its endpoint while nothing is wrong, for the rehearsal. With 0 nobody is ever sent there; with more, users are sent there by themselves when the other side is ill, whatever the dial says',
    }),
  });

/**
 * A standard accelerator of AWS Global Accelerator that users come in by, with one endpoint group in each region. It
 * moves users without a change of DNS. Its control plane is in us-west-2; its health checks move users without that.
 */
export const accelerator = z.strictObject({
  ...base,
  type: z.literal('accelerator'),
  arn: z
    .string()
    .regex(/^arn:[^:]*:globalaccelerator::\d{12}:accelerator\/[\w-]+$/, 'the ARN of an accelerator'),
  dnsName: z
    .string()
    .meta({ description: 'Its own name, such as a1b2c3d4e5f60718.awsglobalaccelerator.com' }),
  hostname: z.string().optional().meta({ description: 'The name that users know, an alias of it' }),
  primary: endpointGroup(100),
  recovery: endpointGroup(0),
});

const origin = z.strictObject({
  id: z.string().min(1).meta({ description: 'Id of the origin in the distribution' }),
  host: z.string().meta({
    description: 'Its domain name: a load balancer, a bucket such as name.s3.eu-west-1.amazonaws.com, an API',
  }),
});

/** A CloudFront distribution with an origin in each region. Its control plane is in us-east-1. */
export const cloudfrontDistribution = z.strictObject({
  ...base,
  type: z.literal('cloudfront-distribution'),
  distributionId: z.string().regex(/^[0-9A-Z]{7,20}$/, 'the id of a distribution, such as E2QWRUHAPOMQZL'),
  domainName: z.string().meta({ description: 'Its own name, such as d111111abcdef8.cloudfront.net' }),
  hostname: z.string().optional().meta({ description: 'The name that users know, an alias of it' }),
  primary: origin,
  recovery: origin,
});

/** An HTTPS endpoint of the system. */
export const endpoint = z.strictObject({
  ...base,
  type: z.literal('endpoint'),
  url: z.string(),
  servedBy: z.string().optional().meta({
    description: 'Id of the component that answers there; it answers only while that one is healthy',
  }),
  guardedBy: z.strictObject({ secret: id, key: z.string() }).optional().meta({
    description: 'Id of the secret, and its key, whose value a request has to carry there; others get 401',
  }),
  answers: z.json().optional().meta({
    description: 'JSON that it answers with in a rehearsal, where a step takes something out of the answer',
  }),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const networkComponents = [
  loadBalancer,
  targetGroup,
  dnsName,
  dnsRecord,
  healthCheck,
  routingControl,
  accelerator,
  cloudfrontDistribution,
  endpoint,
] as const;
