import type { LintRule } from '../lint-rule.ts';
import { databaseOf, longestGapSeconds } from './backup-loss.ts';

/** Manual snapshots of DB instances in an account and region, unless raised. Source: RDS user guide, "Quotas". */
const quota = 100;

export const tooManySnapshots: LintRule = {
  id: 'too-many-snapshots',
  severity: 'error',
  reason:
    'RDS keeps 100 manual snapshots a region: the 101st is refused, and nobody notices before it is needed.',
  check: ({ plan }) => {
    const counted = Object.entries(plan.backups).flatMap(([id, backup]) => {
      if (backup.type !== 'rds-snapshot' && backup.type !== 'rds-snapshot-copy') return [];
      const database = plan.components[databaseOf(plan, backup) ?? ''];
      const region = backup.type === 'rds-snapshot' ? database?.region : backup.region;
      // Snapshots of clusters have a quota of their own.
      const sort = database?.type === 'rds-cluster' ? ' of clusters' : '';
      const count = backup.schedule
        ? Math.ceil(backup.retention / longestGapSeconds(backup.schedule.when))
        : 0;
      return [{ id, place: { region: region ?? '', sort }, count }];
    });
    return Object.values(
      Object.groupBy(counted, ({ place: { region, sort } }) => `${region}${sort}`),
    ).flatMap(group => {
      const total = (group ?? []).reduce((sum, { count }) => sum + count, 0);
      const most = (group ?? []).toSorted((a, b) => b.count - a.count)[0];
      if (total <= quota || !most) return [];
      return [
        {
          rule: tooManySnapshots.id,
          severity: 'error' as const,
          path: ['backups', most.id, 'retention'],
          message: `${total} manual snapshots${most.place.sort} are to be kept in ${most.place.region}, and RDS keeps ${quota}`,
          mend: 'Keep them for a shorter time, or use aws-backup, whose recovery points do not count.',
        },
      ];
    });
  },
};
