import type { LintRule } from '../lint-rule.ts';
import { isBefore } from '../scenario-view.ts';

export const redriveUnchecked: LintRule = {
  id: 'redrive-unchecked',
  severity: 'warning',
  reason:
    'Messages that failed once fail again when what they failed on is not mended, and are back in the dead letters some minutes later.',
  check: ({ scenarios }) =>
    scenarios.flatMap(({ steps }) =>
      steps
        .filter(({ step }) => step.do === 'sqs.redrive')
        .flatMap(moved => {
          const checks = steps.filter(
            placed =>
              placed.step.do === 'sqs.check-drained' &&
              placed.step.with.queue === moved.step.with.into &&
              isBefore(moved, placed),
          );
          const real = moved.modes.filter(mode => mode === 'recover' || mode === 'planned');
          const open = real.filter(mode => !checks.some(check => check.modes.includes(mode)));
          if (open.length === 0) return [];
          return [
            {
              rule: redriveUnchecked.id,
              severity: 'warning' as const,
              path: [...moved.path, 'do'],
              message: `Nothing looks whether the messages are worked off after "${moved.step.id}" (mode ${open.join(', ')})`,
              mend: 'Add an sqs.check-drained of the queue after it, with its dead letters.',
            },
          ];
        }),
    ),
};
