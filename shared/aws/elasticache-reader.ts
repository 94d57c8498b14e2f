import {
  DescribeCacheClustersCommand,
  DescribeCacheSubnetGroupsCommand,
  DescribeEventsCommand,
  DescribeGlobalReplicationGroupsCommand,
  DescribeReplicationGroupsCommand,
  DescribeSnapshotsCommand,
  ElastiCacheClient,
  type GlobalReplicationGroup,
  ListTagsForResourceCommand,
  type NodeGroupMember,
  type ReplicationGroup,
  type Snapshot,
} from '@aws-sdk/client-elasticache';
import { ifFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { runTag } from './names.ts';

const clientOf = (aws: AwsClients, region: string) => aws.client(ElastiCacheClient, region);

/** One replication group, or undefined if AWS says that there is none. */
export function readGroup(
  aws: AwsClients,
  region: string,
  id: string,
): Promise<ReplicationGroup | undefined> {
  return ifFound(['ReplicationGroupNotFoundFault'], async () => {
    const command = new DescribeReplicationGroupsCommand({ ReplicationGroupId: id });
    const reply = await request({ call: 'elasticache.DescribeReplicationGroups', region }, () =>
      clientOf(aws, region).send(command),
    );
    return reply.ReplicationGroups?.[0];
  });
}

/** Status of a cache cluster that belongs to no replication group, which is another kind of thing. */
export function readLoneCluster(aws: AwsClients, region: string, id: string): Promise<string | undefined> {
  return ifFound(['CacheClusterNotFoundFault'], async () => {
    const command = new DescribeCacheClustersCommand({ CacheClusterId: id });
    const reply = await request({ call: 'elasticache.DescribeCacheClusters', region }, () =>
      clientOf(aws, region).send(command),
    );
    return reply.CacheClusters?.[0]?.CacheClusterStatus;
  });
}

export function readGlobalGroup(
  aws: AwsClients,
  region: string,
  id: string,
): Promise<GlobalReplicationGroup | undefined> {
  return ifFound(['GlobalReplicationGroupNotFoundFault'], async () => {
    const command = new DescribeGlobalReplicationGroupsCommand({
      GlobalReplicationGroupId: id,
      ShowMemberInfo: true,
    });
    const reply = await request({ call: 'elasticache.DescribeGlobalReplicationGroups', region }, () =>
      clientOf(aws, region).send(command),
    );
    return reply.GlobalReplicationGroups?.[0];
  });
}

export function readSnapshot(aws: AwsClients, region: string, name: string): Promise<Snapshot | undefined> {
  return ifFound(['SnapshotNotFoundFault'], async () => {
    const reply = await request({ call: 'elasticache.DescribeSnapshots', region }, () =>
      clientOf(aws, region).send(new DescribeSnapshotsCommand({ SnapshotName: name })),
    );
    return reply.Snapshots?.[0];
  });
}

export async function subnetGroupExists(aws: AwsClients, region: string, name: string): Promise<boolean> {
  const found = await ifFound(['CacheSubnetGroupNotFoundFault'], async () => {
    const reply = await request({ call: 'elasticache.DescribeCacheSubnetGroups', region }, () =>
      clientOf(aws, region).send(new DescribeCacheSubnetGroupsCommand({ CacheSubnetGroupName: name })),
    );
    return reply.CacheSubnetGroups?.[0];
  });
  return found !== undefined;
}

/** Whether a run made the resource: ElastiCache shows tags only when it is asked for them. */
export async function isOfThisRun(
  aws: AwsClients,
  region: string,
  arn: string,
  runId: string,
): Promise<boolean> {
  const reply = await request({ call: 'elasticache.ListTagsForResource', region }, () =>
    clientOf(aws, region).send(new ListTagsForResourceCommand({ ResourceName: arn })),
  );
  return reply.TagList?.some(({ Key, Value }) => Key === runTag && Value === runId) ?? false;
}

/** When a failover of this group last ended in the window, as its events say. */
export async function lastFailover(
  aws: AwsClients,
  region: string,
  id: string,
  window: { from: Date; to: Date },
): Promise<Date | undefined> {
  const reply = await request({ call: 'elasticache.DescribeEvents', region }, () =>
    clientOf(aws, region).send(
      new DescribeEventsCommand({
        SourceIdentifier: id,
        SourceType: 'replication-group',
        StartTime: window.from,
        EndTime: window.to,
      }),
    ),
  );
  const ends = (reply.Events ?? []).flatMap(({ Message, Date: at }) =>
    at !== undefined && /failover from .* complete/i.test(Message ?? '') ? [at] : [],
  );
  return ends.sort((a, b) => b.getTime() - a.getTime())[0];
}

/** The nodes of a group without cluster mode, which has one shard. */
export function membersOf(group: ReplicationGroup): NodeGroupMember[] {
  return group.NodeGroups?.[0]?.NodeGroupMembers ?? [];
}

export function primaryNodeOf(group: ReplicationGroup): NodeGroupMember | undefined {
  return membersOf(group).find(({ CurrentRole }) => CurrentRole === 'primary');
}

/** The address that follows the primary. */
export function endpointOf(group: ReplicationGroup): { host: string; port: number } | undefined {
  const endpoint = group.NodeGroups?.[0]?.PrimaryEndpoint ?? group.ConfigurationEndpoint;
  return endpoint?.Address ? { host: endpoint.Address, port: endpoint.Port ?? 6379 } : undefined;
}
