import { backupTags, snapshotName } from '../../shared/backups/names.ts';
import type { Source } from '../../shared/backups/snapshots/source.ts';
import type { Backup } from '../../shared/plan/schema.ts';
import { keyArnOf } from '../services/kms.ts';
import { clusterSnapshotArn } from '../services/rds/cluster-snapshots.ts';
import { clusterState } from '../services/rds/clusters.ts';
import { versionOf } from '../services/rds/engines.ts';
import { copyFrom } from '../services/rds/lineage.ts';
import { snapshotArn } from '../services/rds/snapshots.ts';
import { keyOf, rdsState } from '../services/rds/state.ts';
import type { World } from '../world/world.ts';

/** Snapshots of RDS as the plan's schedules would have made them. */

type Placed = {
  id: string;
  backup: Backup;
  region: string;
  source: Source;
  atMs: number;
  kmsKey?: string;
};

export function addSnapshot(world: World, { id, backup, region, source, atMs, kmsKey }: Placed): void {
  if (world.faults.has('no-snapshot') && region === world.plan.regions.recovery) return;
  if (source.kind === 'cluster') {
    addClusterSnapshot(world, { id, backup, region, source, atMs, kmsKey });
    return;
  }
  const of = rdsState(world).instances.get(keyOf(source.region, source.identifier));
  const name = snapshotName(source, id, new Date(atMs).toISOString());
  const key = kmsKey ?? of?.shown.KmsKeyId ?? keyOfTarget(world, backup) ?? 'alias/aws/rds';
  rdsState(world).snapshots.push({
    region,
    copyOf: of && copyFrom(of, atMs),
    shown: {
      DBSnapshotIdentifier: name,
      DBSnapshotArn: snapshotArn(region, name),
      DBInstanceIdentifier: source.identifier,
      SnapshotType: 'manual',
      Status: 'available',
      Engine: of?.shown.Engine ?? 'postgres',
      EngineVersion: of?.shown.EngineVersion ?? versionOf('postgres'),
      AllocatedStorage: 100,
      Encrypted: true,
      KmsKeyId: keyArnOf(world, region, key),
      SourceRegion: source.region,
      OriginalSnapshotCreateTime: new Date(atMs),
      SnapshotCreateTime: new Date(atMs),
      TagList: backupTags(world.plan.system.id, id, new Date(atMs + backup.retention * 1000)),
    },
  });
}

function addClusterSnapshot(world: World, { id, backup, region, source, atMs, kmsKey }: Placed): void {
  const { clusters, snapshots } = clusterState(world);
  const of = clusters.get(keyOf(source.region, source.identifier))?.shown;
  const name = snapshotName(source, id, new Date(atMs).toISOString());
  const key = kmsKey ?? of?.KmsKeyId ?? keyOfTarget(world, backup) ?? 'alias/aws/rds';
  snapshots.push({
    region,
    shown: {
      DBClusterSnapshotIdentifier: name,
      DBClusterSnapshotArn: clusterSnapshotArn(region, name),
      DBClusterIdentifier: source.identifier,
      SnapshotType: 'manual',
      Status: 'available',
      Engine: of?.Engine,
      EngineVersion: of?.EngineVersion,
      StorageEncrypted: true,
      KmsKeyId: keyArnOf(world, region, key),
      // A copy keeps the time of its original (RDS API Reference, DBClusterSnapshot).
      SnapshotCreateTime: new Date(atMs),
      ...(region !== source.region && {
        SourceDBClusterSnapshotArn: clusterSnapshotArn(source.region, name),
      }),
      TagList: backupTags(world.plan.system.id, id, new Date(atMs + backup.retention * 1000)),
    },
  });
}

function keyOfTarget(world: World, { verify }: Backup): string | undefined {
  const target = verify && world.plan.components[verify.into];
  const isTarget = target?.type === 'rds-restore-target' || target?.type === 'rds-cluster-restore-target';
  return isTarget ? target.kmsKey : undefined;
}
