import type { LintRule } from '../lint-rule.ts';
import { bringsUpWriter, lostRegion, sendsUsersAway } from './step-facts.ts';

/** Kinds that may bring data over in ways that the plan does not show. */
const mayBring = new Set([
  'sql.restore-dump',
  'rds.create-instance',
  'rds.start',
  'redis.promote',
  'velero.restore',
  'backup.restore-files',
  'dynamodb.restore-table',
  'dynamodb.check-global-table',
  'codebuild.run',
  'ssm.automation',
  'states.run',
  'lambda.invoke',
  'people.task',
]);
const databases = new Set([
  'rds-instance',
  'rds-cluster',
  'docdb-cluster',
  'neptune-cluster',
  'postgres-server',
  'mysql-server',
]);

export const dataLeftBehind: LintRule = {
  id: 'data-left-behind',
  severity: 'warning',
  reason:
    'Users who are sent to a region whose database is in the other one find nothing, or write to where nobody looks.',
  check: ({ plan, scenarios }) =>
    scenarios.flatMap(view => {
      const { id, path, steps } = view;
      const lost = lostRegion(plan, view);
      const real = steps.filter(({ modes }) => modes.includes('recover'));
      if (lost === undefined || !real.some(sendsUsersAway)) return [];
      if (real.some(placed => bringsUpWriter(placed) || mayBring.has(placed.step.do))) return [];
      const [left] = Object.entries(plan.components).find(
        ([, { type, region }]) => region === lost && databases.has(type),
      ) ?? [undefined];
      if (left === undefined) return [];
      return [
        {
          rule: dataLeftBehind.id,
          severity: 'warning' as const,
          path,
          at: 'key' as const,
          message: `"${id}" moves users out of ${lost} and brings no database with them; "${left}" stays there`,
          mend: 'Restore it with rds.restore, promote a replica with rds.promote-replica or sql.promote, or fail a global database over, before users are moved.',
        },
      ];
    }),
};
