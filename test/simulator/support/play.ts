import type { Action } from '../../../shared/actions/contract.ts';
import { loadActions } from '../../../shared/actions/load-actions.ts';
import type { PhaseItem, Plan, StepPlan } from '../../../shared/plan/schema.ts';
import type { Mode } from '../../../shared/runbook/contract.ts';
import { stepsOf } from '../../../shared/runbook/phases.ts';
import { deploy, type SimulatedDeployment } from '../../../simulator/deployment.ts';
import { createFaults } from '../../../simulator/faults/faults.ts';
import { playScenario } from '../../../simulator/play.ts';
import { loadServices } from '../../../simulator/services.ts';
import { startVirtualTime } from '../../../simulator/world/clock.ts';
import { startDatabases } from '../../../simulator/world/databases.ts';
import type { SimulatedService } from '../../../simulator/world/world.ts';
import { plan as liquidAbt } from './liquid-abt.ts';

export type Scene = {
  plan?: Plan;
  scenario: string;
  mode?: Mode;
  faults?: readonly string[];
  /** Actions that take the place of the project's own. */
  actions?: (actions: Readonly<Record<string, Action>>) => Record<string, Action>;
  services?: (services: readonly SimulatedService[]) => SimulatedService[];
  deployment?: (deployment: SimulatedDeployment) => SimulatedDeployment;
};

/** Plays a scenario with something in it that is wrong on purpose, and returns what broke which rule. */
export async function playWrongly(scene: Scene): Promise<Record<string, string[]>> {
  const plan = scene.plan ?? liquidAbt;
  const kinds = Object.values(plan.scenarios).flatMap(({ phases }) =>
    phases.flatMap(({ steps }) => stepsOf(steps)),
  );
  const own = await loadActions(kinds.map(step => step.do));
  const actions = { ...own, ...scene.actions?.(own) };
  const services = await loadServices();
  const deployed = deploy(plan, actions);
  const faults = createFaults(scene.faults ?? []);
  if (!faults.ok) throw new Error(faults.problems.join('\n'));
  const outageStartedAt = plan.rehearsal.outageStart;
  const databases = startDatabases(plan, 'plans/liquid-abt');
  const time = startVirtualTime(Date.parse(outageStartedAt) - 120_000);
  try {
    const { invariants } = await playScenario({
      plan,
      scenario: scene.scenario,
      mode: scene.mode ?? 'recover',
      seed: 1,
      faults: faults.faults,
      deployment: scene.deployment?.(deployed) ?? deployed,
      services: scene.services?.(services) ?? services,
      actions,
      databases,
      planDirectory: 'plans/liquid-abt',
      outageStartedAt,
      time,
    });
    const broken = invariants.filter(({ held }) => !held);
    return Object.fromEntries(broken.map(({ name, violations }) => [name, [...(violations ?? [])]]));
  } finally {
    time.stop();
  }
}

/** The plan with the phases of a scenario changed. */
export function withPhases(
  scenario: string,
  change: (phases: Plan['scenarios'][string]['phases']) => Plan['scenarios'][string]['phases'],
  plan: Plan = liquidAbt,
): Plan {
  const before = plan.scenarios[scenario];
  if (!before) throw new Error(`no scenario ${scenario}`);
  const after = { ...before, phases: change(structuredClone(before.phases)) };
  return { ...plan, scenarios: { ...plan.scenarios, [scenario]: after } };
}

/** The plan with each step of a scenario changed, or left out where the change answers undefined. */
export function withSteps(scenario: string, change: (step: StepPlan) => StepPlan | undefined): Plan {
  const some = (steps: readonly StepPlan[]) =>
    steps.flatMap(step => {
      const changed = change(step);
      return changed ? [changed] : [];
    });
  return withPhases(scenario, phases =>
    phases.map(phase => ({
      ...phase,
      steps: phase.steps.flatMap((item): PhaseItem[] => {
        if (!('parallel' in item)) return some([item]);
        const branches = item.parallel.map(some).filter(branch => branch.length > 0);
        return branches.length > 0 ? [{ ...item, parallel: branches }] : [];
      }),
    })),
  );
}
