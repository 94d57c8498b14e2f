import type { Permission } from '../../shared/actions/contract.ts';
import { clusterPermission } from '../../shared/actions/k8s-permission.ts';
import { rdsArn } from '../../shared/aws/rds-arns.ts';
import { backupTag } from '../../shared/backups/names.ts';
import type { Plan } from '../../shared/plan/schema.ts';

/** What looking, making and proving have in common. */

export const stack = (service: string, region: string, rest: string) =>
  `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:${rest}`;
export const bucketArn = (name: string) => `arn:\${AWS::Partition}:s3:::${name}`;
/** Only what is made as a backup of this system may be given these tags, and only that may be removed. */
export const ownOnly = { Null: { [`aws:ResourceTag/${backupTag}`]: 'false' } };
export const taggedOnly = { Null: { [`aws:RequestTag/${backupTag}`]: 'false' } };

export function clusterOf(plan: Plan, id: string): Permission[] {
  const cluster = plan.components[id];
  return cluster?.type === 'eks-cluster' ? [clusterPermission(cluster.name, cluster.region)] : [];
}

export const readsRds = (region: string): Permission => ({
  actions: [
    'rds:DescribeDBInstances',
    'rds:DescribeDBSnapshots',
    'rds:DescribeDBInstanceAutomatedBackups',
    'rds:ListTagsForResource',
  ],
  resources: [rdsArn('db', region, '*'), rdsArn('snapshot', region, '*'), rdsArn('auto-backup', region, '*')],
  reason: 'Lists backups',
});

export const readsClusters = (region: string): Permission => ({
  actions: ['rds:DescribeDBClusters', 'rds:DescribeDBClusterSnapshots', 'rds:ListTagsForResource'],
  resources: [rdsArn('cluster', region, '*'), rdsArn('cluster-snapshot', region, '*')],
  reason: 'Lists backups',
});
