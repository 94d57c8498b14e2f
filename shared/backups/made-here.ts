import type { Backup } from '../plan/schema.ts';

/** Whether Lifeboat makes it when it is due. What something else makes has a schedule too, to be checked by. */
export function isMadeHere(backup: Backup): boolean {
  if (backup.type === 'dump') return backup.madeBy !== undefined;
  return !['rds-automated', 'rds-replicated-backups', 'rds-fleet', 'terraform-state'].includes(backup.type);
}
