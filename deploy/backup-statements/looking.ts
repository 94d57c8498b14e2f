import type { Permission } from '../../shared/actions/contract.ts';
import { readsKey } from '../../shared/aws/kms-permissions.ts';
import { kmsKeyArn } from '../../shared/aws/rds-arns.ts';
import { componentOf } from '../../shared/backups/snapshots/source.ts';
import type { Backup, BackupOf, Plan } from '../../shared/plan/schema.ts';
import { bucketArn, clusterOf, readsClusters, readsRds, stack } from './grants.ts';

/** For looking at what there is; also what the proving function needs to choose what it restores. */
export function lookingPermissions(plan: Plan): Permission[] {
  return Object.values(plan.backups).flatMap(backup => looking(plan, backup));
}

/** For looking at one class. */
export function looking(plan: Plan, backup: Backup): Permission[] {
  const key =
    'kmsKey' in backup && 'region' in backup && backup.kmsKey !== undefined
      ? [readsKey(backup.region, backup.kmsKey)]
      : [];
  switch (backup.type) {
    case 'rds-automated':
    case 'rds-replicated-backups':
    case 'rds-snapshot':
    case 'rds-snapshot-copy':
    case 'rds-fleet':
      return [...regionsOf(plan, backup).flatMap(region => readsDatabases(plan, backup, region)), ...key];
    case 'aws-backup':
      return [backup, ...(backup.copyTo ? [backup.copyTo] : [])].map(({ region, vault }) => ({
        actions: ['backup:ListRecoveryPointsByBackupVault'],
        resources: [stack('backup', region, `backup-vault:${vault}`)],
      }));
    case 'velero':
      return clusterOf(plan, backup.cluster);
    case 'volumes':
      return [
        {
          actions: ['ec2:DescribeVolumes', 'ec2:DescribeSnapshots'],
          resources: ['*'],
          reason: 'Lists; AWS has no resource for it',
        },
      ];
    default:
      return [...readsFiles(backup), ...key];
  }
}

function readsDatabases(plan: Plan, backup: Backup, region: string): Permission[] {
  const isCluster = plan.components[componentOf(plan, backup) ?? '']?.type === 'rds-cluster';
  return [isCluster ? readsClusters(region) : readsRds(region)];
}

function regionsOf(plan: Plan, backup: Backup): string[] {
  // Which databases a fleet has is asked where they run.
  const fleet = backup.type === 'rds-fleet' ? [plan.regions.primary] : [];
  const own = 'region' in backup ? [backup.region, ...fleet] : [];
  const id = componentOf(plan, backup);
  const region = id === undefined ? undefined : plan.components[id]?.region;
  return [...new Set([...own, ...(region === undefined ? [] : [region])])];
}

type FileBackup = BackupOf<'dump' | 'kubernetes-export' | 'secrets-export' | 'terraform-state'>;

function readsFiles(backup: FileBackup): Permission[] {
  const prefix = backup.type === 'terraform-state' ? backup.key : backup.prefix;
  return [backup.bucket, ...(backup.copy ? [backup.copy.bucket] : [])].flatMap(bucket => [
    {
      actions: ['s3:ListBucket', ...(backup.type === 'terraform-state' ? ['s3:GetBucketVersioning'] : [])],
      resources: [bucketArn(bucket)],
    },
    { actions: ['s3:GetObject', 's3:GetObjectTagging'], resources: [`${bucketArn(bucket)}/${prefix}*`] },
    ...(backup.kmsKey === undefined
      ? []
      : [{ actions: ['kms:Decrypt'], resources: [kmsKeyArn(backup.region, backup.kmsKey)] }]),
  ]);
}
