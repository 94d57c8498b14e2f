import {
  BackupClient,
  ListRecoveryPointsByBackupVaultCommand,
  type ListRecoveryPointsByBackupVaultCommandOutput,
} from '@aws-sdk/client-backup';
import {
  DescribeSnapshotsCommand,
  type DescribeSnapshotsCommandOutput,
  DescribeVolumesCommand,
  type DescribeVolumesCommandOutput,
  EC2Client,
} from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { isUnreachable, request } from '../../aws/aws-errors.ts';
import type { BackupOf } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { dataTimeTag, volumeTag } from '../names.ts';
import { type FoundBackup, newestFirst, type Survey } from './found.ts';

/**
 * Recovery points of AWS Backup, in their vault and in the one that they are copied to. While the region of the vault
 * is lost the copies are what can be restored from, and what is looked at.
 */
export async function surveyAwsBackup(
  port: Pick<Runtime, 'aws'>,
  backup: BackupOf<'aws-backup'>,
): Promise<Survey> {
  const { copyTo, region, vault, resource } = backup;
  const copies = copyTo && (await recoveryPoints(port, copyTo.region, copyTo.vault, resource));
  try {
    const found = await recoveryPoints(port, region, vault, resource);
    return { found, ...(copies && { copies }), faults: [] };
  } catch (error) {
    if (!copies || !isUnreachable(error)) throw error;
    return { found: copies, unanswered: region, faults: [] };
  }
}

export async function recoveryPoints(
  { aws }: Pick<Runtime, 'aws'>,
  region: string,
  vault: string,
  resource: string,
): Promise<FoundBackup[]> {
  const client = aws.client(BackupClient, region);
  const found: FoundBackup[] = [];
  let token: string | undefined;
  do {
    const command = new ListRecoveryPointsByBackupVaultCommand({
      BackupVaultName: vault,
      ByResourceArn: resource,
      NextToken: token,
    });
    const page: ListRecoveryPointsByBackupVaultCommandOutput = await request(
      { call: 'backup.ListRecoveryPointsByBackupVault', region },
      () => client.send(command),
    );
    for (const point of page.RecoveryPoints ?? []) {
      if (!point.RecoveryPointArn || !point.CreationDate) continue;
      found.push({
        id: point.RecoveryPointArn,
        at: point.CreationDate,
        usable: point.Status === 'COMPLETED' ? true : (point.Status ?? 'unknown').toLowerCase(),
        bytes: point.BackupSizeInBytes,
        encrypted: point.IsEncrypted ?? point.EncryptionKeyArn !== undefined,
      });
    }
    token = page.NextToken;
  } while (token);
  return found.sort(newestFirst);
}

/** EBS snapshots of the volumes that carry the plan's tag; each volume has to have one. */
export async function surveyVolumes(
  { aws }: Pick<Runtime, 'aws'>,
  backup: BackupOf<'volumes'>,
): Promise<Survey> {
  const { region, tag, copyRegion } = backup;
  const filter = [{ Name: `tag:${tag.key}`, Values: [tag.value] }];
  const volumes: DescribeVolumesCommandOutput = await request({ call: 'ec2.DescribeVolumes', region }, () =>
    aws.client(EC2Client, region).send(new DescribeVolumesCommand({ Filters: filter })),
  );
  const snapshotsIn = async (where: string): Promise<FoundBackup[]> => {
    const reply: DescribeSnapshotsCommandOutput = await request(
      { call: 'ec2.DescribeSnapshots', region: where },
      () =>
        aws
          .client(EC2Client, where)
          .send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters: filter })),
    );
    return (reply.Snapshots ?? [])
      .map(snapshot => {
        // Of a copy EC2 says neither the volume nor the moment.
        const tags = new Map(snapshot.Tags?.map(({ Key, Value }) => [Key, Value]));
        return {
          id: snapshot.SnapshotId ?? 'unknown',
          at: new Date(tags.get(dataTimeTag) ?? snapshot.StartTime ?? 0),
          usable: snapshot.State === 'completed' ? (true as const) : (snapshot.State ?? 'unknown'),
          encrypted: snapshot.Encrypted ?? false,
          of: tags.get(volumeTag) ?? snapshot.VolumeId ?? '',
        };
      })
      .sort(newestFirst);
  };
  return {
    found: await snapshotsIn(region),
    expected: (volumes.Volumes ?? []).flatMap(({ VolumeId }) => VolumeId ?? []).sort(),
    ...(copyRegion !== undefined && { copies: await snapshotsIn(copyRegion) }),
    faults: [],
  };
}

const veleroSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
      status: z
        .object({
          phase: z.string().optional(),
          startTimestamp: z.string().optional(),
          expiration: z.string().optional(),
        })
        .optional(),
    }),
  ),
});

/** Velero's Backup objects of one of its schedules. PartiallyFailed is not Completed. */
export async function surveyVelero(
  port: Pick<Runtime, 'kubernetes' | 'plan'>,
  backup: BackupOf<'velero'>,
): Promise<Survey> {
  const cluster = port.plan.components[backup.cluster];
  if (cluster?.type !== 'eks-cluster') throw new Error(`The plan has no eks-cluster "${backup.cluster}"`);
  const label = encodeURIComponent(`velero.io/schedule-name=${backup.veleroSchedule}`);
  const path = `/apis/velero.io/v1/namespaces/${backup.namespace}/backups?labelSelector=${label}`;
  const { status, body } = await port.kubernetes(
    { cluster: cluster.name, region: cluster.region },
    { method: 'GET', path },
  );
  const items = status === 404 ? [] : veleroSchema.parse(body).items;
  const found = items.map(
    ({ metadata: { name }, status: state }): FoundBackup => ({
      id: name,
      at: new Date(state?.startTimestamp ?? 0),
      usable: state?.phase === 'Completed' ? true : (state?.phase ?? 'New'),
    }),
  );
  return { found: found.sort(newestFirst), faults: [] };
}
