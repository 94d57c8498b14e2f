import { formatDuration, parseDuration } from '../duration.ts';
import type { LintRule } from '../lint-rule.ts';

export const approvalTooShort: LintRule = {
  id: 'approval-too-short',
  severity: 'warning',
  reason:
    'Somebody who was just woken needs some minutes to read and to decide; without an answer the run ends, and nothing has been done.',
  check: ({ scenarios, actions }) =>
    scenarios.flatMap(({ steps }) =>
      steps.flatMap(({ step, path }) => {
        const { within } = step.with;
        const seconds =
          step.do === 'people.approval' && typeof within === 'string' ? parseDuration(within) : undefined;
        const likely = actions[step.do]?.typical.likelySeconds ?? 0;
        if (seconds === undefined || seconds >= likely) return [];
        return [
          {
            rule: approvalTooShort.id,
            severity: 'warning' as const,
            path: [...path, 'with', 'within'],
            message: `The step "${step.id}" waits ${formatDuration(seconds)} for an answer, and people usually give one after ${formatDuration(likely)}`,
            mend: 'Allow 10m or more. Where the objective leaves no time for that, let the run start by itself without the question.',
          },
        ];
      }),
    ),
};
