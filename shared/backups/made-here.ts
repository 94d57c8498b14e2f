import type { Backup } from '../plan/schema.ts';

/** Whether Lifeboat makes it when it is due. What something else makes has a schedule too, to be checked by. */
export function isMadeHere(backup: Backup): boolean {
  if (backup.type === 'dump') return backup.madeBy !== undefined;
  return !['rds-automated', 'rds-replicated-backups', 'rds-fleet', 'terraform-state'].includes(backup.type);
}

/** Whether what Lifeboat makes of a class can be copied only once it is finished, which is after it was asked for. */
export function isCopiedLater(backup: Backup): boolean {
  return (
    (backup.type === 'aws-backup' && backup.copyTo !== undefined) ||
    (backup.type === 'volumes' && backup.copyRegion !== undefined)
  );
}
