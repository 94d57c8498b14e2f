import {
  CopyDBClusterSnapshotCommand,
  CopyDBSnapshotCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBSnapshotCommand,
  DeleteDBClusterSnapshotCommand,
  DeleteDBSnapshotCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { isNamed, isNotFound, request } from '../../aws/aws-errors.ts';
import type { Runtime } from '../../runtime.ts';
import type { Source } from './source.ts';

type Port = Pick<Runtime, 'aws'>;
type Tags = { Key: string; Value: string }[];
type Copy = { arn: string; id: string; kmsKey: string; tags: Tags };

export const isThere = (error: unknown) =>
  isNamed(
    error,
    'DBSnapshotAlreadyExistsFault',
    'DBSnapshotAlreadyExists',
    'DBClusterSnapshotAlreadyExistsFault',
  );
export const isFull = (error: unknown) =>
  isNamed(error, 'SnapshotQuotaExceededFault', 'SnapshotQuotaExceeded');

/** Takes a snapshot in the region of the database. */
export async function takeSnapshot({ aws }: Port, source: Source, id: string, tags: Tags): Promise<void> {
  const { region, identifier, kind } = source;
  const client = aws.client(RDSClient, region);
  if (kind === 'cluster') {
    const command = new CreateDBClusterSnapshotCommand({
      DBClusterIdentifier: identifier,
      DBClusterSnapshotIdentifier: id,
      Tags: tags,
    });
    await request({ call: 'rds.CreateDBClusterSnapshot', region }, () => client.send(command));
    return;
  }
  const command = new CreateDBSnapshotCommand({
    DBInstanceIdentifier: identifier,
    DBSnapshotIdentifier: id,
    Tags: tags,
  });
  await request({ call: 'rds.CreateDBSnapshot', region }, () => client.send(command));
}

/** Copies a snapshot into `region`, encrypted with a key of that region. */
export async function copySnapshot(
  { aws }: Port,
  kind: Source['kind'],
  region: string,
  { arn, id, kmsKey, tags }: Copy,
): Promise<void> {
  const client = aws.client(RDSClient, region);
  const shared = { KmsKeyId: kmsKey, CopyTags: false, Tags: tags };
  if (kind === 'cluster') {
    const command = new CopyDBClusterSnapshotCommand({
      ...shared,
      SourceDBClusterSnapshotIdentifier: arn,
      TargetDBClusterSnapshotIdentifier: id,
    });
    await request({ call: 'rds.CopyDBClusterSnapshot', region }, () => client.send(command));
    return;
  }
  const command = new CopyDBSnapshotCommand({
    ...shared,
    SourceDBSnapshotIdentifier: arn,
    TargetDBSnapshotIdentifier: id,
  });
  await request({ call: 'rds.CopyDBSnapshot', region }, () => client.send(command));
}

/** Deletes a snapshot; one that is gone already is no error. */
export async function deleteSnapshot(
  { aws }: Port,
  kind: Source['kind'],
  region: string,
  id: string,
): Promise<void> {
  const client = aws.client(RDSClient, region);
  try {
    if (kind === 'cluster') {
      const command = new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: id });
      await request({ call: 'rds.DeleteDBClusterSnapshot', region }, () => client.send(command));
    } else {
      const command = new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: id });
      await request({ call: 'rds.DeleteDBSnapshot', region }, () => client.send(command));
    }
  } catch (error) {
    if (!isNotFound(error, 'DBSnapshotNotFoundFault', 'DBSnapshotNotFound', 'DBClusterSnapshotNotFoundFault'))
      throw error;
  }
}
