import {
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import type { RefusedError } from '../errors.ts';
import type { ComponentOf } from '../plan/components.ts';
import { request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { type KnownRefusals, refusalBehind } from './known-refusals.ts';

export type RestoreRequest = {
  identifier: string;
  target: ComponentOf<'rds-restore-target'>;
  method: 'automated-backup' | 'snapshot';
  from: string;
  /** RDS's id of the source instance, for a restore from its automated backup in its own region. */
  resourceId?: string;
  /** Moment to restore to; undefined for the latest one of an automated backup. */
  restoreTime: Date | undefined;
  deletionProtection: boolean;
  tags: { Key: string; Value: string }[];
};

/** The call that `startRestore` makes, for the ledger. */
export function restoreCall(method: RestoreRequest['method']): string {
  return method === 'snapshot' ? 'rds.RestoreDBInstanceFromDBSnapshot' : 'rds.RestoreDBInstanceToPointInTime';
}

/**
 * Asks RDS to make the new instance. Without these settings RDS would give a Single-AZ instance with the default
 * security group and parameter group in the default VPC. The KMS key is that of the backup: neither call takes one.
 */
export async function startRestore(aws: AwsClients, wanted: RestoreRequest): Promise<void> {
  const { target, identifier, method, from } = wanted;
  const { region } = target;
  const client = aws.client(RDSClient, region);
  const settings = {
    DBInstanceClass: target.instanceClass,
    DBSubnetGroupName: target.subnetGroup,
    VpcSecurityGroupIds: target.securityGroups,
    DBParameterGroupName: target.parameterGroup,
    MultiAZ: target.multiAz,
    Port: target.port,
    PubliclyAccessible: false,
    CopyTagsToSnapshot: true,
    DeletionProtection: wanted.deletionProtection,
    // The backups of the new database begin at once; a restored instance may otherwise have none.
    BackupRetentionPeriod: 7,
    Tags: wanted.tags,
  };
  await request({ call: restoreCall(method), region }, async () => {
    if (method === 'snapshot') {
      await client.send(
        new RestoreDBInstanceFromDBSnapshotCommand({
          ...settings,
          DBInstanceIdentifier: identifier,
          DBSnapshotIdentifier: from,
        }),
      );
      return;
    }
    const moment =
      wanted.restoreTime === undefined
        ? { UseLatestRestorableTime: true }
        : { RestoreTime: wanted.restoreTime };
    await client.send(
      new RestoreDBInstanceToPointInTimeCommand({
        ...settings,
        ...moment,
        TargetDBInstanceIdentifier: identifier,
        // The ARN is for backups that were replicated from another region.
        ...(wanted.resourceId === undefined
          ? { SourceDBInstanceAutomatedBackupsArn: from }
          : { SourceDbiResourceId: wanted.resourceId }),
      }),
    );
  });
}

/** Where an instance is made; a restore target and a new instance have it in common. */
type Place = Pick<
  RestoreRequest['target'],
  'region' | 'securityGroups' | 'subnetGroup' | 'parameterGroup' | 'kmsKey'
>;

/** Errors that RDS answers with at once, before it makes anything, and what mends them. */
const refusals: KnownRefusals<Place> = [
  {
    names: [
      'InvalidParameterValue',
      'InvalidParameterCombination',
      'InvalidVPCNetworkStateFault',
      'InvalidSubnet',
    ],
    mend: ({ region, securityGroups, subnetGroup }) =>
      `Check that the security groups ${securityGroups.join(', ')} exist in ${region} and belong to the VPC of the subnet group ${subnetGroup}: aws ec2 describe-security-groups --group-ids ${securityGroups.join(' ')} --region ${region}. Mend the plan's securityGroups, then retry.`,
  },
  {
    names: ['DBSubnetGroupNotFoundFault', 'DBSubnetGroupDoesNotCoverEnoughAZs'],
    mend: ({ region, subnetGroup }) =>
      `Make the subnet group ${subnetGroup} in ${region}, over at least two zones, then retry.`,
  },
  {
    names: ['DBParameterGroupNotFoundFault'],
    mend: ({ region, parameterGroup }) =>
      `Make the parameter group ${parameterGroup} in ${region}, then retry.`,
  },
  {
    names: ['KMSKeyNotAccessibleFault'],
    mend: ({ region, kmsKey }) =>
      `Enable the key ${kmsKey} in ${region} and allow this step's role kms:CreateGrant and kms:DescribeKey on it, then retry.`,
  },
];

/** The refusal behind an error of `startRestore`, or undefined if it is of another kind. */
export function refusalOf(error: unknown, target: Place): RefusedError | undefined {
  return refusalBehind(error, refusals, target);
}
