import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';

export const sameSignals: LintRule = {
  id: 'same-signals',
  severity: 'warning',
  reason: 'Where the same signals open two scenarios, chance decides which one runs.',
  check: ({ scenarios }) => {
    const seen = new Map<string, string>();
    return scenarios.flatMap(({ id, scenario: { trigger }, path }): Problem[] => {
      if (!trigger || trigger.signals.length === 0) return [];
      const key = `${trigger.quorum} of ${[...new Set(trigger.signals)].sort().join(' ')}`;
      const other = seen.get(key);
      if (other === undefined) {
        seen.set(key, id);
        return [];
      }
      return [
        {
          rule: sameSignals.id,
          severity: 'warning',
          path: [...path, 'trigger', 'signals'],
          message: `"${id}" and "${other}" are opened by the same signals`,
          mend: 'Give each a signal that tells it from the other, or a higher quorum to the graver one; or let only one have a trigger.',
        },
      ];
    });
  },
};
