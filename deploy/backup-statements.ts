import type { Permission } from '../shared/actions/contract.ts';
import { clusterPermission } from '../shared/actions/k8s-permission.ts';
import { type BuildProject, buildPermissions } from '../shared/aws/codebuild.ts';
import { expiresTag, runTag, systemTag } from '../shared/aws/names.ts';
import { clusterRestoreReads, kmsKeyArn, rdsArn } from '../shared/aws/rds-arns.ts';
import { secretReadPermission } from '../shared/aws/secret-reference.ts';
import { backupTag, purposeTag, snapshotHead } from '../shared/backups/names.ts';
import { componentOf, type Source, sourceOfBackup } from '../shared/backups/snapshots/source.ts';
import {
  type ClusterTarget,
  type InstanceTarget,
  type Target,
  targetOf,
} from '../shared/backups/verify/steps.ts';
import type { Component } from '../shared/plan/components.ts';
import type { Backup, BackupOf, Plan } from '../shared/plan/schema.ts';

/** What the functions for backups may do, from what the plan's backups are: looking, making, and proving. */

const stack = (service: string, region: string, rest: string) =>
  `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:${rest}`;
const bucketArn = (name: string) => `arn:\${AWS::Partition}:s3:::${name}`;
/** Only what is made as a backup of this system may be given these tags, and only that may be removed. */
const ownOnly = { Null: { [`aws:ResourceTag/${backupTag}`]: 'false' } };
const taggedOnly = { Null: { [`aws:RequestTag/${backupTag}`]: 'false' } };

/** For looking at what there is; also what the proving function needs to choose what it restores. */
export function lookingPermissions(plan: Plan): Permission[] {
  return Object.values(plan.backups).flatMap(backup => looking(plan, backup));
}

