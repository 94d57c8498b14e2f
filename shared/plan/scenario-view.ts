import type { Action } from '../actions/contract.ts';
import type { Trait } from '../actions/traits.ts';
import type { Mode } from '../runbook/contract.ts';
import type { Plan, Scenario, StepPlan } from './schema.ts';
import type { PropertyKeyPath } from './schema-walk.ts';

/** A step with its place in the order of its scenario. */
export type PlacedStep = {
  step: StepPlan;
  /** What its kind is in a recovery; nothing of a kind that there is not. */
  traits: readonly Trait[];
  /** Where it is in the plan. */
  path: PropertyKeyPath;
  phase: string;
  /** Modes that it runs in: its own, as far as the scenario has them. */
  modes: readonly Mode[];
  /** Counts steps and parallel groups through all phases. */
  item: number;
  /** Branch of a parallel group, and the place in it; 0 outside of groups. */
  branch: number;
  position: number;
};

export type ScenarioView = {
  id: string;
  scenario: Scenario;
  path: PropertyKeyPath;
  steps: readonly PlacedStep[];
  /** The first step of each id. */
  byId: ReadonlyMap<string, PlacedStep>;
};

type Actions = Readonly<Record<string, Action>>;

export function viewScenarios(plan: Plan, actions: Actions): ScenarioView[] {
  return Object.entries(plan.scenarios).map(([id, scenario]) => {
    const path = ['scenarios', id];
    const steps = placeSteps(scenario, path, actions);
    const byId = new Map<string, PlacedStep>();
    for (const placed of steps) if (!byId.has(placed.step.id)) byId.set(placed.step.id, placed);
    return { id, scenario, path, steps, byId };
  });
}

/** Whether a step has certainly come to its end when another one starts. A sibling branch gives no such certainty. */
export function isBefore(earlier: PlacedStep, later: PlacedStep): boolean {
  if (earlier.item !== later.item) return earlier.item < later.item;
  return earlier.branch === later.branch && earlier.position < later.position;
}

function placeSteps(scenario: Scenario, path: PropertyKeyPath, actions: Actions): PlacedStep[] {
  let item = 0;
  return scenario.phases.flatMap((phase, phaseIndex) =>
    phase.steps.flatMap((entry, index) => {
      item += 1;
      const entryPath = [...path, 'phases', phaseIndex, 'steps', index];
      const place = (
        step: StepPlan,
        stepPath: PropertyKeyPath,
        branch: number,
        position: number,
      ): PlacedStep => ({
        step,
        traits: (Object.hasOwn(actions, step.do) && actions[step.do]?.traits) || [],
        path: stepPath,
        phase: phase.id,
        modes: (step.modes ?? scenario.modes).filter(mode => scenario.modes.includes(mode)),
        item,
        branch,
        position,
      });
      if (!('parallel' in entry)) return [place(entry, entryPath, 0, 0)];
      return entry.parallel.flatMap((steps, branch) =>
        steps.map((step, position) =>
          place(step, [...entryPath, 'parallel', branch, position], branch, position),
        ),
      );
    }),
  );
}
