import type { RecoveryPointByBackupVault } from '@aws-sdk/client-backup';
import { action as restoreFiles } from '../../shared/actions/backup/restore-files.ts';
import { rdsDurations } from '../../shared/aws/rds-durations.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';
import { keyArnOf } from './kms.ts';
import { clusterSnapshotArn } from './rds/cluster-snapshots.ts';
import { clusterState } from './rds/clusters.ts';
import { versionOf } from './rds/engines.ts';
import { instanceArn } from './rds/events.ts';
import { copyFrom } from './rds/lineage.ts';
import { snapshotArn } from './rds/snapshots.ts';
import { keyOf, rdsState } from './rds/state.ts';

type Point = RecoveryPointByBackupVault & { region: string; vault: string };
type RestoreJob = { id: string; region: string; token: string; into: string; from: string; doneAtMs: number };
type BackupState = {
  points: Point[];
  /** Tokens of copies that were begun, with their jobs. */
  copies: Map<string, string>;
  results: { job: string; status: string; message: string }[];
  restores: RestoreJob[];
};

function stateOf(world: World): BackupState {
  return world.state<BackupState>('backup', () => ({
    points: [],
    copies: new Map(),
    results: [],
    restores: [],
  }));
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
      Engine: source?.shown.Engine ?? 'postgres',
      EngineVersion: source?.shown.EngineVersion ?? versionOf('postgres'),
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
  const { copies } = stateOf(world);
  const token = String(input.IdempotencyToken);
  const same = copies.get(token);
  if (same) return { CopyJobId: same, CreationDate: world.now() };
  const [, , , to = region, , , vault = ''] = String(input.DestinationBackupVaultArn).split(':');
  const seconds = world.duration(rdsDurations.copySnapshot, `backup-copy/${source.RecoveryPointArn}`);
  world.after(seconds, `backup/${vault}`, `A copy has arrived in ${to}`, () => {
    if (!world.isLost(to))
      addRecoveryPoint(world, to, vault, source.ResourceArn ?? '', source.CreationDate?.getTime() ?? 0);
  });
  const job = `copy-${vault}-${copies.size + 1}`;
  copies.set(token, job);
  return { CopyJobId: job, CreationDate: world.now() };
}

function startRestore(world: World, { region, input }: Call) {
  const { points, restores } = stateOf(world);
  const point = points.find(one => one.region === region && one.RecoveryPointArn === input.RecoveryPointArn);
  if (!point)
    throw new SimulatedAwsError('ResourceNotFoundException', 'The recovery point does not exist.', 400);
  const token = String(input.IdempotencyToken);
  const same = restores.find(one => one.token === token && one.region === region);
  if (same) return { RestoreJobId: same.id };
  const into = String((input.Metadata as Record<string, string>)['file-system-id']);
  const id = `restore-${into}-${restores.length + 1}`;
  const seconds = world.duration(restoreFiles.typical, `restore-files/${into}/${token}`);
  const doneAtMs = world.nowMs() + seconds * 1000;
  restores.push({ id, region, token, into, from: point.RecoveryPointArn ?? '', doneAtMs });
  world.changed(`efs/${into}`, `Files are restored into ${into}`, 'lifeboat');
  world.after(seconds, `efs/${into}`, `The files are in a folder of ${into}`, () => {});
  return { RestoreJobId: id };
}

function describeRestore(world: World, { region, input }: Call) {
  const found = stateOf(world).restores.find(one => one.id === input.RestoreJobId && one.region === region);
  if (!found) throw new SimulatedAwsError('ResourceNotFoundException', 'The job does not exist.', 400);
  const done = world.nowMs() >= found.doneAtMs;
  return {
    RestoreJobId: found.id,
    RecoveryPointArn: found.from,
    ResourceType: 'EFS',
    Status: done ? 'COMPLETED' : 'RUNNING',
    PercentDone: done ? '100.00%' : '40.00%',
    ...(done && {
      CreatedResourceArn: `arn:aws:elasticfilesystem:${region}:123456789012:file-system/${found.into}`,
    }),
  };
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
    StartRestoreJob: startRestore,
    DescribeRestoreJob: describeRestore,
    PutRestoreValidationResult(world, { input }) {
      stateOf(world).results.push({
        job: String(input.RestoreJobId),
        status: String(input.ValidationStatus),
        message: String(input.ValidationStatusMessage ?? ''),
      });
      return {};
    },
  },
  /** Files that are gone are back when a restore that began later is done; who moves them to their place is not played. */
  strike(world, { type, component }) {
    if (component.type !== 'efs-file-system' || type !== 'loss') return undefined;
    const { fileSystemId, region } = component;
    world.changed(`efs/${fileSystemId}`, `The files of ${fileSystemId} were deleted`, 'person');
    return () =>
      !stateOf(world).restores.some(
        one => one.into === fileSystemId && one.region === region && world.nowMs() >= one.doneAtMs,
      );
  },
};
