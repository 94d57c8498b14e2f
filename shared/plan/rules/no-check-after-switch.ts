import type { LintRule } from '../lint-rule.ts';
import { isBefore } from '../scenario-view.ts';
import { isTakenWith, looksWhetherItWorks, sendsUsersAway } from './step-facts.ts';

export const noCheckAfterSwitch: LintRule = {
  id: 'no-check-after-switch',
  severity: 'warning',
  reason:
    'What was well before the users came may not be well with them: the same checks belong behind the switch.',
  check: ({ scenarios }) =>
    scenarios.flatMap(({ steps }) =>
      steps.filter(sendsUsersAway).flatMap(moved => {
        const real = moved.modes.filter(mode => mode === 'recover' || mode === 'planned');
        // A run that goes on without the switch must not end as if users had been moved.
        const mayFail = moved.step.onFailure === 'continue';
        const checks = steps.filter(
          placed =>
            looksWhetherItWorks(placed) &&
            isBefore(moved, placed) &&
            isTakenWith(placed, moved) &&
            !(mayFail && placed.step.onFailure === 'continue'),
        );
        const open = real.filter(mode => !checks.some(check => check.modes.includes(mode)));
        if (open.length === 0) return [];
        return [
          {
            rule: noCheckAfterSwitch.id,
            severity: 'warning' as const,
            path: [...moved.path, 'do'],
            message: mayFail
              ? `"${moved.step.id}" may fail, and no check after it keeps the run from ending as recovered (mode ${open.join(', ')})`
              : `Nothing looks whether users are served after "${moved.step.id}" (mode ${open.join(', ')})`,
            mend: mayFail
              ? 'Give it another onFailure, such as ask, or a check after it that may not fail.'
              : 'Add a dns.check and an http.check of the public name after it.',
          },
        ];
      }),
    ),
};
