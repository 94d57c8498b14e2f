import {
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkAclCommand,
  CreateSecurityGroupCommand,
  CreateVpcCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
  type ResourceType,
} from '@aws-sdk/client-ec2';
import {
  CreateTargetGroupCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  CreateEventBusCommand,
  DescribeRuleCommand,
  EventBridgeClient,
  PutRuleCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { CreateIPSetCommand, GetIPSetCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { expect } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import type { ContractCase, Ids } from './case.ts';
import type { Sandbox } from './sandbox.ts';

/** Cases that cost nothing and change nobody's service: they can be played in an account too. */

export function eventCase({ region, name, tags }: Sandbox): ContractCase {
  const [rule, bus] = [name('nightly'), name('shop')];
  const events = (aws: AwsClients) => aws.client(EventBridgeClient, region);
  return {
    kind: 'events.switch-rule',
    shows: 'turns a rule on, and off again',
    components: () => ({ nightly: { type: 'event-rule', region, name: rule, bus, enabled: false } }),
    given: async aws => {
      await events(aws).send(new CreateEventBusCommand({ Name: bus, Tags: tags }));
      const EventPattern = '{"source":["shop"]}';
      await events(aws).send(
        new PutRuleCommand({ Name: rule, EventBusName: bus, EventPattern, State: 'DISABLED', Tags: tags }),
      );
    },
    with: () => ({ rule: 'nightly', enabled: true }),
    expect: {
      calls: [['eventbridge.EnableRule', { Name: rule, EventBusName: bus }]],
      holds: 'ENABLED',
    },
    after: async aws => {
      const { State } = await events(aws).send(new DescribeRuleCommand({ Name: rule, EventBusName: bus }));
      return State;
    },
    undo: { calls: [['eventbridge.DisableRule', { Name: rule, EventBusName: bus }]], holds: 'DISABLED' },
  };
}

export function drainedCase({ region, name }: Sandbox): ContractCase {
  const [orders, failed] = [name('orders'), name('orders-failed')];
  const sqs = (aws: AwsClients) => aws.client(SQSClient, region);
  const make = async (aws: AwsClients, QueueName: string) =>
    (await sqs(aws).send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  return {
    kind: 'sqs.check-drained',
    shows: 'counts what is in a queue, and leaves it there',
    components: () => ({
      orders: {
        type: 'sqs-queue',
        region,
        name: orders,
        deadLetters: 'failed',
        takenBy: 'nobody',
        waiting: 2,
      },
      failed: { type: 'sqs-queue', region, name: failed },
      nobody: { type: 'event-source-mapping', region, uuid: 'a1b2-c3d4', enabled: false },
    }),
    given: async aws => {
      const account = await aws.client(STSClient, region).send(new GetCallerIdentityCommand({}));
      await make(aws, failed);
      const QueueUrl = await make(aws, orders);
      const deadLetterTargetArn = `arn:aws:sqs:${region}:${account.Account}:${failed}`;
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 });
      await sqs(aws).send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }));
      for (const MessageBody of ['one', 'two'])
        await sqs(aws).send(new SendMessageCommand({ QueueUrl, MessageBody }));
    },
    with: () => ({ queue: 'orders', atMost: 2, deadLetters: 'failed' }),
    expect: {
      calls: [],
      outputs: { waiting: 2, before: 2, newDeadLetters: 0 },
      takesSeconds: 60,
    },
  };
}

const ec2 = (aws: AwsClients, { region }: Sandbox) => aws.client(EC2Client, region);
const tagged = (ResourceType: ResourceType, { tags }: Sandbox) =>
  tags.length > 0 ? { TagSpecifications: [{ ResourceType, Tags: tags }] } : {};

async function makeVpc(aws: AwsClients, sandbox: Sandbox): Promise<string> {
  const { Vpc } = await ec2(aws, sandbox).send(
    new CreateVpcCommand({ CidrBlock: '10.9.0.0/16', ...tagged('vpc', sandbox) }),
  );
  return Vpc?.VpcId ?? '';
}

