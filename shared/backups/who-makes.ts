import type { Backup } from '../plan/schema.ts';

/** Why Lifeboat makes no backup of this class when it is asked to; undefined for what it makes. */
export function whyMadeElsewhere(backup: Backup): string | undefined {
  switch (backup.type) {
    case 'rds-automated':
    case 'rds-replicated-backups':
    case 'rds-fleet':
    case 'terraform-state':
      return 'AWS or another tool makes these all the time; Lifeboat checks and proves them';
    case 'dump':
      return backup.madeBy
        ? undefined
        : 'something else writes these dumps; the plan names nothing that Lifeboat could start';
    default:
      return undefined;
  }
}
