import {
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import type { ComponentOf } from '../plan/components.ts';
import { request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

export type RestoreRequest = {
  identifier: string;
  target: ComponentOf<'rds-restore-target'>;
  method: 'automated-backup' | 'snapshot';
  from: string;
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
        SourceDBInstanceAutomatedBackupsArn: from,
      }),
    );
  });
}
