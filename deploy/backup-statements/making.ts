import type { Permission } from '../../shared/actions/contract.ts';
import { grantsKey, readsKey } from '../../shared/aws/kms-permissions.ts';
import { kmsKeyArn, rdsArn } from '../../shared/aws/rds-arns.ts';
import { secretReadPermission } from '../../shared/aws/secret-reference.ts';
import { backupTag, snapshotHead } from '../../shared/backups/names.ts';
import { type Source, sourceOfBackup } from '../../shared/backups/snapshots/source.ts';
import type { Backup, BackupOf, Plan } from '../../shared/plan/schema.ts';
import { bucketArn, clusterOf, ownOnly, stack, taggedOnly } from './grants.ts';

/** For making backups, and removing those whose time is over. */
export function makingPermissions(plan: Plan): Permission[] {
  return Object.entries(plan.backups).flatMap(([id, backup]) => making(plan, id, backup));
}

/** For making one of a class. */
export function making(plan: Plan, id: string, backup: Backup): Permission[] {
  switch (backup.type) {
    case 'rds-snapshot':
      return makesSnapshots(sourceOfBackup(plan, backup), id);
    case 'rds-snapshot-copy':
      return [
        ...copiesSnapshots(sourceOfBackup(plan, backup), backup.region, id),
        grantsKey('rds', backup.region, backup.kmsKey),
        readsKey(backup.region, backup.kmsKey),
      ];
    case 'aws-backup':
      return startsJobs(backup);
    case 'dump':
      return startsDump(plan, backup);
    case 'velero':
      return clusterOf(plan, backup.cluster);
    case 'volumes':
      return snapshotsVolumes(backup);
    case 'kubernetes-export':
      return [...clusterOf(plan, backup.cluster), ...writesFiles(backup)];
    case 'secrets-export':
      return [
        ...backup.secrets.flatMap(secret => {
          const component = plan.components[secret];
          return component?.type === 'secret'
            ? [secretReadPermission(`secret:${component.name}`, component.region)]
            : [];
        }),
        ...writesFiles(backup),
      ];
    default:
      return [];
  }
}

/** Clusters have operations and ARNs of their own. */
const words = {
  instance: { db: 'db', snapshot: 'snapshot', name: 'DBSnapshot' },
  cluster: { db: 'cluster', snapshot: 'cluster-snapshot', name: 'DBClusterSnapshot' },
} as const;

function makesSnapshots(source: Source, id: string): Permission[] {
  const { region, identifier, kind } = source;
  const { db, snapshot, name } = words[kind];
  const made = rdsArn(snapshot, region, `${snapshotHead(source, id)}-*`);
  return [
    { actions: [`rds:Create${name}`, 'rds:AddTagsToResource'], resources: [made], conditions: taggedOnly },
    { actions: [`rds:Create${name}`], resources: [rdsArn(db, region, identifier)] },
    { actions: [`rds:Delete${name}`], resources: [made], conditions: ownOnly },
  ];
}

function copiesSnapshots(source: Source, to: string, id: string): Permission[] {
  const { snapshot, name } = words[source.kind];
  const made = rdsArn(snapshot, to, `${snapshotHead(source, id)}-*`);
  return [
    { actions: [`rds:Copy${name}`, 'rds:AddTagsToResource'], resources: [made], conditions: taggedOnly },
    {
      actions: [`rds:Copy${name}`],
      resources: [rdsArn(snapshot, source.region, '*')],
      reason: 'Which snapshot is the newest turns out only then',
    },
    { actions: [`rds:Delete${name}`], resources: [made], conditions: ownOnly },
  ];
}

function startsJobs({ region, vault, resource, role, copyTo }: BackupOf<'aws-backup'>): Permission[] {
  return [
    {
      actions: ['backup:StartBackupJob', 'backup:TagResource'],
      resources: [
        stack('backup', region, `backup-vault:${vault}`),
        resource,
        stack('backup', region, 'recovery-point:*'),
        rdsArn('snapshot', region, 'awsbackup:*'),
      ],
    },
    ...(copyTo
      ? [
          {
            actions: ['backup:StartCopyJob'],
            resources: [
              stack('backup', region, 'recovery-point:*'),
              rdsArn('snapshot', region, 'awsbackup:*'),
              stack('backup', copyTo.region, `backup-vault:${copyTo.vault}`),
            ],
          },
        ]
      : []),
    {
      actions: ['iam:PassRole'],
      resources: [role],
      conditions: { StringEquals: { 'iam:PassedToService': 'backup.amazonaws.com' } },
    },
  ];
}

function startsDump(plan: Plan, { madeBy }: BackupOf<'dump'>): Permission[] {
  if (!madeBy) return [];
  if (madeBy.type === 'k8s-cron-job') return clusterOf(plan, madeBy.cluster);
  return [
    {
      actions: ['codebuild:StartBuild'],
      resources: [stack('codebuild', madeBy.region, `project/${madeBy.project}`)],
    },
  ];
}

function snapshotsVolumes({ region, copyRegion, tag }: BackupOf<'volumes'>): Permission[] {
  const snapshot = (where: string) => `arn:\${AWS::Partition}:ec2:${where}::snapshot/*`;
  const made = [region, ...(copyRegion === undefined ? [] : [copyRegion])];
  return [
    {
      actions: ['ec2:CreateSnapshot'],
      resources: [stack('ec2', region, 'volume/*')],
      conditions: { StringEquals: { [`aws:ResourceTag/${tag.key}`]: tag.value } },
    },
    ...made.flatMap((where): Permission[] => [
      {
        actions: ['ec2:CreateSnapshot', 'ec2:CopySnapshot', 'ec2:CreateTags'],
        resources: [snapshot(where)],
        conditions: taggedOnly,
      },
      { actions: ['ec2:DeleteSnapshot'], resources: [snapshot(where)], conditions: ownOnly },
    ]),
  ];
}

function writesFiles({
  bucket,
  prefix,
  kmsKey,
  region,
}: BackupOf<'kubernetes-export' | 'secrets-export'>): Permission[] {
  const objects = `${bucketArn(bucket)}/${prefix}*`;
  return [
    { actions: ['s3:PutObject', 's3:PutObjectTagging'], resources: [objects] },
    {
      actions: ['s3:DeleteObject'],
      resources: [objects],
      conditions: { Null: { [`s3:ExistingObjectTag/${backupTag}`]: 'false' } },
    },
    ...(kmsKey === undefined
      ? []
      : [{ actions: ['kms:GenerateDataKey'], resources: [kmsKeyArn(region, kmsKey)] }]),
  ];
}
