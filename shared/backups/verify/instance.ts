import {
  CreateDBInstanceCommand,
  type DBInstance,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import { isNamed, isNotFound, request } from '../../aws/aws-errors.ts';
import { pages } from '../../aws/pages.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import type { Runtime } from '../../runtime.ts';
import type { Point } from './points.ts';
import type { InstanceTarget } from './steps.ts';
import { type Found, quotaErrors, type Started } from './throw-away-state.ts';
import type { Tags } from './throw-away-tags.ts';

type Port = Pick<Runtime, 'aws'>;

/**
 * Asks RDS for the throw-away instance: Single-AZ, without backups of its own, in the subnet group and security groups
 * of the target, with a password that RDS makes and keeps.
 */
export async function startInstance(
  { aws }: Port,
  target: InstanceTarget,
  identifier: string,
  point: Point,
  tags: Tags,
): Promise<Started> {
  const { region } = target;
  const client = aws.client(RDSClient, region);
  const settings = {
    DBInstanceClass: target.instanceClass,
    DBSubnetGroupName: target.subnetGroup,
    VpcSecurityGroupIds: target.securityGroups,
    DBParameterGroupName: target.parameterGroup,
    MultiAZ: false,
    Port: target.port,
    PubliclyAccessible: false,
    DeletionProtection: false,
    BackupRetentionPeriod: 0,
    CopyTagsToSnapshot: false,
    ManageMasterUserPassword: true,
    Tags: tags,
  };
  const snapshot = point.method === 'snapshot';
  const call = `rds.${target.type === 'rds-new-instance' ? 'CreateDBInstance' : snapshot ? 'RestoreDBInstanceFromDBSnapshot' : 'RestoreDBInstanceToPointInTime'}`;
  try {
    await request({ call, region }, async () => {
      if (target.type === 'rds-new-instance') {
        await client.send(
          new CreateDBInstanceCommand({
            ...settings,
            ...emptyInstance(target),
            DBInstanceIdentifier: identifier,
          }),
        );
        return;
      }
      if (snapshot) {
        await client.send(
          new RestoreDBInstanceFromDBSnapshotCommand({
            ...settings,
            DBInstanceIdentifier: identifier,
            DBSnapshotIdentifier: point.from,
          }),
        );
        return;
      }
      await client.send(
        new RestoreDBInstanceToPointInTimeCommand({
          ...settings,
          TargetDBInstanceIdentifier: identifier,
          SourceDBInstanceAutomatedBackupsArn: point.from,
          ...(point.useLatest ? { UseLatestRestorableTime: true } : { RestoreTime: new Date(point.at) }),
        }),
      );
    });
    return 'started';
  } catch (error) {
    // An earlier request was carried out and its reply was lost.
    if (isNamed(error, 'DBInstanceAlreadyExistsFault', 'DBInstanceAlreadyExists')) return 'started';
    if (isNamed(error, ...quotaErrors)) return 'full';
    throw error;
  }
}

/** What a restore takes over from its source and an empty instance has to be told. */
function emptyInstance(target: Extract<InstanceTarget, { type: 'rds-new-instance' }>) {
  return {
    Engine: target.engine,
    EngineVersion: target.engineVersion,
    AllocatedStorage: target.allocatedStorage,
    StorageType: target.storageType,
    StorageEncrypted: true,
    KmsKeyId: target.kmsKey,
    DBName: target.database,
    MasterUsername: 'lifeboat',
  };
}

/** What has become of the instance, by its status; whether it answers is asked of itself. */
export async function observeInstance(
  { aws }: Port,
  { region, port }: InstanceTarget,
  identifier: string,
): Promise<Found> {
  const instance = await readInstance(aws, region, identifier);
  if (!instance) return { state: 'missing' };
  const meaning = meaningOfStatus(instance.DBInstanceStatus, identifier);
  if (meaning.kind === 'stuck') return { state: 'stuck', reason: meaning.reason };
  const host = instance.Endpoint?.Address;
  if (meaning.kind === 'moving' || host === undefined)
    return { state: 'moving', creating: instance.DBInstanceStatus === 'creating' };
  const endpoint = { host, port: instance.Endpoint?.Port ?? port };
  return { state: 'up', endpoint, secretArn: instance.MasterUserSecret?.SecretArn };
}

/** Deletes the instance without a snapshot, whatever state it is in. `gone` once there is none. */
export async function removeInstance(
  { aws }: Port,
  region: string,
  instance: DBInstance,
): Promise<'gone' | 'going'> {
  if (instance.DBInstanceStatus === 'deleting') return 'going';
  try {
    await request({ call: 'rds.DeleteDBInstance', region }, () =>
      aws.client(RDSClient, region).send(
        new DeleteDBInstanceCommand({
          DBInstanceIdentifier: instance.DBInstanceIdentifier,
          SkipFinalSnapshot: true,
          DeleteAutomatedBackups: true,
        }),
      ),
    );
    return 'going';
  } catch (error) {
    if (isNotFound(error, 'DBInstanceNotFoundFault')) return 'gone';
    // It is being made or changed: the next look tries again.
    if (isNamed(error, 'InvalidDBInstanceStateFault', 'InvalidDBInstanceState')) return 'going';
    throw error;
  }
}

export async function listInstances({ aws }: Port, region: string): Promise<DBInstance[]> {
  const client = aws.client(RDSClient, region);
  return pages(marker =>
    request({ call: 'rds.DescribeDBInstances', region }, () =>
      client.send(new DescribeDBInstancesCommand({ Marker: marker })),
    ).then(reply => ({ items: reply.DBInstances, marker: reply.Marker })),
  );
}
