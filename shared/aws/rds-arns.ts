/** ARNs of RDS resources in permissions, with CloudFormation's pseudo parameters. */
type RdsResource =
  | 'db'
  | 'snapshot'
  | 'auto-backup'
  | 'subgrp'
  | 'pg'
  | 'og'
  | 'cluster'
  | 'cluster-snapshot'
  | 'cluster-pg'
  | 'global-cluster';

/** For example `rdsArn('db', 'eu-west-1', 'app-*')`. A global cluster belongs to no region: its region is ''. */
export function rdsArn(type: RdsResource, region: string, name: string): string {
  return `arn:\${AWS::Partition}:rds:${region}:\${AWS::AccountId}:${type}:${name}`;
}

/** Any key in a region: what `kms:DescribeKey` is limited to when the plan names a key by its alias. */
export function kmsKeyArn(region: string, key: string): string {
  if (key.startsWith('arn:') && key.includes(':key/')) return key;
  return `arn:\${AWS::Partition}:kms:${region}:\${AWS::AccountId}:key/*`;
}

/** What the restore of a cluster reads and refers to. Which snapshot it is turns out only when it begins. */
export function clusterRestoreReads(target: {
  region: string;
  sourceIdentifier: string;
  subnetGroup: string;
  clusterParameterGroup: string;
}): string[] {
  const { region } = target;
  return [
    rdsArn('cluster-snapshot', region, '*'),
    rdsArn('cluster', region, target.sourceIdentifier),
    rdsArn('subgrp', region, target.subnetGroup),
    rdsArn('cluster-pg', region, target.clusterParameterGroup),
    rdsArn('pg', region, 'default*'),
    rdsArn('og', region, 'default*'),
  ];
}
