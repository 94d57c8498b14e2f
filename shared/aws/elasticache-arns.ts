type ElasticacheResource =
  | 'replicationgroup'
  | 'cluster'
  | 'snapshot'
  | 'subnetgroup'
  | 'parametergroup'
  | 'globalreplicationgroup';

/** ARN of an ElastiCache resource in permissions. A global data store belongs to no region: its region is ''. */
export function elasticacheArn(type: ElasticacheResource, region: string, name: string): string {
  return `arn:\${AWS::Partition}:elasticache:${region}:\${AWS::AccountId}:${type}:${name}`;
}
