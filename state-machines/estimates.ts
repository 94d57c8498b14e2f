import type { Rehearsed } from '../shared/plan/rehearsed.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { stepsOf } from '../shared/runbook/phases.ts';
import type { Actions } from './bake-step.ts';

const known = new WeakMap<Plan, Plan>();

/**
 * The plan with the seconds that each step is expected to take, so that a message can say when users may be served
 * again and nothing has to be looked up for it. What the plan says itself (measured in drills) stands before what
 * rehearsals of it have measured, and that before the likely duration of the step's kind.
 */
export function withEstimates(plan: Plan, actions: Actions, rehearsed?: Rehearsed): Plan {
  const found = known.get(plan) ?? { ...plan, estimates: estimatesOf(plan, actions, rehearsed) };
  known.set(plan, found);
  return found;
}

function estimatesOf(plan: Plan, actions: Actions, rehearsed: Rehearsed | undefined): Plan['estimates'] {
  return Object.fromEntries(
    Object.entries(plan.scenarios).map(([id, scenario]) => {
      const likely = scenario.phases
        .flatMap(phase => stepsOf(phase.steps))
        .map(step => {
          const seconds = Math.ceil(actions[step.do]?.typical.likelySeconds ?? 0);
          return [step.id, rehearsed?.scenarios[id]?.[step.id] ?? seconds] as const;
        });
      return [id, { ...Object.fromEntries(likely), ...plan.estimates?.[id] }];
    }),
  );
}
