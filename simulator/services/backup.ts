import type { RecoveryPointByBackupVault } from '@aws-sdk/client-backup';
import { rdsDurations } from '../../shared/aws/rds-durations.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';
import { keyArnOf } from './kms.ts';
import { clusterSnapshotArn } from './rds/cluster-snapshots.ts';
import { clusterState } from './rds/clusters.ts';
import { instanceArn } from './rds/events.ts';
import { copyFrom } from './rds/lineage.ts';
import { snapshotArn } from './rds/snapshots.ts';
import { keyOf, rdsState } from './rds/state.ts';

type Point = RecoveryPointByBackupVault & { region: string; vault: string };
type BackupState = { points: Point[]; results: { job: string; status: string; message: string }[] };

function stateOf(world: World): BackupState {
  return world.state<BackupState>('backup', () => ({ points: [], results: [] }));
}

/** What AWS Backup restore testing was told, for tests. */
export const validationResults = (world: World) => stateOf(world).results;

/** Puts a finished recovery point into a vault, and behind one of a DB instance the snapshot that it is. */
export function addRecoveryPoint(
  world: World,
  region: string,
  vault: string,
  resource: string,
  atMs: number,
  done = true,
): Point {
  const stamp = new Date(atMs).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').toLowerCase();
  const identifier = /:db:(.+)$/.exec(resource)?.[1];
  const cluster = /:cluster:(.+)$/.exec(resource)?.[1];
  const name = `awsbackup:job-${vault}-${stamp}`;
  const point: Point = {
    region,
    vault,
    RecoveryPointArn: identifier
      ? snapshotArn(region, name)
      : cluster
        ? clusterSnapshotArn(region, name)
        : `arn:aws:backup:${region}:123456789012:recovery-point:${name}`,
    BackupVaultName: vault,
    ResourceArn: resource,
    CreationDate: new Date(atMs),
    Status: done ? 'COMPLETED' : 'CREATING',
    BackupSizeInBytes: 20 * 2 ** 30,
    IsEncrypted: true,
  };
  stateOf(world).points.push(point);
  if (identifier) addSnapshot(world, region, name, identifier, resource, atMs);
  if (cluster) addClusterSnapshot(world, region, name, cluster, resource, atMs);
  return point;
}

function addClusterSnapshot(
  world: World,
  region: string,
  name: string,
  identifier: string,
  resource: string,
  atMs: number,
): void {
  const { clusters, snapshots } = clusterState(world);
  const from = resource.split(':')[3] ?? region;
  const source = clusters.get(keyOf(from, identifier))?.shown;
  snapshots.push({
    region,
    shown: {
      DBClusterSnapshotIdentifier: name,
      DBClusterSnapshotArn: clusterSnapshotArn(region, name),
      DBClusterIdentifier: identifier,
      SnapshotType: 'awsbackup',
      Status: 'available',
      Engine: source?.Engine,
      EngineVersion: source?.EngineVersion,
      StorageEncrypted: true,
      KmsKeyId: keyArnOf(world, region, keyIn(world, region)),
      SnapshotCreateTime: new Date(atMs),
      ...(from !== region && { SourceDBClusterSnapshotArn: clusterSnapshotArn(from, name) }),
    },
  });
}

function addSnapshot(
  world: World,
  region: string,
  name: string,
  identifier: string,
  resource: string,
  atMs: number,
): void {
  const source = [...rdsState(world).instances.values()].find(
    ({ region: at, shown }) => instanceArn(at, shown.DBInstanceIdentifier) === resource,
  );
  rdsState(world).snapshots.push({
    region,
    copyOf: source && copyFrom(source, atMs),
    shown: {
      DBSnapshotIdentifier: name,
      DBSnapshotArn: snapshotArn(region, name),
      DBInstanceIdentifier: identifier,
      SnapshotType: 'awsbackup',
      Status: 'available',
      Engine: 'postgres',
      EngineVersion: '16.4',
      Encrypted: true,
      KmsKeyId: keyArnOf(world, region, keyIn(world, region)),
      SourceRegion: resource.split(':')[3],
      SnapshotCreateTime: new Date(atMs),
      OriginalSnapshotCreateTime: new Date(atMs),
    },
  });
}

/** A vault's key: the one that the plan restores with there. */
function keyIn(world: World, region: string): string {
  const target = Object.values(world.plan.components).find(
    one =>
      (one.type === 'rds-restore-target' || one.type === 'rds-cluster-restore-target') &&
      one.region === region,
  );
  return target && 'kmsKey' in target && target.kmsKey ? target.kmsKey : 'alias/aws/backup';
}

function startJob(world: World, { region, input }: Call) {
  const vault = String(input.BackupVaultName);
  const resource = String(input.ResourceArn);
  const job = `job-${vault}-${world.nowMs()}`;
  const seconds = world.duration(rdsDurations.createSnapshot, job);
  const point = addRecoveryPoint(world, region, vault, resource, world.nowMs(), false);
  world.changed(`backup/${vault}`, `A backup of ${resource} is begun`, 'lifeboat');
  world.after(seconds, `backup/${vault}`, `The backup of ${resource} is complete`, () => {
    point.Status = 'COMPLETED';
  });
  return { BackupJobId: job, RecoveryPointArn: point.RecoveryPointArn, CreationDate: point.CreationDate };
}

function startCopy(world: World, { input, region }: Call) {
  const source = stateOf(world).points.find(
    ({ RecoveryPointArn }) => RecoveryPointArn === input.RecoveryPointArn,
  );
  if (!source)
    throw new SimulatedAwsError('ResourceNotFoundException', 'The recovery point does not exist.', 400);
  const [, , , to = region, , , vault = ''] = String(input.DestinationBackupVaultArn).split(':');
  const seconds = world.duration(rdsDurations.copySnapshot, `backup-copy/${source.RecoveryPointArn}`);
  world.after(seconds, `backup/${vault}`, `A copy has arrived in ${to}`, () => {
    if (!world.isLost(to))
      addRecoveryPoint(world, to, vault, source.ResourceArn ?? '', source.CreationDate?.getTime() ?? 0);
  });
  return { CopyJobId: `copy-${world.nowMs()}`, CreationDate: world.now() };
}

/** AWS Backup: jobs, recovery points in vaults, and what restore testing is told. */
export const service: SimulatedService = {
  name: 'backup',
  operations: {
    ListRecoveryPointsByBackupVault: (world, { region, input }) => ({
      RecoveryPoints: stateOf(world).points.filter(
        point =>
          point.region === region &&
          point.vault === input.BackupVaultName &&
          point.ResourceArn === input.ByResourceArn,
      ),
    }),
    StartBackupJob: startJob,
    StartCopyJob: startCopy,
    PutRestoreValidationResult(world, { input }) {
      stateOf(world).results.push({
        job: String(input.RestoreJobId),
        status: String(input.ValidationStatus),
        message: String(input.ValidationStatusMessage ?? ''),
      });
      return {};
    },
  },
};
