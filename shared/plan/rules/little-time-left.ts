import { formatDuration } from '../duration.ts';
import type { LintRule } from '../lint-rule.ts';
import { objectivesOf, tierObjectivesOf, tiersOf } from '../objectives.ts';
import { recoverySeconds } from './recovery-seconds.ts';

/** From here on a single retry, or one slow answer, misses the objective. */
const warnFrom = 0.9;

export const littleTimeLeft: LintRule = {
  id: 'little-time-left',
  severity: 'warning',
  reason:
    'Typical times are met half of the time: a plan that needs nearly all of its RTO misses it in the other half.',
  check: context =>
    context.scenarios.flatMap(view => {
      const { id, scenario, path } = view;
      const { rto } = objectivesOf(context.plan, id);
      const whole = recoverySeconds(context, view);
      const tight = whole < rto && whole > rto * warnFrom;
      const mend = 'Do in parallel what needs not wait, prepare before the approval, or shorten approvals.';
      const tiers = tiersOf(context.plan, id).flatMap(tier => {
        const objective = tierObjectivesOf(context.plan, id, tier).rto;
        const needed = recoverySeconds(context, view, tier);
        if (objective === undefined || needed <= objective || !scenario.modes.includes('recover')) return [];
        return [
          `"${id}" needs about ${formatDuration(needed)} until the tier "${tier}" is back, and its RTO is ${formatDuration(objective)}`,
        ];
      });
      const own = tight
        ? [`"${id}" needs about ${formatDuration(whole)} of its RTO of ${formatDuration(rto)}`]
        : [];
      return [...own, ...tiers].map(message => ({
        rule: littleTimeLeft.id,
        severity: 'warning' as const,
        path: [...path, 'phases'],
        at: 'key' as const,
        message,
        mend,
      }));
    }),
};
