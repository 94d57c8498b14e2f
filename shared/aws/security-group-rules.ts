import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupRulesCommand,
  type DescribeSecurityGroupRulesCommandOutput,
  EC2Client,
  type IpPermission,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
} from '@aws-sdk/client-ec2';
import * as z from 'zod';
import type { ActionContext } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { isNamed, request } from './aws-errors.ts';

export type SecurityGroup = Pick<ComponentOf<'security-group'>, 'groupId' | 'region'>;

/** One ingress rule as it is kept for going back: one source, one range of ports. */
export const ruleSchema = z.object({
  protocol: z.string(),
  fromPort: z.number(),
  toPort: z.number(),
  cidr: z.string().optional(),
  cidrV6: z.string().optional(),
  prefixList: z.string().optional(),
  group: z.string().optional(),
  description: z.string().optional(),
});
export type Rule = z.infer<typeof ruleSchema>;
export type StoredRule = Rule & { id: string };

/** All rules of a group that are not of the other direction, page by page. */
export async function readRules(
  context: ActionContext,
  { groupId, region }: SecurityGroup,
  direction: 'ingress' | 'egress' = 'ingress',
): Promise<StoredRule[]> {
  const found: SecurityGroupRule[] = [];
  let NextToken: string | undefined;
  do {
    const command = new DescribeSecurityGroupRulesCommand({
      Filters: [{ Name: 'group-id', Values: [groupId] }],
      NextToken,
    });
    const page: DescribeSecurityGroupRulesCommandOutput = await request(
      { call: 'ec2.DescribeSecurityGroupRules', region },
      () => context.aws.client(EC2Client, region).send(command),
    );
    found.push(...(page.SecurityGroupRules ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return found.filter(rule => rule.IsEgress === (direction === 'egress')).map(fromAws);
}

function fromAws(rule: SecurityGroupRule): StoredRule {
  const { CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo, Description } = rule;
  return {
    id: rule.SecurityGroupRuleId ?? '',
    protocol: rule.IpProtocol ?? '-1',
    fromPort: rule.FromPort ?? -1,
    toPort: rule.ToPort ?? -1,
    ...(CidrIpv4 && { cidr: CidrIpv4 }),
    ...(CidrIpv6 && { cidrV6: CidrIpv6 }),
    ...(PrefixListId && { prefixList: PrefixListId }),
    ...(ReferencedGroupInfo?.GroupId && { group: ReferencedGroupInfo.GroupId }),
    ...(Description && { description: Description }),
  };
}

export function sourceOf({ cidr, cidrV6, prefixList, group }: Rule): string {
  return cidr ?? cidrV6 ?? prefixList ?? group ?? 'nobody';
}

/** `tcp 443 from 0.0.0.0/0`. */
export function describeRule(rule: Rule): string {
  const protocol = rule.protocol === '-1' ? 'everything' : rule.protocol;
  const ports =
    rule.fromPort < 0 ? '' : ` ${rule.fromPort}${rule.toPort > rule.fromPort ? `-${rule.toPort}` : ''}`;
  return `${protocol}${ports} from ${sourceOf(rule)}`;
}

export function sameRule(one: Rule, other: Rule): boolean {
  return (
    one.protocol === other.protocol &&
    one.fromPort === other.fromPort &&
    one.toPort === other.toPort &&
    sourceOf(one) === sourceOf(other)
  );
}

function toAws(rule: Rule): IpPermission {
  const Description = rule.description;
  return {
    IpProtocol: rule.protocol,
    ...(rule.fromPort >= 0 && { FromPort: rule.fromPort, ToPort: rule.toPort }),
    ...(rule.cidr && { IpRanges: [{ CidrIp: rule.cidr, Description }] }),
    ...(rule.cidrV6 && { Ipv6Ranges: [{ CidrIpv6: rule.cidrV6, Description }] }),
    ...(rule.prefixList && { PrefixListIds: [{ PrefixListId: rule.prefixList, Description }] }),
    ...(rule.group && { UserIdGroupPairs: [{ GroupId: rule.group, Description }] }),
  };
}

/** Takes these rules away. Rules that are gone already are no error. */
export async function revokeRules(
  context: ActionContext,
  { groupId, region }: SecurityGroup,
  rules: readonly StoredRule[],
): Promise<void> {
  await context.changed({
    call: 'ec2.RevokeSecurityGroupIngress',
    region,
    resource: groupId,
    what: `Revoked from ${groupId}: ${rules.map(describeRule).join(', ')}.`,
  });
  const command = new RevokeSecurityGroupIngressCommand({
    GroupId: groupId,
    SecurityGroupRuleIds: rules.map(rule => rule.id),
  });
  try {
    await request({ call: 'ec2.RevokeSecurityGroupIngress', region }, () =>
      context.aws.client(EC2Client, region).send(command),
    );
  } catch (error) {
    if (!isNamed(error, 'InvalidSecurityGroupRuleId.NotFound', 'InvalidPermission.NotFound')) throw error;
  }
}

/** Adds rules one by one, so that one that exists already does not keep the others out. */
export async function authorizeRules(
  context: ActionContext,
  { groupId, region }: SecurityGroup,
  rules: readonly Rule[],
): Promise<void> {
  await context.changed({
    call: 'ec2.AuthorizeSecurityGroupIngress',
    region,
    resource: groupId,
    what: `Allowed again by ${groupId}: ${rules.map(describeRule).join(', ')}.`,
  });
  for (const rule of rules) {
    const command = new AuthorizeSecurityGroupIngressCommand({
      GroupId: groupId,
      IpPermissions: [toAws(rule)],
    });
    try {
      await request({ call: 'ec2.AuthorizeSecurityGroupIngress', region }, () =>
        context.aws.client(EC2Client, region).send(command),
      );
    } catch (error) {
      if (!isNamed(error, 'InvalidPermission.Duplicate')) throw error;
    }
  }
}
