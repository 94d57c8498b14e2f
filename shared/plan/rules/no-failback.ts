import type { LintRule } from '../lint-rule.ts';
import { bringsUpWriter, sendsUsersAway } from './step-facts.ts';

export const noFailback: LintRule = {
  id: 'no-failback',
  severity: 'warning',
  reason:
    'Going back is the more dangerous way: it is done in peace, on data that has moved on, and by nobody twice.',
  check: ({ scenarios }) =>
    scenarios.flatMap(({ id, scenario, path, steps }) => {
      const moves = steps.some(
        placed => (sendsUsersAway(placed) || bringsUpWriter(placed)) && placed.modes.includes('recover'),
      );
      const lost = scenario.disaster?.type === 'region-loss';
      if (!lost || !moves || scenario.failbackOf !== undefined) return [];
      if (scenarios.some(other => other.scenario.failbackOf === id)) return [];
      return [
        {
          rule: noFailback.id,
          severity: 'warning' as const,
          path,
          at: 'key' as const,
          message: `The scenario "${id}" moves the system, and no scenario brings it back`,
          mend: `Write a scenario with "failbackOf: ${id}", or say under "waived" how it is done.`,
        },
      ];
    }),
};
