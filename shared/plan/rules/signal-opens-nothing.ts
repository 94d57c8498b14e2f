import type { LintRule } from '../lint-rule.ts';
import { textsIn } from './texts.ts';

export const signalOpensNothing: LintRule = {
  id: 'signal-opens-nothing',
  severity: 'warning',
  reason: 'What is watched and has no procedure is noticed, and nobody knows what to do.',
  check: ({ plan, scenarios, partial }) => {
    if (partial) return [];
    const used = new Set(scenarios.flatMap(({ scenario }) => scenario.trigger?.signals ?? []));
    // Its alarm may be looked at by a step: lifeboat-<system>-<signal>.
    const watched = scenarios.flatMap(({ steps }) => textsIn(steps.map(({ step }) => step.with)));
    return Object.keys(plan.signals).flatMap(id => {
      if (used.has(id) || watched.some(({ text }) => text.endsWith(`-${id}`))) return [];
      return [
        {
          rule: signalOpensNothing.id,
          severity: 'warning' as const,
          path: ['signals', id],
          at: 'key' as const,
          message: `No scenario is opened by the signal "${id}"`,
          mend: 'Name it in the trigger of a scenario, write the scenario that is missing, or take it out.',
        },
      ];
    });
  },
};
