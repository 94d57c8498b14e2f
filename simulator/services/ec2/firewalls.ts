import type { NetworkAclEntry, SecurityGroupRule } from '@aws-sdk/client-ec2';
import * as z from 'zod';
import type { Plan } from '../../../shared/plan/schema.ts';
import { componentsOf } from '../../world/addresses.ts';
import { resourceId } from '../../world/fleet.ts';
import { seenState } from '../../world/history.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';

export type Firewalls = {
  /** Ingress and egress rules, each with the region of its group. */
  rules: (SecurityGroupRule & { region: string })[];
  acls: { id: string; region: string; entries: (NetworkAclEntry & { ours?: boolean })[] }[];
  rulesMade: number;
};

export function firewallsOf(world: World): Firewalls {
  return world.state<Firewalls>('ec2-firewalls', () => ({ rules: [], acls: [], rulesMade: 0 }));
}

/** Groups with the rules that the plan gives them, and network ACLs that allow everything, as AWS makes them. */
export function arrangeFirewalls(world: World, plan: Plan): void {
  for (const { groupId, region, ingress } of componentsOf(plan, 'security-group')) {
    for (const { protocol, port, cidr } of ingress) {
      addRule(world, region, {
        GroupId: groupId,
        IpProtocol: protocol,
        FromPort: port,
        ToPort: port,
        CidrIpv4: cidr,
      });
    }
  }
  for (const { aclId, region } of componentsOf(plan, 'network-acl')) {
    const allow = { Protocol: '-1', RuleAction: 'allow' as const, CidrBlock: '0.0.0.0/0' };
    const deny = { ...allow, RuleAction: 'deny' as const, RuleNumber: 32_767 };
    const entries = [false, true].flatMap(Egress => [
      { ...allow, RuleNumber: 100, Egress },
      { ...deny, Egress },
    ]);
    firewallsOf(world).acls.push({ id: aclId, region, entries });
  }
}

function addRule(world: World, region: string, rule: SecurityGroupRule): SecurityGroupRule {
  const state = firewallsOf(world);
  state.rulesMade += 1;
  const made = {
    ...rule,
    region,
    IsEgress: false,
    SecurityGroupRuleId: resourceId(world, 'sgr', String(state.rulesMade)),
  };
  state.rules.push(made);
  return made;
}

export function describeRules(world: World, call: Call) {
  const [filter] = z.array(z.object({ Values: z.array(z.string()) })).parse(call.input.Filters);
  const { rules } = seenState(world, 'ec2-firewalls', firewallsOf(world));
  const found = rules.filter(
    rule => rule.region === call.region && filter?.Values.includes(rule.GroupId ?? ''),
  );
  return { SecurityGroupRules: found.map(({ region: _, ...rule }) => ({ ...rule })) };
}

export function revokeIngress(world: World, call: Call): unknown {
  const ids = z.array(z.string()).parse(call.input.SecurityGroupRuleIds);
  const state = firewallsOf(world);
  const gone = ids.find(id => !state.rules.some(rule => rule.SecurityGroupRuleId === id));
  if (gone) {
    const message = `The security group rule ID '${gone}' does not exist`;
    throw new SimulatedAwsError('InvalidSecurityGroupRuleId.NotFound', message);
  }
  state.rules = state.rules.filter(rule => !ids.includes(rule.SecurityGroupRuleId ?? ''));
  world.changed(`ec2/${call.input.GroupId}`, `${ids.length} ingress rules are revoked`, 'lifeboat');
  return { Return: true };
}

const permissionInput = z.object({
  IpProtocol: z.string(),
  FromPort: z.number().optional(),
  ToPort: z.number().optional(),
  IpRanges: z.array(z.object({ CidrIp: z.string() })).default([]),
});

export function authorizeIngress(world: World, call: Call): unknown {
  const groupId = String(call.input.GroupId);
  for (const permission of z.array(permissionInput).parse(call.input.IpPermissions)) {
    const { IpProtocol, FromPort, ToPort } = permission;
    for (const { CidrIp } of permission.IpRanges) {
      const exists = firewallsOf(world).rules.some(
        rule =>
          rule.GroupId === groupId &&
          !rule.IsEgress &&
          rule.CidrIpv4 === CidrIp &&
          rule.FromPort === FromPort &&
          rule.IpProtocol === IpProtocol,
      );
      if (exists) {
        const message = `the specified rule "peer: ${CidrIp}, ${IpProtocol}" already exists`;
        throw new SimulatedAwsError('InvalidPermission.Duplicate', message);
      }
      addRule(world, call.region, { GroupId: groupId, IpProtocol, FromPort, ToPort, CidrIpv4: CidrIp });
    }
  }
  world.changed(`ec2/${groupId}`, 'Ingress rules are added', 'lifeboat');
  return { Return: true };
}

export function describeAcls(world: World, call: Call) {
  const ids = z.array(z.string()).parse(call.input.NetworkAclIds);
  const { acls } = seenState(world, 'ec2-firewalls', firewallsOf(world));
  return {
    NetworkAcls: ids.map(id => {
      const { entries } = aclOf(acls, call.region, id);
      return { NetworkAclId: id, Entries: entries.map(({ ours: _, ...entry }) => ({ ...entry })) };
    }),
  };
}

function aclOf(acls: Firewalls['acls'], region: string, id: string): Firewalls['acls'][number] {
  const found = acls.find(acl => acl.id === id && acl.region === region);
  if (found) return found;
  throw new SimulatedAwsError('InvalidNetworkAclID.NotFound', `The networkAcl ID '${id}' does not exist`);
}

const entryInput = z.object({ NetworkAclId: z.string(), RuleNumber: z.number(), Egress: z.boolean() });

export function createAclEntry(world: World, call: Call): unknown {
  const { NetworkAclId, RuleNumber, Egress } = entryInput.parse(call.input);
  const acl = aclOf(firewallsOf(world).acls, call.region, NetworkAclId);
  if (acl.entries.some(entry => entry.RuleNumber === RuleNumber && entry.Egress === Egress)) {
    const message = `The network acl entry identified by ${RuleNumber} already exists.`;
    throw new SimulatedAwsError('NetworkAclEntryAlreadyExists', message);
  }
  const { CidrBlock, Ipv6CidrBlock, Protocol, RuleAction } = call.input as NetworkAclEntry;
  acl.entries.push({ CidrBlock, Ipv6CidrBlock, Protocol, RuleAction, RuleNumber, Egress, ours: true });
  world.changed(`ec2/${NetworkAclId}`, `Rule ${RuleNumber} is added`, 'lifeboat');
  return {};
}

export function deleteAclEntry(world: World, call: Call): unknown {
  const { NetworkAclId, RuleNumber, Egress } = entryInput.parse(call.input);
  const acl = aclOf(firewallsOf(world).acls, call.region, NetworkAclId);
  const kept = acl.entries.filter(entry => entry.RuleNumber !== RuleNumber || entry.Egress !== Egress);
  if (kept.length === acl.entries.length) {
    const message = `The network acl entry identified by ${RuleNumber} does not exist.`;
    throw new SimulatedAwsError('InvalidNetworkAclEntry.NotFound', message);
  }
  acl.entries = kept;
  world.changed(`ec2/${NetworkAclId}`, `Rule ${RuleNumber} is removed`, 'lifeboat');
  return {};
}
