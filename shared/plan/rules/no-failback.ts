import type { LintRule } from '../lint-rule.ts';
import { isBefore, type ScenarioView } from '../scenario-view.ts';
import type { Plan } from '../schema.ts';
import { bringsUpWriter, sendsUsersAway, sendsUsersBack } from './step-facts.ts';

export const noFailback: LintRule = {
  id: 'no-failback',
  severity: 'warning',
  reason:
    'Going back is the more dangerous way: it is done in peace, on data that has moved on, and by nobody twice.',
  check: ({ plan, scenarios, partial }) =>
    scenarios.flatMap(view => {
      if (partial) return [];
      const { id, scenario, path } = view;
      if (!movesAway(plan, view) || scenario.failbackOf !== undefined) return [];
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

/**
 * Whether a recovery ends in the other region. A scenario that does not say what is lost may move users all the same;
 * what it restores may as well be a copy beside the database.
 */
function movesAway(plan: Plan, { scenario: { disaster }, steps }: ScenarioView): boolean {
  const real = steps.filter(({ modes }) => modes.includes('recover'));
  const isLost = disaster?.type === 'region-loss';
  if (disaster && !isLost) return false;
  const users = real.some(
    placed => sendsUsersAway(placed) && !real.some(back => sendsUsersBack(back) && isBefore(placed, back)),
  );
  const writer = real.some(
    placed => bringsUpWriter(placed) && (isLost || isElsewhere(plan, placed.step.with.target)),
  );
  return users || writer;
}

/** Whether what is restored is in another region than what it is restored from. */
function isElsewhere({ components }: Plan, id: unknown): boolean {
  const target = typeof id === 'string' && Object.hasOwn(components, id) ? components[id] : undefined;
  return target !== undefined && 'sourceRegion' in target && target.sourceRegion !== target.region;
}
