import {
  DescribeFileSystemsCommand,
  DescribeMountTargetsCommand,
  DescribeReplicationConfigurationsCommand,
  type Destination,
  EFSClient,
  type FileSystemDescription,
} from '@aws-sdk/client-efs';
import type { Permission, Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { ifFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

export type FileSystem = ComponentOf<'efs-file-system'>;

export const efsOf = (aws: AwsClients, { region }: FileSystem) => aws.client(EFSClient, region);

export const fileSystemArn = ({ region, fileSystemId }: FileSystem) =>
  `arn:\${AWS::Partition}:elasticfilesystem:${region}:\${AWS::AccountId}:file-system/${fileSystemId}`;

/** Undefined if there is none of this id. */
export async function readFileSystem(
  aws: AwsClients,
  fileSystem: FileSystem,
): Promise<FileSystemDescription | undefined> {
  const { region, fileSystemId: FileSystemId } = fileSystem;
  return ifFound(['FileSystemNotFound'], async () => {
    const reply = await request({ call: 'elasticfilesystem.DescribeFileSystems', region }, () =>
      efsOf(aws, fileSystem).send(new DescribeFileSystemsCommand({ FileSystemId })),
    );
    return reply.FileSystems?.[0];
  });
}

/** EFS lets a file system be written to as long as it may not be replicated into. */
export const isWritable = ({ FileSystemProtection }: FileSystemDescription) =>
  (FileSystemProtection?.ReplicationOverwriteProtection ?? 'ENABLED') === 'ENABLED';

/** The one replication that a file system can be part of, as source or as destination. */
export type Replication = { sourceId: string; sourceRegion: string; destination: Destination };

/** As the region of this file system knows it; undefined if it is part of none. */
export async function readReplication(
  aws: AwsClients,
  fileSystem: FileSystem,
): Promise<Replication | undefined> {
  const { region, fileSystemId: FileSystemId } = fileSystem;
  return ifFound(['ReplicationNotFound'], async () => {
    const reply = await request({ call: 'elasticfilesystem.DescribeReplicationConfigurations', region }, () =>
      efsOf(aws, fileSystem).send(new DescribeReplicationConfigurationsCommand({ FileSystemId })),
    );
    const found = reply.Replications?.[0];
    const [destination] = found?.Destinations ?? [];
    if (!found || !destination) return undefined;
    return {
      sourceId: found.SourceFileSystemId ?? '',
      sourceRegion: found.SourceFileSystemRegion ?? '',
      destination,
    };
  });
}

/** Whether a replication goes from one of these to the other. */
export const leads = (found: Replication | undefined, from: FileSystem, to: FileSystem) =>
  found?.sourceId === from.fileSystemId && idOf(found.destination) === to.fileSystemId;

/** EFS shows ids, and ARNs where accounts differ. */
const idOf = ({ FileSystemId = '' }: Destination) => FileSystemId.split('/').at(-1) ?? '';

/** Mount targets that can be mounted now. */
export async function countMountTargets(aws: AwsClients, fileSystem: FileSystem): Promise<number> {
  const { region, fileSystemId: FileSystemId } = fileSystem;
  const reply = await request({ call: 'elasticfilesystem.DescribeMountTargets', region }, () =>
    efsOf(aws, fileSystem).send(new DescribeMountTargetsCommand({ FileSystemId })),
  );
  return (reply.MountTargets ?? []).filter(({ LifeCycleState }) => LifeCycleState === 'available').length;
}

export function missingFileSystem({ id, fileSystemId, region }: FileSystem): Reason {
  return {
    what: `There is no file system ${fileSystemId} in ${region}.`,
    mend: `Correct the fileSystemId of "${id}" in the plan, or restore it with backup.restore-files into another one.`,
  };
}

export function readPermissions(...fileSystems: FileSystem[]): Permission {
  return {
    actions: [
      'elasticfilesystem:DescribeFileSystems',
      'elasticfilesystem:DescribeReplicationConfigurations',
      'elasticfilesystem:DescribeMountTargets',
    ],
    resources: fileSystems.map(fileSystemArn),
  };
}
