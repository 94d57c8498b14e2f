import { BackupClient, StartCopyJobCommand } from '@aws-sdk/client-backup';
import { CopySnapshotCommand, DeleteSnapshotCommand, EC2Client, type Snapshot } from '@aws-sdk/client-ec2';
import { request } from '../../aws/aws-errors.ts';
import { shortHash } from '../../aws/names.ts';
import { copyTag, taggedSnapshots, tagOf } from '../../aws/tagged-snapshots.ts';
import type { Backup, BackupOf } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { readKnownOf, updateKnown } from '../known.ts';
import { backupTag, backupTags, dataTimeTag, volumeTag } from '../names.ts';
import { expired } from '../retention.ts';
import { recoveryPoints } from '../survey/other-services.ts';

/** Copies that were begun, and copies that were removed because their time is over. */
export type Copied = { begun: string[]; removed: string[] };

type Port = Pick<Runtime, 'aws' | 'plan' | 'clock' | 'store'>;

/** Copies what is finished of a class into the other region. A repeat copies nothing twice. */
export function copyFinished(port: Port, id: string, backup: Backup): Promise<Copied> {
  switch (backup.type) {
    case 'aws-backup':
      return copyRecoveryPoint(port, id, backup);
    case 'volumes':
      return copySnapshots(port, id, backup);
    default:
      return Promise.resolve({ begun: [], removed: [] });
  }
}

/** AWS Backup removes its copies by itself. Which one was copied last is kept: a token is not known for ever. */
async function copyRecoveryPoint(port: Port, id: string, backup: BackupOf<'aws-backup'>): Promise<Copied> {
  const { region, vault, resource, role, copyTo, retention } = backup;
  if (!copyTo) return { begun: [], removed: [] };
  const points = await recoveryPoints(port, region, vault, resource);
  const newest = points.find(({ usable }) => usable === true);
  if (!newest || (await readKnownOf(port, id))?.copied === newest.id) return { begun: [], removed: [] };
  await request({ call: 'backup.StartCopyJob', region }, () =>
    port.aws.client(BackupClient, region).send(
      new StartCopyJobCommand({
        RecoveryPointArn: newest.id,
        SourceBackupVaultName: vault,
        DestinationBackupVaultArn: vaultArn(resource, copyTo.region, copyTo.vault),
        IamRoleArn: role,
        IdempotencyToken: shortHash(`${id}/${newest.id}`, 32),
        Lifecycle: { DeleteAfterDays: Math.ceil(retention / 86_400) },
      }),
    ),
  );
  await updateKnown(port, id, () => ({ copied: newest.id }));
  return { begun: [newest.id], removed: [] };
}

/** In the account and partition of the resource. */
function vaultArn(resource: string, region: string, vault: string): string {
  const [, partition = 'aws', , , account = ''] = resource.split(':');
  const owner = account || resource.match(/:(\d{12}):/)?.[1] || '';
  return `arn:${partition}:backup:${region}:${owner}:backup-vault:${vault}`;
}

/** The newest finished snapshot of each volume; copies whose time is over are removed. */
async function copySnapshots(port: Port, id: string, backup: BackupOf<'volumes'>): Promise<Copied> {
  const { region, copyRegion, tag, retention } = backup;
  const done: Copied = { begun: [], removed: [] };
  if (copyRegion === undefined) return done;
  const [made, copies] = await Promise.all([
    taggedSnapshots(port.aws, region, backupTag, id),
    taggedSnapshots(port.aws, copyRegion, backupTag, id),
  ]);
  const now = port.clock.now();
  const tags = [
    { Key: tag.key, Value: tag.value },
    ...backupTags(port.plan.system.id, id, new Date(now.getTime() + retention * 1000)),
  ];
  const ec2 = port.aws.client(EC2Client, copyRegion);
  const copied = new Set(copies.map(copy => tagOf(copy, copyTag)));
  for (const snapshot of newestOfEach(made)) {
    const { SnapshotId = '', VolumeId = '' } = snapshot;
    if (copied.has(SnapshotId)) continue;
    const Tags = [
      ...tags,
      { Key: copyTag, Value: SnapshotId },
      { Key: volumeTag, Value: VolumeId },
      { Key: dataTimeTag, Value: new Date(startOf(snapshot)).toISOString() },
    ];
    await request({ call: 'ec2.CopySnapshot', region: copyRegion }, () =>
      ec2.send(
        new CopySnapshotCommand({
          SourceRegion: region,
          SourceSnapshotId: SnapshotId,
          Encrypted: true,
          TagSpecifications: [{ ResourceType: 'snapshot', Tags }],
        }),
      ),
    );
    done.begun.push(SnapshotId);
  }
  for (const old of overdue(copies, retention, now)) {
    await request({ call: 'ec2.DeleteSnapshot', region: copyRegion }, () =>
      ec2.send(new DeleteSnapshotCommand({ SnapshotId: old })),
    );
    done.removed.push(old);
  }
  return done;
}

function newestOfEach(snapshots: readonly Snapshot[]): Snapshot[] {
  const newest = new Map<string, Snapshot>();
  for (const snapshot of snapshots) {
    if (snapshot.State !== 'completed' || !snapshot.SnapshotId || !snapshot.VolumeId) continue;
    const other = newest.get(snapshot.VolumeId);
    if (!other || startOf(other) < startOf(snapshot)) newest.set(snapshot.VolumeId, snapshot);
  }
  return [...newest.values()];
}

/** The last good copy of each volume stays, however old it is. */
function overdue(copies: readonly Snapshot[], retention: number, now: Date): string[] {
  const groups = Map.groupBy(copies, copy => tagOf(copy, volumeTag));
  return [...groups.values()].flatMap(group => {
    const kept = group.map(copy => ({
      id: copy.SnapshotId ?? '',
      at: new Date(startOf(copy)),
      usable: copy.State === 'completed',
    }));
    return expired(kept, retention, now).map(({ id }) => id);
  });
}

const startOf = ({ StartTime }: Snapshot) => StartTime?.getTime() ?? 0;
