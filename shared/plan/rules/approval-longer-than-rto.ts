import { formatDuration, parseDuration } from '../duration.ts';
import type { LintRule } from '../lint-rule.ts';
import { objectivesOf } from '../objectives.ts';

export const approvalLongerThanRto: LintRule = {
  id: 'approval-longer-than-rto',
  severity: 'error',
  reason: 'An answer that may take as long as the whole recovery makes the objective a matter of luck.',
  check: ({ plan, scenarios }) =>
    scenarios.flatMap(({ id, scenario, steps }) => {
      const { rto } = objectivesOf(plan, id);
      return steps.flatMap(({ step, path, modes }) => {
        // Nobody is without service while a drill, or a move on purpose, waits for its answer.
        if (scenario.modes.includes('recover') && !modes.includes('recover')) return [];
        const { within } = step.with;
        const seconds = typeof within === 'string' ? parseDuration(within) : undefined;
        const waits = step.do === 'people.approval' || step.do === 'people.task';
        if (!waits || seconds === undefined || seconds < rto) return [];
        const what = step.do === 'people.task' ? 'for the task to be done' : 'for an answer';
        return [
          {
            rule: approvalLongerThanRto.id,
            severity: 'error',
            path: [...path, 'with', 'within'],
            message: `The step "${step.id}" may wait ${formatDuration(seconds)} ${what}, and the RTO is ${formatDuration(rto)}`,
            mend:
              step.do === 'people.task'
                ? 'Give a time that leaves enough of the RTO for the recovery itself; what may be done later belongs into "followUps".'
                : 'Give a time that leaves enough of the RTO for the recovery itself.',
          },
        ];
      });
    }),
};
