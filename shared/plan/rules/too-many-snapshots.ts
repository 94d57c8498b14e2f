import type { LintRule } from '../lint-rule.ts';
import { longestGapSeconds } from './backup-loss.ts';

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
      const region =
        backup.type === 'rds-snapshot' ? plan.components[backup.component]?.region : backup.region;
      const count = backup.schedule
        ? Math.ceil(backup.retention / longestGapSeconds(backup.schedule.when))
        : 0;
      return [{ id, region, count }];
    });
    return Object.entries(Object.groupBy(counted, ({ region }) => region ?? '')).flatMap(
      ([region, group]) => {
        const total = (group ?? []).reduce((sum, { count }) => sum + count, 0);
        const most = (group ?? []).toSorted((a, b) => b.count - a.count)[0];
        if (total <= quota || !most) return [];
        return [
          {
            rule: tooManySnapshots.id,
            severity: 'error' as const,
            path: ['backups', most.id, 'retention'],
            message: `${total} manual snapshots are to be kept in ${region}, and RDS keeps ${quota}`,
            mend: 'Keep them for a shorter time, or use aws-backup, whose recovery points do not count.',
          },
        ];
      },
    );
  },
};
