import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import type { ScenarioView } from '../scenario-view.ts';
import type { Plan } from '../schema.ts';

export const sameSignals: LintRule = {
  id: 'same-signals',
  severity: 'warning',
  reason:
    'Of two scenarios that the same signals open, the one of the higher severity runs, and of equals the first; the other one never does.',
  check: ({ plan, scenarios }) => {
    const opened = scenarios.filter(({ scenario: { trigger } }) => trigger && trigger.signals.length > 0);
    const groups = Object.values(Object.groupBy(opened, signalsOf));
    return groups.flatMap((group = []): Problem[] => {
      const [first, ...others] = group.toSorted((a, b) => rankOf(plan, a) - rankOf(plan, b));
      return others.map(({ id, path }) => ({
        rule: sameSignals.id,
        severity: 'warning',
        path: [...path, 'trigger', 'signals'],
        message: `"${id}" is never opened by its signals: they open "${first?.id}", which goes before it`,
        mend: 'Give each a signal that tells it from the other, or a higher quorum to the graver one; or let only one have a trigger.',
      }));
    });
  },
};

function signalsOf({ scenario: { trigger } }: ScenarioView): string {
  return `${trigger?.quorum} of ${[...new Set(trigger?.signals)].sort().join(' ')}`;
}

/** As triage has it: severities go in the order of the plan. */
const rankOf = ({ severities }: Plan, { scenario }: ScenarioView) =>
  Object.keys(severities).indexOf(scenario.severity);
