import type { Permission } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { grantsKey, readsKey } from './kms-permissions.ts';
import { runTag } from './names.ts';
import { rdsArn } from './rds-arns.ts';
import { secretReadPermission } from './secret-reference.ts';

type Target = ComponentOf<'rds-restore-target'>;

/** What restoring into this target, probing it and removing it again need. */
export function restorePermissions(target: Target): Permission[] {
  const { region } = target;
  const made = rdsArn('db', region, `${target.identifier}-*`);
  const ownOnly = { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } };
  return [
    { actions: ['rds:DescribeDBInstances'], resources: [made] },
    {
      actions: ['rds:DescribeDBInstanceAutomatedBackups'],
      resources: [rdsArn('db', region, '*'), rdsArn('auto-backup', region, '*')],
      reason: 'Lists backups',
    },
    { actions: ['rds:DescribeDBSnapshots'], resources: [rdsArn('snapshot', region, '*')] },
    {
      actions: ['rds:RestoreDBInstanceToPointInTime', 'rds:RestoreDBInstanceFromDBSnapshot'],
      resources: [made],
      conditions: { Null: { [`aws:RequestTag/${runTag}`]: 'false' } },
    },
    {
      actions: ['rds:RestoreDBInstanceToPointInTime', 'rds:RestoreDBInstanceFromDBSnapshot'],
      resources: [
        // Which backup it is turns out only during the run.
        rdsArn('snapshot', region, '*'),
        rdsArn('auto-backup', region, '*'),
        rdsArn('subgrp', region, target.subnetGroup),
        rdsArn('pg', region, target.parameterGroup),
        rdsArn('og', region, 'default*'),
        ...(target.region === target.sourceRegion ? [rdsArn('db', region, target.sourceIdentifier)] : []),
      ],
      reason: 'What a restore reads and refers to',
    },
    {
      actions: ['rds:AddTagsToResource'],
      resources: [made],
      conditions: { Null: { [`aws:RequestTag/${runTag}`]: 'false' } },
    },
    { actions: ['rds:ModifyDBInstance', 'rds:DeleteDBInstance'], resources: [made], conditions: ownOnly },
    {
      actions: ['rds:CreateDBSnapshot'],
      resources: [made, rdsArn('snapshot', region, `${target.identifier}-*`)],
    },
    readsKey(region, target.kmsKey),
    grantsKey('rds', region, target.kmsKey),
    secretReadPermission(target.credentials, region),
  ];
}
