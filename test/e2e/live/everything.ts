import {
  DescribeNetworkAclsCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  EventBridgeClient,
  ListEventBusesCommand,
  ListRulesCommand,
  ListTagsForResourceCommand as ListTagsOfEvents,
} from '@aws-sdk/client-eventbridge';
import { GetBucketTaggingCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  DescribeParametersCommand,
  ListTagsForResourceCommand as ListTagsOfParameter,
  SSMClient,
} from '@aws-sdk/client-ssm';
import {
  ListIPSetsCommand,
  ListTagsForResourceCommand as ListTagsOfIpSet,
  WAFV2Client,
} from '@aws-sdk/client-wafv2';
import type { AwsClients } from '../../../shared/aws/clients.ts';

type Tags = { Key?: string | undefined; Value?: string | undefined }[];
export type Kept = { type: string; name: string; tags: Tags };

/**
 * All that an emulated account keeps of the types that the cases make, whatever its names and tags: the tear-down finds
 * things by those, and is not asked here.
 */
export async function everything(aws: AwsClients, region: string): Promise<Kept[]> {
  const found = await Promise.all(
    [buckets, secrets, parameters, ipSets, events, groups, networks].map(list => list(aws, region)),
  );
  return found.flat();
}

async function buckets(aws: AwsClients, region: string): Promise<Kept[]> {
  const s3 = aws.client(S3Client, region);
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  return Promise.all(
    Buckets.map(async ({ Name = '' }) => {
      const { TagSet = [] } = await s3.send(new GetBucketTaggingCommand({ Bucket: Name }));
      return { type: 'bucket', name: Name, tags: TagSet };
    }),
  );
}

async function secrets(aws: AwsClients, region: string): Promise<Kept[]> {
  const { SecretList = [] } = await aws.client(SecretsManagerClient, region).send(new ListSecretsCommand({}));
  return SecretList.map(({ Name = '', Tags = [] }) => ({ type: 'secret', name: Name, tags: Tags }));
}

async function parameters(aws: AwsClients, region: string): Promise<Kept[]> {
  const ssm = aws.client(SSMClient, region);
  const { Parameters = [] } = await ssm.send(new DescribeParametersCommand({}));
  return Promise.all(
    Parameters.map(async ({ Name = '' }) => {
      const of = { ResourceType: 'Parameter' as const, ResourceId: Name };
      const { TagList = [] } = await ssm.send(new ListTagsOfParameter(of));
      return { type: 'parameter', name: Name, tags: TagList };
    }),
  );
}

async function ipSets(aws: AwsClients, region: string): Promise<Kept[]> {
  const waf = aws.client(WAFV2Client, region);
  const { IPSets = [] } = await waf.send(new ListIPSetsCommand({ Scope: 'REGIONAL' }));
  return Promise.all(
    IPSets.map(async ({ Name = '', ARN }) => {
      const { TagInfoForResource } = await waf.send(new ListTagsOfIpSet({ ResourceARN: ARN }));
      return { type: 'IP set', name: Name, tags: TagInfoForResource?.TagList ?? [] };
    }),
  );
}

async function events(aws: AwsClients, region: string): Promise<Kept[]> {
  const bridge = aws.client(EventBridgeClient, region);
  const tagsOf = async (ResourceARN: string | undefined) =>
    (await bridge.send(new ListTagsOfEvents({ ResourceARN }))).Tags ?? [];
  const { EventBuses = [] } = await bridge.send(new ListEventBusesCommand({}));
  const own = EventBuses.filter(({ Name }) => Name !== 'default');
  const kept = own.map(async ({ Name = '', Arn }) => {
    const { Rules = [] } = await bridge.send(new ListRulesCommand({ EventBusName: Name }));
    const rules = Rules.map(async rule => ({
      type: 'rule',
      name: rule.Name ?? '',
      tags: await tagsOf(rule.Arn),
    }));
    return [{ type: 'event bus', name: Name, tags: await tagsOf(Arn) }, ...(await Promise.all(rules))];
  });
  return (await Promise.all(kept)).flat();
}

async function groups(aws: AwsClients, region: string): Promise<Kept[]> {
  const elb = aws.client(ElasticLoadBalancingV2Client, region);
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({}));
  return Promise.all(
    TargetGroups.map(async ({ TargetGroupName = '', TargetGroupArn = '' }) => {
      const { TagDescriptions } = await elb.send(new DescribeTagsCommand({ ResourceArns: [TargetGroupArn] }));
      return { type: 'target group', name: TargetGroupName, tags: TagDescriptions?.[0]?.Tags ?? [] };
    }),
  );
}

/** Without what every account or VPC has by itself. */
async function networks(aws: AwsClients, region: string): Promise<Kept[]> {
  const ec2 = aws.client(EC2Client, region);
  const [{ Vpcs = [] }, { SecurityGroups = [] }, { NetworkAcls = [] }] = await Promise.all([
    ec2.send(new DescribeVpcsCommand({})),
    ec2.send(new DescribeSecurityGroupsCommand({})),
    ec2.send(new DescribeNetworkAclsCommand({})),
  ]);
  return [
    ...Vpcs.filter(({ IsDefault }) => !IsDefault).map(({ VpcId = '', Tags = [] }) => ({
      type: 'VPC',
      name: VpcId,
      tags: Tags,
    })),
    ...SecurityGroups.filter(({ GroupName }) => GroupName !== 'default').map(
      ({ GroupId = '', Tags = [] }) => ({
        type: 'security group',
        name: GroupId,
        tags: Tags,
      }),
    ),
    ...NetworkAcls.filter(({ IsDefault }) => !IsDefault).map(({ NetworkAclId = '', Tags = [] }) => ({
      type: 'network ACL',
      name: NetworkAclId,
      tags: Tags,
    })),
  ];
}
