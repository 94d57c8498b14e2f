import {
  DeleteNetworkAclCommand,
  DeleteSecurityGroupCommand,
  DeleteVpcCommand,
  DescribeNetworkAclsCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  DeleteTargetGroupCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DeleteEventBusCommand,
  DeleteRuleCommand,
  EventBridgeClient,
  ListEventBusesCommand,
  ListRulesCommand,
} from '@aws-sdk/client-eventbridge';
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  DeleteSecretCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { DeleteIPSetCommand, ListIPSetsCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { type LiveRun, prefixOf, tagKey } from './sandbox-run.ts';

/** Something that a run made and that is still there. */
export type Left = { what: string; remove(): Promise<unknown> };

/**
 * Everything of a run that the account holds, what others depend on last. It is looked for by name or tag, never
 * remembered, so that nothing is missed that was made while a process ended. Lists are read to their ends.
 */
export async function leftBehind(aws: AwsClients, run: LiveRun): Promise<Left[]> {
  const found = [];
  for (const find of [buckets, secrets, parameters, ipSets, eventBuses, targetGroups, networks]) {
    found.push(...(await find(aws, run)));
  }
  return found;
}

/** Reads a list page by page: `read` gets the token of the page, and gives its items and the next token. */
async function all<Item>(
  read: (token: string | undefined) => Promise<[items: Item[] | undefined, next: string | undefined]>,
): Promise<Item[]> {
  const items: Item[] = [];
  let token: string | undefined;
  do {
    const [page = [], next] = await read(token);
    items.push(...page);
    token = next;
  } while (token);
  return items;
}

async function buckets(aws: AwsClients, run: LiveRun): Promise<Left[]> {
  const s3 = aws.client(S3Client, run.region);
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const own = Buckets.flatMap(({ Name = '' }) => (Name.startsWith(prefixOf(run)) ? Name : []));
  return own.map(Bucket => ({
    what: `the S3 bucket ${Bucket}`,
    async remove() {
      const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
      for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
        await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      await s3.send(new DeleteBucketCommand({ Bucket }));
    },
  }));
}

async function secrets(aws: AwsClients, run: LiveRun): Promise<Left[]> {
  const manager = aws.client(SecretsManagerClient, run.region);
  const own = await all(async NextToken => {
    const Filters = [{ Key: 'name' as const, Values: [prefixOf(run)] }];
    const page = await manager.send(new ListSecretsCommand({ Filters, NextToken }));
    return [page.SecretList, page.NextToken];
  });
  return own.map(({ Name: SecretId }) => ({
    what: `the secret ${SecretId}`,
    remove: () => manager.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true })),
  }));
}

async function parameters(aws: AwsClients, run: LiveRun): Promise<Left[]> {
  const ssm = aws.client(SSMClient, run.region);
  const own = await all(async NextToken => {
    const ParameterFilters = [{ Key: 'Name', Option: 'BeginsWith', Values: [`/${prefixOf(run)}`] }];
    const page = await ssm.send(new DescribeParametersCommand({ ParameterFilters, NextToken }));
    return [page.Parameters, page.NextToken];
  });
  return own.map(({ Name }) => ({
    what: `the parameter ${Name}`,
    remove: () => ssm.send(new DeleteParameterCommand({ Name })),
  }));
}

async function ipSets(aws: AwsClients, run: LiveRun): Promise<Left[]> {
  const waf = aws.client(WAFV2Client, run.region);
  const Scope = 'REGIONAL' as const;
  const sets = await all(async NextMarker => {
    const page = await waf.send(new ListIPSetsCommand({ Scope, NextMarker }));
    return [page.IPSets, page.IPSets?.length ? page.NextMarker : undefined];
  });
  return sets
    .filter(({ Name }) => Name?.startsWith(prefixOf(run)))
    .map(({ Name, Id, LockToken }) => ({
      what: `the IP set ${Name}`,
      remove: () => waf.send(new DeleteIPSetCommand({ Name, Scope, Id, LockToken })),
    }));
}

async function eventBuses(aws: AwsClients, run: LiveRun): Promise<Left[]> {
  const events = aws.client(EventBridgeClient, run.region);
  const own = await all(async NextToken => {
    const page = await events.send(new ListEventBusesCommand({ NamePrefix: prefixOf(run), NextToken }));
    return [page.EventBuses, page.NextToken];
  });
  return own.map(({ Name = '' }) => ({
    what: `the event bus ${Name} with its rules`,
    async remove() {
      const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName: Name }));
      for (const rule of Rules)
        await events.send(new DeleteRuleCommand({ Name: rule.Name, EventBusName: Name }));
      await events.send(new DeleteEventBusCommand({ Name }));
    },
  }));
}

async function targetGroups(aws: AwsClients, run: LiveRun): Promise<Left[]> {
  const elb = aws.client(ElasticLoadBalancingV2Client, run.region);
  const groups = await all(async Marker => {
    const page = await elb.send(new DescribeTargetGroupsCommand({ Marker }));
    return [page.TargetGroups, page.NextMarker];
  });
  return groups
    .filter(({ TargetGroupName }) => TargetGroupName?.startsWith(prefixOf(run)))
    .map(({ TargetGroupName, TargetGroupArn }) => ({
      what: `the target group ${TargetGroupName}`,
      remove: () => elb.send(new DeleteTargetGroupCommand({ TargetGroupArn })),
    }));
}

/** VPCs by their tag, with what is in them; the default group and list of a VPC go with it. */
async function networks(aws: AwsClients, run: LiveRun): Promise<Left[]> {
  const ec2 = aws.client(EC2Client, run.region);
  const tagged = { Filters: [{ Name: `tag:${tagKey}`, Values: [run.id] }] };
  const groups = await all(async NextToken => {
    const page = await ec2.send(new DescribeSecurityGroupsCommand({ ...tagged, NextToken }));
    return [page.SecurityGroups, page.NextToken];
  });
  const lists = await all(async NextToken => {
    const page = await ec2.send(new DescribeNetworkAclsCommand({ ...tagged, NextToken }));
    return [page.NetworkAcls, page.NextToken];
  });
  const vpcs = await all(async NextToken => {
    const page = await ec2.send(new DescribeVpcsCommand({ ...tagged, NextToken }));
    return [page.Vpcs, page.NextToken];
  });
  return [
    ...groups.map(({ GroupId }) => ({
      what: `the security group ${GroupId}`,
      remove: () => ec2.send(new DeleteSecurityGroupCommand({ GroupId })),
    })),
    ...lists.map(({ NetworkAclId }) => ({
      what: `the network ACL ${NetworkAclId}`,
      remove: () => ec2.send(new DeleteNetworkAclCommand({ NetworkAclId })),
    })),
    ...vpcs.map(({ VpcId }) => ({
      what: `the VPC ${VpcId}`,
      remove: () => ec2.send(new DeleteVpcCommand({ VpcId })),
    })),
  ];
}
