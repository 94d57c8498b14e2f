import * as z from 'zod';
import { base } from './base.ts';

/** What lets traffic through and what keeps it out. */

/** Security groups only allow; what keeps an address out is a network ACL or AWS WAF. */
export const securityGroup = z.strictObject({
  ...base,
  type: z.literal('security-group'),
  groupId: z.string().regex(/^sg-[0-9a-f]{8,17}$/, 'a security group id, such as sg-0a1b2c3d'),
  /** Ingress rules that a rehearsal begins with; what is revoked and restored is read from AWS. */
  ingress: z
    .array(z.strictObject({ protocol: z.string().default('tcp'), port: z.number().int(), cidr: z.string() }))
    .default([]),
});

export const networkAcl = z.strictObject({
  ...base,
  type: z.literal('network-acl'),
  aclId: z.string().regex(/^acl-[0-9a-f]{8,17}$/, 'a network ACL id, such as acl-0a1b2c3d'),
});

/** An AWS WAF IP set that a blocking rule of the web ACL refers to. */
export const ipSet = z.strictObject({
  ...base,
  type: z.literal('ip-set'),
  name: z.string(),
  ipSetId: z.string(),
  scope: z
    .enum(['REGIONAL', 'CLOUDFRONT'])
    .default('REGIONAL')
    .meta({ description: 'CLOUDFRONT sets are kept in us-east-1, whatever the region says' }),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const firewallComponents = [securityGroup, networkAcl, ipSet] as const;
