import { commanderAmong } from '../incident/commander.ts';
import type { EntryOf } from '../incident/entries.ts';
import { allOf, type Situation } from './situation.ts';

/** A word of the ledger on a step, and when it was said. */
export type StepEntry = { at: string; entry: EntryOf<'step'> };

/** The newest word on each step of this run, in the order in which they began. */
export function stepsNow(situation: Situation): StepEntry[] {
  const newest = new Map<string, StepEntry>();
  for (const step of allOf(situation, 'step')) newest.set(step.entry.step, step);
  return [...newest.values()];
}

/** Id of the person whom this run has made commander; undefined while it has made nobody. */
export function commanderId(situation: Situation): string | undefined {
  const assigned = stepsNow(situation).filter(
    ({ entry }) => entry.action === 'people.assign' && entry.status === 'done',
  );
  return commanderAmong(assigned.map(({ entry }) => entry.outputs ?? {}));
}

/** All steps of the scenario as the plan has them, those of parallel branches too. */
export function planSteps(situation: Situation) {
  const phases = situation.plan.scenarios[situation.run.scenario]?.phases ?? [];
  return phases.flatMap(phase =>
    phase.steps.flatMap(item => ('parallel' in item ? item.parallel.flat() : [item])),
  );
}

/** A step's title in the plan; its id when the plan does not have it any more. */
export function stepTitle(situation: Situation, id: string): string {
  return planSteps(situation).find(step => step.id === id)?.title ?? id;
}
