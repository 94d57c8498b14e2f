import { type ComponentType, databaseTypes } from '../components.ts';
import type { LintRule } from '../lint-rule.ts';
import { bringsUpWriter, lostRegion, sendsUsersAway } from './step-facts.ts';

const databases = new Set<ComponentType>(databaseTypes);

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
      if (real.some(placed => bringsUpWriter(placed) || placed.traits.includes('brings-data'))) return [];
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
