import { formatDuration } from '../duration.ts';
import type { Problem } from '../finding.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import { objectivesOf } from '../objectives.ts';
import type { ScenarioView } from '../scenario-view.ts';
import { recoverySeconds } from './recovery-seconds.ts';

export const phasesExceedRto: LintRule = {
  id: 'phases-exceed-rto',
  severity: 'error',
  reason: 'Phases that need or allow more time than the RTO can not meet it, however well the run goes.',
  check: context =>
    context.scenarios.flatMap(view => [...windows(context, view), ...criticalPath(context, view)]),
};

/** The window of each phase ends after the one before and not after the RTO. */
function windows({ plan }: CheckContext, { id, scenario, path }: ScenarioView): Problem[] {
  const { rto } = objectivesOf(plan, id);
  let latest = 0;
  return scenario.phases.flatMap((phase, index) => {
    if (phase.within === undefined) return [];
    const place = [...path, 'phases', index, 'within'];
    const problem = (message: string, mend: string): Problem => ({
      rule: phasesExceedRto.id,
      severity: 'error',
      path: place,
      message: `The phase "${phase.id}" ends within ${formatDuration(phase.within ?? 0)}, ${message}`,
      mend,
    });
    const earlier = latest;
    if (phase.within <= rto) latest = Math.max(latest, phase.within);
    if (phase.within > rto) return [problem(`and the RTO is ${formatDuration(rto)}`, 'Shorten it.')];
    if (phase.within < earlier) {
      return [
        problem('before the phase in front of it', 'Count from the start of the outage, not of the phase.'),
      ];
    }
    return [];
  });
}

/** Typical times of the steps, approvals at their longest, parallel branches at the longest of them. */
function criticalPath(context: CheckContext, view: ScenarioView): Problem[] {
  const { id, scenario, path } = view;
  const { rto } = objectivesOf(context.plan, id);
  const needed = recoverySeconds(context, view);
  if (needed <= rto) return [];
  return [
    {
      rule: phasesExceedRto.id,
      severity: 'error',
      path: [...path, scenario.rto === undefined ? 'phases' : 'rto'],
      at: 'key',
      message: `The steps of "${id}" take about ${formatDuration(needed)} one after the other, and the RTO is ${formatDuration(rto)}`,
      mend: 'Do in parallel what needs not wait, shorten approvals, or correct the RTO.',
    },
  ];
}
