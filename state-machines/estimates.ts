import type { Plan } from '../shared/plan/schema.ts';
import { stepsOf } from '../shared/runbook/phases.ts';
import type { Actions } from './bake-step.ts';

const known = new WeakMap<Plan, Plan>();

/**
 * The plan with the seconds that each step is expected to take, so that a message can say when users may be served
 * again and nothing has to be looked up for it. What the plan says itself (measured in drills) stands; all other steps
 * get the likely duration of their kind, which is also what rehearsals draw from.
 */
export function withEstimates(plan: Plan, actions: Actions): Plan {
  const found = known.get(plan) ?? { ...plan, estimates: estimatesOf(plan, actions) };
  known.set(plan, found);
  return found;
}

function estimatesOf(plan: Plan, actions: Actions): Plan['estimates'] {
  return Object.fromEntries(
    Object.entries(plan.scenarios).map(([id, scenario]) => {
      const likely = scenario.phases
        .flatMap(phase => stepsOf(phase.steps))
        .map(step => [step.id, Math.ceil(actions[step.do]?.typical.likelySeconds ?? 0)] as const);
      return [id, { ...Object.fromEntries(likely), ...plan.estimates?.[id] }];
    }),
  );
}
