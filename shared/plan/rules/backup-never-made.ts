import { whyMadeElsewhere } from '../../backups/who-makes.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';

export const backupNeverMade: LintRule = {
  id: 'backup-never-made',
  severity: 'warning',
  reason:
    'A backup that nothing makes is promised by the plan only; it is missed on the day that it is needed.',
  check: context =>
    Object.entries(context.plan.backups).flatMap(([id, backup]) => {
      if (context.partial) return [];
      // What AWS or something else makes is made whether or not the plan says when; Velero has schedules of its own.
      if (backup.schedule || backup.type === 'velero' || whyMadeElsewhere(backup) !== undefined) return [];
      if (isMade(context, id)) return [];
      return [
        {
          rule: backupNeverMade.id,
          severity: 'warning' as const,
          path: ['backups', id],
          at: 'key' as const,
          message: `Nothing makes "${id}": it has no schedule, and neither the calendar nor a step makes one`,
          mend: 'Give it a schedule, such as { when: rate(1 hour) }, or a calendar entry with "operation: create".',
        },
      ];
    }),
};

function isMade({ plan, scenarios }: CheckContext, id: string): boolean {
  const byCalendar = Object.values(plan.calendar).some(
    ({ does }) =>
      does.type === 'backups' && does.operation === 'create' && (does.backups?.includes(id) ?? true),
  );
  return (
    byCalendar ||
    scenarios.some(({ steps }) =>
      steps.some(({ step }) => step.do === 'backup.create' && step.with.backup === id),
    )
  );
}
