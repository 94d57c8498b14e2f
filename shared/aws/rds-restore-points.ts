import type { DBInstanceAutomatedBackup, DBSnapshot } from '@aws-sdk/client-rds';

/** A moment that a database can be restored to, and from what. */
export type RestorePoint = {
  method: 'automated-backup' | 'snapshot';
  /** ARN of the replicated backup, or identifier (ARN if shared) of the snapshot. */
  from: string;
  /** The last moment whose data is in it. */
  at: Date;
  encrypted: boolean;
  kmsKey: string | undefined;
  engine: string | undefined;
  engineVersion: string | undefined;
};

/** Statuses of a replicated backup that can be restored from; `replicating` is what the destination region shows. */
const usableBackupStatuses = new Set(['active', 'replicating', 'retained']);

/** The newest moment of each replicated backup and each finished snapshot, the newest first. */
export function restorePoints(
  backups: readonly DBInstanceAutomatedBackup[],
  snapshots: readonly DBSnapshot[],
): RestorePoint[] {
  const points = [...backups.flatMap(fromBackup), ...snapshots.flatMap(fromSnapshot)];
  // Of two points of the same moment the snapshot comes first: no log has to be replayed.
  return points.sort(
    (a, b) =>
      b.at.getTime() - a.at.getTime() || b.method.localeCompare(a.method) || a.from.localeCompare(b.from),
  );
}

function fromBackup(backup: DBInstanceAutomatedBackup): RestorePoint[] {
  const at = backup.RestoreWindow?.LatestTime;
  const from = backup.DBInstanceAutomatedBackupsArn;
  if (at === undefined || from === undefined || !usableBackupStatuses.has(backup.Status ?? '')) return [];
  return [
    {
      method: 'automated-backup',
      from,
      at,
      encrypted: backup.Encrypted ?? false,
      kmsKey: backup.KmsKeyId,
      engine: backup.Engine,
      engineVersion: backup.EngineVersion,
    },
  ];
}

function fromSnapshot(snapshot: DBSnapshot): RestorePoint[] {
  // SnapshotCreateTime of a copy is when it was copied; what the data is from is the original's time.
  const at =
    snapshot.SnapshotDatabaseTime ?? snapshot.OriginalSnapshotCreateTime ?? snapshot.SnapshotCreateTime;
  const from = snapshot.SnapshotType === 'shared' ? snapshot.DBSnapshotArn : snapshot.DBSnapshotIdentifier;
  if (at === undefined || from === undefined || snapshot.Status !== 'available') return [];
  return [
    {
      method: 'snapshot',
      from,
      at,
      encrypted: snapshot.Encrypted ?? false,
      kmsKey: snapshot.KmsKeyId,
      engine: snapshot.Engine,
      engineVersion: snapshot.EngineVersion,
    },
  ];
}
