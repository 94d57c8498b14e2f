import type { DBInstanceAutomatedBackup } from '@aws-sdk/client-rds';
import type { World } from '../../world/world.ts';
import { instanceArn } from './events.ts';
import { type ReplicatedBackup, rdsState } from './state.ts';

const dayMs = 86_400_000;

/**
 * How far a replicated backup lies behind its source. RDS uploads transaction logs every five minutes (RDS User
 * Guide, "Restoring a DB instance to a specified time"); copying them takes a little longer.
 */
export const replicationLag = { minSeconds: 180, likelySeconds: 330, maxSeconds: 600 };

/** The newest moment that a replicated backup can be restored to, ms since the epoch, in whole seconds. */
export function latestTimeMs(world: World, backup: ReplicatedBackup): number {
  const reached = (backup.frozenAtMs ?? world.nowMs()) - backup.lagSeconds * 1000;
  return Math.floor(reached / 1000) * 1000;
}

/** Nothing more arrives from instances of this region. */
export function freezeBackups(world: World, region: string): void {
  for (const backup of rdsState(world).backups) {
    if (backup.source.region === region) backup.frozenAtMs ??= world.nowMs();
  }
}

/** A replicated backup as the destination region shows it. */
export function shownBackup(world: World, backup: ReplicatedBackup): DBInstanceAutomatedBackup {
  const latestMs = latestTimeMs(world, backup);
  return {
    DBInstanceArn: instanceArn(backup.source.region, backup.source.identifier),
    DBInstanceIdentifier: backup.source.identifier,
    DBInstanceAutomatedBackupsArn: backup.arn,
    Region: backup.source.region,
    Status: 'replicating',
    RestoreWindow: { EarliestTime: new Date(latestMs - 7 * dayMs), LatestTime: new Date(latestMs) },
    Encrypted: true,
    KmsKeyId: backup.kmsKeyArn,
    Engine: backup.engine,
    EngineVersion: '16.4',
    BackupRetentionPeriod: 7,
  };
}