function looking(plan: Plan, backup: Backup): Permission[] {
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

const readsKey = (region: string, key: string): Permission => ({
  actions: ['kms:DescribeKey'],
  resources: [kmsKeyArn(region, key)],
});

const readsRds = (region: string): Permission => ({
  actions: [
    'rds:DescribeDBInstances',
    'rds:DescribeDBSnapshots',
    'rds:DescribeDBInstanceAutomatedBackups',
    'rds:ListTagsForResource',
  ],
  resources: [rdsArn('db', region, '*'), rdsArn('snapshot', region, '*'), rdsArn('auto-backup', region, '*')],
  reason: 'Lists backups',
});

const readsClusters = (region: string): Permission => ({
  actions: ['rds:DescribeDBClusters', 'rds:DescribeDBClusterSnapshots', 'rds:ListTagsForResource'],
  resources: [rdsArn('cluster', region, '*'), rdsArn('cluster-snapshot', region, '*')],
  reason: 'Lists backups',
});

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

function clusterOf(plan: Plan, id: string): Permission[] {
  const cluster = plan.components[id];
  return cluster?.type === 'eks-cluster' ? [clusterPermission(cluster.name, cluster.region)] : [];
}

/** For making backups, and removing those whose time is over. */
export function makingPermissions(plan: Plan): Permission[] {
  return Object.entries(plan.backups).flatMap(([id, backup]) => making(plan, id, backup));
}

function making(plan: Plan, id: string, backup: Backup): Permission[] {
  switch (backup.type) {
    case 'rds-snapshot':
      return makesSnapshots(sourceOfBackup(plan, backup), id);
    case 'rds-snapshot-copy':
      return [
        ...copiesSnapshots(sourceOfBackup(plan, backup), backup.region, id),
        grants(backup.region, backup.kmsKey),
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

const grants = (region: string, key: string): Permission => ({
  actions: ['kms:CreateGrant'],
  resources: [kmsKeyArn(region, key)],
  conditions: {
    Bool: { 'kms:GrantIsForAWSResource': 'true' },
    StringEquals: { 'kms:ViaService': `rds.${region}.amazonaws.com` },
  },
});

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

function restoresFiles({ role }: BackupOf<'aws-backup'>, region: string): Permission[] {
  return [
    { actions: ['backup:StartRestoreJob'], resources: [stack('backup', region, 'recovery-point:*')] },
    {
      actions: ['backup:DescribeRestoreJob'],
      resources: ['*'],
      reason: 'The action has no resource-level permission',
    },
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

/**
 * What the steps of the family `backup` need, from the classes that they name: looking at all of them, making one
 * without ever deleting another, and starting the machine that proves one.
 */
export function stepPermissions(
  plan: Plan,
  steps: readonly { do: string; with: Readonly<Record<string, unknown>> }[],
  verifyMachine: { machine: string; executions: string },
): Permission[] {
  return steps.flatMap(step => {
    const id = String(step.with.backup);
    const backup = Object.hasOwn(plan.backups, id) ? plan.backups[id] : undefined;
    if (!backup) return [];
    const looks = looking(plan, backup);
    if (step.do === 'backup.create') {
      const makes = making(plan, id, backup).filter(
        ({ actions }) => !actions.every(action => /:Delete/.test(action)),
      );
      return [...looks, ...makes];
    }
    if (step.do === 'backup.restore-files' && backup.type === 'aws-backup') {
      const into = plan.components[String(step.with.into)];
      return [...looks, ...(into ? restoresFiles(backup, into.region) : [])];
    }
    if (step.do !== 'backup.verify') return looks;
    return [
      ...looks,
      { actions: ['states:StartExecution'], resources: [verifyMachine.machine] },
      { actions: ['states:DescribeExecution'], resources: [verifyMachine.executions] },
    ];
  });
}

/** For proving: throw-away instances that carry the tag of a verification, and nothing else. */
export function provingPermissions(plan: Plan): Permission[] {
  const targets = new Map<string, Target>();
  const builds = new Map<string, BuildProject>();
  for (const { verify } of Object.values(plan.backups)) {
    const target = verify && targetOf(plan, verify);
    if (verify && target) targets.set(verify.larger?.into ?? verify.into, target);
    const build: Component | undefined = plan.components[verify?.larger?.build ?? ''];
    if (build?.type === 'codebuild-project')
      builds.set(build.name, { ...build, id: verify?.larger?.build ?? '' });
  }
  const restoreTesting: Permission[] = Object.values(plan.backups).some(({ type }) => type === 'aws-backup')
    ? [
        {
          actions: ['backup:PutRestoreValidationResult'],
          resources: ['*'],
          reason: 'AWS has no resource for a restore job',
        },
      ]
    : [];
  const quota: Permission[] =
    targets.size > 0
      ? [
          {
            actions: ['servicequotas:GetServiceQuota'],
            resources: [`arn:\${AWS::Partition}:servicequotas:*:\${AWS::AccountId}:rds/L-7B6409FD`],
          },
        ]
      : [];
  return [
    ...lookingPermissions(plan),
    ...[...targets.values()].flatMap(restoring),
    ...[...builds.values()].flatMap(buildPermissions),
    ...quota,
    ...restoreTesting,
  ];
}

function restoring(target: Target): Permission[] {
  return target.type === 'rds-cluster-restore-target' ? restoringCluster(target) : restoringInstance(target);
}

/** A cluster is restored, gets an instance and a password of RDS's making, and is deleted with both. */
function restoringCluster(target: ClusterTarget): Permission[] {
  const { region, identifier } = target;
  const made = [rdsArn('cluster', region, `${identifier}-*`), rdsArn('db', region, `${identifier}-*`)];
  const restores = [
    'rds:RestoreDBClusterFromSnapshot',
    'rds:RestoreDBClusterToPointInTime',
    'rds:CreateDBInstance',
  ];
  return [
    readsRds(region),
    readsClusters(region),
    {
      actions: [...restores, 'rds:AddTagsToResource'],
      resources: made,
      conditions: { Null: { [`aws:RequestTag/${purposeTag}`]: 'false' } },
    },
    {
      actions: restores,
      resources: clusterRestoreReads(target),
      reason: 'What a restore reads and refers to',
    },
    {
      actions: ['rds:ModifyDBCluster', 'rds:DeleteDBCluster', 'rds:DeleteDBInstance'],
      resources: made,
      conditions: { Null: { [`aws:ResourceTag/${purposeTag}`]: 'false' } },
    },
    keepsPassword(region, 'rds!cluster-*'),
    { actions: ['kms:DescribeKey'], resources: [kmsKeyArn(region, target.kmsKey)] },
    grants(region, target.kmsKey),
  ];
}

/** RDS makes the password and keeps it in a secret, with the rights of who asked for it. */
const keepsPassword = (region: string, name: string): Permission => ({
  actions: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource', 'secretsmanager:GetSecretValue'],
  resources: [stack('secretsmanager', region, `secret:${name}`)],
});

function restoringInstance(target: InstanceTarget): Permission[] {
  const { region, identifier } = target;
  const made = rdsArn('db', region, `${identifier}-*`);
  const tagged = { Null: { [`aws:RequestTag/${purposeTag}`]: 'false' } };
  const restores =
    target.type === 'rds-new-instance'
      ? ['rds:CreateDBInstance']
      : ['rds:RestoreDBInstanceToPointInTime', 'rds:RestoreDBInstanceFromDBSnapshot'];
  return [
    readsRds(region),
    { actions: [...restores, 'rds:AddTagsToResource'], resources: [made], conditions: tagged },
    {
      actions: restores,
      resources: [
        ...(target.type === 'rds-new-instance'
          ? []
          : [rdsArn('snapshot', region, '*'), rdsArn('auto-backup', region, '*')]),
        rdsArn('subgrp', region, target.subnetGroup),
        rdsArn('pg', region, target.parameterGroup),
        rdsArn('og', region, 'default*'),
      ],
      reason: 'What a restore reads and refers to',
    },
    {
      actions: ['rds:DeleteDBInstance'],
      resources: [made],
      conditions: { Null: { [`aws:ResourceTag/${purposeTag}`]: 'false' } },
    },
    keepsPassword(region, 'rds!db-*'),
    { actions: ['kms:DescribeKey'], resources: [kmsKeyArn(region, target.kmsKey)] },
    grants(region, target.kmsKey),
  ];
}

/** Tags that permissions rest on, for the tests. */
export const tagsThatCount = [backupTag, purposeTag, runTag, systemTag, expiresTag];
