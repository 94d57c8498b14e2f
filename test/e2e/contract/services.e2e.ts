import {
  CloudFrontClient,
  CreateDistributionCommand,
  GetDistributionConfigCommand,
} from '@aws-sdk/client-cloudfront';
import { CodeBuildClient, CreateProjectCommand } from '@aws-sdk/client-codebuild';
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateLoadBalancerCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { type Ids, recovery } from './case.ts';
import { contract } from './contract.ts';
import { drainedCase, eventCase, firewallCase, healthCheckCase, targetHealthCase } from './network-cases.ts';
import { emulated } from './sandbox.ts';

const region = recovery;
const sandbox = emulated(region);

contract('events', [eventCase(sandbox)]);
contract('sqs', [drainedCase(sandbox)]);
contract('wafv2', [firewallCase(sandbox)]);
contract('elbv2 targets', [healthCheckCase(sandbox), targetHealthCase(sandbox)]);

const elb = (aws: AwsClients) => aws.client(ElasticLoadBalancingV2Client, region);
const balanced = {
  ids: { dns: `shop-dr-2.${region}.elb.amazonaws.com`, zone: 'ZELB4' },
  components: ({ dns, zone }: Ids) => ({
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
    return {
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
]);

const front = (aws: AwsClients) => aws.client(CloudFrontClient, 'us-east-1');
const origin = (Id: string) => ({
  Id,
  DomainName: `${Id}.shop.example`,
  CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'https-only' as const },
});
const distributed = {
  ids: { id: 'E2QWRUHAPOMQZL' },
  components: ({ id }: Ids) => ({
    www: {
      type: 'cloudfront-distribution',
      region,
      distributionId: id,
      domainName: 'd111111abcdef8.cloudfront.net',
      primary: { id: 'home', host: 'home.shop.example' },
      recovery: { id: 'away', host: 'away.shop.example' },
    },
  }),
  given: async (aws: AwsClients): Promise<Ids> => {
    const { Distribution } = await front(aws).send(
      new CreateDistributionCommand({
        DistributionConfig: {
          CallerReference: 'first',
          Comment: 'Shop',
          Enabled: true,
          Origins: { Quantity: 2, Items: [origin('home'), origin('away')] },
          DefaultCacheBehavior: {
            TargetOriginId: 'home',
            ViewerProtocolPolicy: 'redirect-to-https',
            CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
          },
        },
      }),
    );
    return { id: Distribution?.Id ?? '' };
  },
};

contract('cloudfront', [
  {
    ...distributed,
    kind: 'cloudfront.switch-origin',
    shows: 'points the default behaviour at the other origin, and back',
    with: () => ({ distribution: 'www', to: 'recovery' }),
    expect: {
      calls: [['cloudfront.UpdateDistribution', { IfMatch: expect.any(String) }]],
      holds: 'away',
    },
    after: async (aws, { id }) => {
      const { DistributionConfig } = await front(aws).send(new GetDistributionConfigCommand({ Id: id }));
      return DistributionConfig?.DefaultCacheBehavior?.TargetOriginId;
    },
    undo: { calls: [['cloudfront.UpdateDistribution', { IfMatch: expect.any(String) }]], holds: 'home' },
  },
  {
    ...distributed,
    kind: 'cloudfront.invalidate',
    shows: 'takes paths out of the edges, by a reference of its own',
    with: () => ({ distribution: 'www', paths: ['/index.html'] }),
    expect: {
      calls: [
        [
          'cloudfront.CreateInvalidation',
          { InvalidationBatch: { Paths: { Quantity: 1, Items: ['/index.html'] } } },
        ],
      ],
    },
    emulator: { gap: 'moto writes COMPLETED where AWS writes Completed', status: 'pending' },
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
            // A repeat after a lost reply is the same build.
            idempotencyToken: expect.stringMatching(/^.{1,64}$/),
            timeoutInMinutesOverride: expect.any(Number),
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