function targetGroup(sandbox: Sandbox) {
  const { region, name, tags } = sandbox;
  const elb = (aws: AwsClients) => aws.client(ElasticLoadBalancingV2Client, region);
  return {
    elb,
    shared: {
      ids: {
        group: `arn:aws:elasticloadbalancing:${region}:123456789012:targetgroup/shop-dr/0123456789abcdef`,
      },
      components: ({ group }: Ids) => ({ targets: { type: 'target-group', region, arn: group } }),
      given: async (aws: AwsClients): Promise<Ids> => {
        const { TargetGroups } = await elb(aws).send(
          new CreateTargetGroupCommand({
            Name: name('dr'),
            Protocol: 'HTTP',
            Port: 80,
            VpcId: await makeVpc(aws, sandbox),
            HealthCheckPath: '/health',
            ...(tags.length > 0 && { Tags: tags }),
          }),
        );
        return { group: TargetGroups?.[0]?.TargetGroupArn ?? '' };
      },
    },
  };
}

export function healthCheckCase(sandbox: Sandbox): ContractCase {
  const { elb, shared } = targetGroup(sandbox);
  return {
    ...shared,
    kind: 'elbv2.modify-target-group',
    shows: 'looks at another path, and at the old one again',
    with: () => ({ targetGroup: 'targets', healthCheckPath: '/api/health' }),
    expect: {
      calls: [['elasticloadbalancingv2.ModifyTargetGroup', { HealthCheckPath: '/api/health' }]],
      holds: '/api/health',
    },
    after: async (aws, { group = '' }) => {
      const { TargetGroups } = await elb(aws).send(
        new DescribeTargetGroupsCommand({ TargetGroupArns: [group] }),
      );
      return TargetGroups?.[0]?.HealthCheckPath;
    },
    undo: { calls: [['elasticloadbalancingv2.ModifyTargetGroup', {}]] },
  };
}

export function targetHealthCase(sandbox: Sandbox): ContractCase {
  return {
    ...targetGroup(sandbox).shared,
    kind: 'elbv2.target-health',
    shows: 'waits while no target is healthy',
    with: () => ({ targetGroup: 'targets', healthy: 1 }),
    expect: { calls: [], status: 'pending' },
    emulator: { gap: 'nothing is registered in either world', status: 'pending' },
  };
}

export function firewallCase({ region, name, tags }: Sandbox): ContractCase {
  const Name = name('blocked');
  const waf = (aws: AwsClients) => aws.client(WAFV2Client, region);
  return {
    ids: { set: 'a1b2c3d4' },
    components: ({ set }) => ({ set: { type: 'ip-set', region, name: Name, ipSetId: set } }),
    given: async aws => {
      const { Summary } = await waf(aws).send(
        new CreateIPSetCommand({
          Name,
          Scope: 'REGIONAL',
          IPAddressVersion: 'IPV4',
          Addresses: [],
          ...(tags.length > 0 && { Tags: tags }),
        }),
      );
      return { set: Summary?.Id ?? '' };
    },
    kind: 'wafv2.block-addresses',
    shows: 'adds an address to the set, and takes it away again',
    with: () => ({ ipSet: 'set', addresses: ['203.0.113.7'] }),
    expect: {
      calls: [
        [
          'wafv2.UpdateIPSet',
          { Name, Scope: 'REGIONAL', Addresses: ['203.0.113.7/32'], LockToken: expect.any(String) },
        ],
      ],
      holds: ['203.0.113.7/32'],
    },
    after: async (aws, { set }) => {
      const { IPSet } = await waf(aws).send(new GetIPSetCommand({ Name, Scope: 'REGIONAL', Id: set }));
      return IPSet?.Addresses;
    },
    undo: { calls: [['wafv2.UpdateIPSet', { Addresses: [] }]], holds: [] },
    emulator: { gap: 'the lock tokens of moto are shorter than those of AWS', allows: /LockToken is not of/ },
  };
}

