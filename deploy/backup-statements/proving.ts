import type { Permission } from '../../shared/actions/contract.ts';
import { type BuildProject, buildPermissions } from '../../shared/aws/codebuild.ts';
import { grantsKey } from '../../shared/aws/kms-permissions.ts';
import { clusterRestoreReads, kmsKeyArn, rdsArn } from '../../shared/aws/rds-arns.ts';
import { purposeTag } from '../../shared/backups/names.ts';
import {
  type ClusterTarget,
  type InstanceTarget,
  type Target,
  targetOf,
} from '../../shared/backups/verify/steps.ts';
import type { Component } from '../../shared/plan/components.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { readsClusters, readsRds, stack } from './grants.ts';
import { lookingPermissions } from './looking.ts';

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
    grantsKey('rds', region, target.kmsKey),
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
    grantsKey('rds', region, target.kmsKey),
  ];
}
