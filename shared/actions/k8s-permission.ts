import type { Permission } from './contract.ts';

/**
 * What IAM must allow to talk to a cluster's API server: its address and certificate. The token is a presigned STS
 * request, for which no permission is needed; what it may do is decided in the cluster, by an access entry and RBAC.
 */
export function clusterPermission(cluster: string, region: string): Permission {
  return {
    actions: ['eks:DescribeCluster'],
    resources: [`arn:\${AWS::Partition}:eks:${region}:\${AWS::AccountId}:cluster/${cluster}`],
  };
}