/** A security group with two open ports, and a network ACL, in a VPC where nothing runs. */
function emptyNetwork(sandbox: Sandbox) {
  const { region, name } = sandbox;
  return {
    ids: { web: 'sg-0fffffffffffffff2', acl: 'acl-0eeeeeeeeeeeeeee1' },
    components: ({ web, acl }: Ids) => ({
      web: {
        type: 'security-group',
        region,
        groupId: web,
        ingress: [
          { port: 443, cidr: '0.0.0.0/0' },
          { port: 22, cidr: '198.51.100.0/24' },
        ],
      },
      acl: { type: 'network-acl', region, aclId: acl },
    }),
    given: async (aws: AwsClients): Promise<Ids> => {
      const VpcId = await makeVpc(aws, sandbox);
      const GroupName = name('web');
      const { GroupId } = await ec2(aws, sandbox).send(
        new CreateSecurityGroupCommand({
          GroupName,
          Description: GroupName,
          VpcId,
          ...tagged('security-group', sandbox),
        }),
      );
      await ec2(aws, sandbox).send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId,
          IpPermissions: [
            { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
            { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '198.51.100.0/24' }] },
          ],
        }),
      );
      const { NetworkAcl } = await ec2(aws, sandbox).send(
        new CreateNetworkAclCommand({ VpcId, ...tagged('network-acl', sandbox) }),
      );
      return { web: GroupId ?? '', acl: NetworkAcl?.NetworkAclId ?? '' };
    },
  };
}

const portsOf =
  (sandbox: Sandbox) =>
  async (aws: AwsClients, { web = '' }: Ids) => {
    const { SecurityGroupRules = [] } = await ec2(aws, sandbox).send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [web] }] }),
    );
    return SecurityGroupRules.filter(({ IsEgress }) => !IsEgress).map(({ FromPort }) => FromPort);
  };

export function closePortCase(sandbox: Sandbox): ContractCase {
  return {
    ...emptyNetwork(sandbox),
    kind: 'ec2.revoke-ingress',
    shows: 'closes a port, and opens it again',
    with: () => ({ group: 'web', ports: [443] }),
    expect: { calls: [['ec2.RevokeSecurityGroupIngress', {}]], holds: [22] },
    after: portsOf(sandbox),
    undo: { calls: [['ec2.AuthorizeSecurityGroupIngress', {}]], holds: expect.arrayContaining([22, 443]) },
  };
}

export function openPortCase(sandbox: Sandbox): ContractCase {
  return {
    ...emptyNetwork(sandbox),
    kind: 'ec2.restore-ingress',
    shows: 'opens a port that a step had closed, and closes it again',
    with: () => ({
      group: 'web',
      rules: [{ protocol: 'tcp', fromPort: 8443, toPort: 8443, cidr: '198.51.100.0/24' }],
    }),
    expect: {
      calls: [['ec2.AuthorizeSecurityGroupIngress', {}]],
      outputs: { restored: 1 },
      holds: expect.arrayContaining([22, 443, 8443]),
    },
    after: portsOf(sandbox),
    undo: { calls: [['ec2.RevokeSecurityGroupIngress', {}]], holds: expect.not.arrayContaining([8443]) },
  };
}

export function denyCase(sandbox: Sandbox): ContractCase {
  return {
    ...emptyNetwork(sandbox),
    kind: 'ec2.block-address',
    shows: 'denies an address before everything else, and takes the entry away again',
    with: () => ({ acl: 'acl', addresses: ['203.0.113.7/32'] }),
    expect: {
      calls: [
        [
          'ec2.CreateNetworkAclEntry',
          { CidrBlock: '203.0.113.7/32', RuleAction: 'deny', Egress: false, Protocol: '-1' },
        ],
      ],
    },
    undo: { calls: [['ec2.DeleteNetworkAclEntry', { Egress: false }]] },
  };
}
