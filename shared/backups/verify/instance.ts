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
import { expiresTag, runTag, systemTag } from '../../aws/names.ts';
import { pages } from '../../aws/rds-reader.ts';
import type { Runtime } from '../../runtime.ts';
import { purposeTag, verificationPurpose } from '../names.ts';
import type { Point } from './points.ts';
import type { Target } from './steps.ts';

type Port = Pick<Runtime, 'aws'>;

/** The throw-away instance is left over when it is still there so long after the restore should have ended. */
const spareSeconds = 6 * 3600;

/** Name of the throw-away instance of a verification; RDS takes 63 characters. */
export function instanceName(target: Target, verification: string): string {
  const head = target.identifier.slice(0, 62 - verification.length).replace(/-+$/, '');
  return `${head}-${verification}`;
}

export function tagsOf(system: string, verification: string, startedAt: string, withinSeconds: number) {
  const expires = new Date(Date.parse(startedAt) + (withinSeconds + spareSeconds) * 1000).toISOString();
  return [
    { Key: runTag, Value: verification },
    { Key: systemTag, Value: system },
    { Key: purposeTag, Value: verificationPurpose },
    { Key: expiresTag, Value: expires },
  ];
}

/**
 * Asks RDS for the throw-away instance: Single-AZ, without backups of its own, in the subnet group and security groups
 * of the target, with a password that RDS makes and keeps. `full` when the account's quota of instances is reached.
 */
export async function startInstance(
  { aws }: Port,
  target: Target,
  identifier: string,
  point: Point,
  tags: { Key: string; Value: string }[],
): Promise<'started' | 'full'> {
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
    if (isNamed(error, 'InstanceQuotaExceededFault', 'InstanceQuotaExceeded', 'StorageQuotaExceededFault'))
      return 'full';
    throw error;
  }
}

/** What a restore takes over from its source and an empty instance has to be told. */
function emptyInstance(target: Extract<Target, { type: 'rds-new-instance' }>) {
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

/** Whether a verification made the instance: nothing else is ever deleted. */
export function isThrowAway({ TagList }: DBInstance, verification?: string): boolean {
  const value = (key: string) => TagList?.find(({ Key }) => Key === key)?.Value;
  if (value(purposeTag) !== verificationPurpose) return false;
  return verification === undefined || value(runTag) === verification;
}

/** Deletes the instance without a snapshot, whatever state it is in. `gone` once there is none. */
export async function removeThrowAway(
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
