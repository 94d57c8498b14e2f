import { CodeBuildClient, CreateProjectCommand } from '@aws-sdk/client-codebuild';
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateLoadBalancerCommand,
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
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { CreateIPSetCommand, GetIPSetCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { expect } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { type Ids, recovery } from './case.ts';
import { contract } from './contract.ts';

const region = recovery;
const events = (aws: AwsClients) => aws.client(EventBridgeClient, region);
const elb = (aws: AwsClients) => aws.client(ElasticLoadBalancingV2Client, region);
const waf = (aws: AwsClients) => aws.client(WAFV2Client, region);

contract('events', [
  {
    kind: 'events.switch-rule',
    shows: 'turns a rule on, and off again',
    components: () => ({
      nightly: { type: 'event-rule', region, name: 'nightly', bus: 'shop', enabled: false },
    }),
    given: async aws => {
      await events(aws).send(new CreateEventBusCommand({ Name: 'shop' }));
      await events(aws).send(
        new PutRuleCommand({
          Name: 'nightly',
          EventBusName: 'shop',
          EventPattern: '{"source":["shop"]}',
          State: 'DISABLED',
        }),
      );
    },
    with: () => ({ rule: 'nightly', enabled: true }),
    expect: {
      calls: [['eventbridge.EnableRule', { Name: 'nightly', EventBusName: 'shop' }]],
      holds: 'ENABLED',
    },
    after: async aws => {
      const { State } = await events(aws).send(
        new DescribeRuleCommand({ Name: 'nightly', EventBusName: 'shop' }),
      );
      return State;
    },
    undo: {
      calls: [['eventbridge.DisableRule', { Name: 'nightly', EventBusName: 'shop' }]],
      holds: 'DISABLED',
    },
  },
]);

const ids: Ids = {
  group: `arn:aws:elasticloadbalancing:${region}:123456789012:targetgroup/shop-dr/0123456789abcdef`,
  dns: `shop-dr-2.${region}.elb.amazonaws.com`,
  zone: 'ZELB4',
};
const balanced = {
  ids,
  components: ({ group, dns, zone }: Ids) => ({
    targets: { type: 'target-group', region, arn: group },
    lb: { type: 'load-balancer', region, name: 'shop-dr', dnsName: dns, hostedZoneId: zone },
  }),
  given: async (aws: AwsClients): Promise<Ids> => {
    const ec2 = aws.client(EC2Client, region);
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.9.1.0/24' }),
    );
    const { LoadBalancers } = await elb(aws).send(
      new CreateLoadBalancerCommand({ Name: 'shop-dr', Subnets: [Subnet?.SubnetId ?? ''] }),
    );
    const { TargetGroups } = await elb(aws).send(
      new CreateTargetGroupCommand({
        Name: 'shop-dr',
        Protocol: 'HTTP',
        Port: 80,
        VpcId: Vpc?.VpcId,
        HealthCheckPath: '/health',
      }),
    );
    return {
      group: TargetGroups?.[0]?.TargetGroupArn ?? '',
      dns: LoadBalancers?.[0]?.DNSName ?? '',
      zone: LoadBalancers?.[0]?.CanonicalHostedZoneId ?? '',
    };
  },
};

contract('elbv2', [
  {
    ...balanced,
    kind: 'elbv2.describe',
    shows: 'says that a load balancer is active',
    with: () => ({ loadBalancer: 'lb' }),
    expect: { calls: [] },
  },
  {
    ...balanced,
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
  },
]);

contract('elbv2 targets', [
  {
    ...balanced,
    kind: 'elbv2.target-health',
    shows: 'waits while no target is healthy',
    with: () => ({ targetGroup: 'targets', healthy: 1 }),
    expect: { calls: [], status: 'pending' },
    emulator: { gap: 'nothing is registered in either world', status: 'pending' },
  },
]);

const firewall = {
  ids: { set: 'a1b2c3d4' },
  components: ({ set }: Ids) => ({
    set: { type: 'ip-set', region, name: 'blocked', ipSetId: set },
  }),
  given: async (aws: AwsClients): Promise<Ids> => {
    const { Summary } = await waf(aws).send(
      new CreateIPSetCommand({ Name: 'blocked', Scope: 'REGIONAL', IPAddressVersion: 'IPV4', Addresses: [] }),
    );
    return { set: Summary?.Id ?? '' };
  },
};

contract('wafv2', [
  {
    ...firewall,
    kind: 'wafv2.block-addresses',
    shows: 'adds an address to the set, and takes it away again',
    with: () => ({ ipSet: 'set', addresses: ['203.0.113.7'] }),
    expect: {
      calls: [
        [
          'wafv2.UpdateIPSet',
          {
            Name: 'blocked',
            Scope: 'REGIONAL',
            Addresses: ['203.0.113.7/32'],
            LockToken: expect.any(String),
          },
        ],
      ],
      holds: ['203.0.113.7/32'],
    },
    after: async (aws, { set }) => {
      const { IPSet } = await waf(aws).send(
        new GetIPSetCommand({ Name: 'blocked', Scope: 'REGIONAL', Id: set }),
      );
      return IPSet?.Addresses;
    },
    undo: { calls: [['wafv2.UpdateIPSet', { Addresses: [] }]], holds: [] },
    emulator: { gap: 'the lock tokens of moto are shorter than those of AWS', allows: /LockToken is not of/ },
  },
]);

contract('codebuild', [
  {
    kind: 'codebuild.run',
    shows: 'starts a build with the variables of the step and waits for its end',
    components: () => ({ project: { type: 'codebuild-project', region, name: 'shop-rebuild' } }),
    given: async aws => {
      const { Account } = await aws.client(STSClient, region).send(new GetCallerIdentityCommand({}));
      await aws.client(CodeBuildClient, region).send(
        new CreateProjectCommand({
          name: 'shop-rebuild',
          source: { type: 'S3', location: 'bucket/source.zip' },
          artifacts: { type: 'NO_ARTIFACTS' },
          environment: { type: 'LINUX_CONTAINER', image: 'x', computeType: 'BUILD_GENERAL1_SMALL' },
          serviceRole: `arn:aws:iam::${Account}:role/service-role/build`,
        }),
      );
    },
    with: () => ({ project: 'project', sourceVersion: 'version-1', environment: { TARGET: 'dr' } }),
    expect: {
      calls: [
        [
          'codebuild.StartBuild',
          {
            projectName: 'shop-rebuild',
            environmentVariablesOverride: expect.arrayContaining([
              expect.objectContaining({ name: 'TARGET', value: 'dr' }),
            ]),
          },
        ],
      ],
    },
    emulator: { gap: 'moto answers with times that are none', throws: /implicit NaN/ },
  },
]);
