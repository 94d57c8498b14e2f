import type { DBInstanceAutomatedBackup, DBSnapshot } from '@aws-sdk/client-rds';

/** A moment that a database can be restored to, and from what. `before` limits it to data that is not younger. */
export type RestorePoint = {
  method: 'automated-backup' | 'snapshot';
  /** ARN of the replicated backup, or identifier (ARN if shared) of the snapshot. */
  from: string;
  /** The last moment whose data is in it. */
  at: Date;
  encrypted: boolean;
  kmsKey: string | undefined;
  /** RDS's own id of the source instance, which a restore in the source's region names it by. */
  resourceId: string | undefined;
  engine: string | undefined;
  engineVersion: string | undefined;
};

/**
 * Statuses of an automated backup that can be restored from: of a living instance, replicated to another region (where
 * it is `replicating`), and of a deleted instance.
 */
const usableBackupStatuses = new Set(['active', 'replicating', 'retained']);

/** The newest moment of each automated backup and each finished snapshot, not after `before`, the newest first. */
export function restorePoints(
  backups: readonly DBInstanceAutomatedBackup[],
  snapshots: readonly DBSnapshot[],
  before?: Date,
): RestorePoint[] {
  const points = [
    ...backups.flatMap(backup => fromBackup(backup, before)),
    ...snapshots.flatMap(snapshot => fromSnapshot(snapshot, before)),
  ];
  // Of two points of the same moment the snapshot comes first: no log has to be replayed.
  return points.sort(
    (a, b) =>
      b.at.getTime() - a.at.getTime() || b.method.localeCompare(a.method) || a.from.localeCompare(b.from),
  );
}

function fromBackup(backup: DBInstanceAutomatedBackup, before: Date | undefined): RestorePoint[] {
  const { RestoreWindow: window, DBInstanceAutomatedBackupsArn: from } = backup;
  const at = momentIn(window, before);
  if (at === undefined || from === undefined || !usableBackupStatuses.has(backup.Status ?? '')) return [];
  return [
    {
      method: 'automated-backup',
      from,
      at,
      encrypted: backup.Encrypted ?? false,
      kmsKey: backup.KmsKeyId,
      resourceId: backup.DbiResourceId,
      engine: backup.Engine,
      engineVersion: backup.EngineVersion,
    },
  ];
}

/**
 * The newest moment of a window that is not after `before`. A moment that is asked for by name has to lie before the
 * latest restorable one; with "the latest" instead, logs that arrive meanwhile would carry the restore past `before`.
 */
function momentIn(
  window: DBInstanceAutomatedBackup['RestoreWindow'],
  before: Date | undefined,
): Date | undefined {
  const latest = window?.LatestTime;
  if (latest === undefined || before === undefined) return latest;
  const earliest = window?.EarliestTime;
  if (earliest !== undefined && before < earliest) return undefined;
  return new Date(Math.min(before.getTime(), latest.getTime() - 1000));
}

function fromSnapshot(snapshot: DBSnapshot, before: Date | undefined): RestorePoint[] {
  // SnapshotCreateTime of a copy is when it was copied; what the data is from is the original's time.
  const at =
    snapshot.SnapshotDatabaseTime ?? snapshot.OriginalSnapshotCreateTime ?? snapshot.SnapshotCreateTime;
  const from = snapshot.SnapshotType === 'shared' ? snapshot.DBSnapshotArn : snapshot.DBSnapshotIdentifier;
  if (at === undefined || from === undefined || snapshot.Status !== 'available') return [];
  if (before !== undefined && at > before) return [];
  return [
    {
      method: 'snapshot',
      from,
      at,
      encrypted: snapshot.Encrypted ?? false,
      kmsKey: snapshot.KmsKeyId,
      resourceId: snapshot.DbiResourceId,
      engine: snapshot.Engine,
      engineVersion: snapshot.EngineVersion,
    },
  ];
}
