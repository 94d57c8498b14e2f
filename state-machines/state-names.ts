import type { Phase, PhaseItem, Scenario } from '../shared/plan/schema.ts';
import { titleOf } from './bake-step.ts';

/** Step Functions allows 80 characters in a state's name. */
const longest = 80;

/** Gives out state names: what is asked for, or the same with a number when it is taken. */
export type StateNames = { take(wanted: string): string };

/** Names are unique in a whole definition, parallel branches included; the console and the simulator rely on it. */
export function createStateNames(): StateNames {
  const taken = new Set<string>();
  return {
    take(wanted) {
      let name = cut(wanted, longest);
      for (let number = 2; taken.has(name); number++) {
        const suffix = ` (${number})`;
        name = `${cut(wanted, longest - suffix.length)}${suffix}`;
      }
      taken.add(name);
      return name;
    },
  };
}

function cut(text: string, length: number): string {
  const characters = [...text.replaceAll(/\s+/g, ' ').trim()];
  if (characters.length <= length) return characters.join('');
  return `${characters
    .slice(0, length - 1)
    .join('')
    .trimEnd()}…`;
}

export type GroupNames = {
  group: string;
  check: string;
  stopped: string;
  branches: { done: string; stopped: string }[];
};

/** Names of everything in a scenario, given out in the order of the plan: the first of two equal ones keeps its own. */
export type NamedScenario = {
  /** The state that ends a phase is the one that begins the next. */
  phases: ReadonlyMap<Phase, { begin: string; end: string }>;
  groups: ReadonlyMap<PhaseItem, GroupNames>;
  /** By step id. */
  steps: ReadonlyMap<string, string>;
};

export function nameScenario(scenario: Scenario, names: StateNames): NamedScenario {
  const phases = new Map<Phase, { begin: string; end: string }>();
  const groups = new Map<PhaseItem, GroupNames>();
  const steps = new Map<string, string>();
  const begins = scenario.phases.map(({ title }) => names.take(`Begin: ${title}`));
  for (const [index, phase] of scenario.phases.entries()) {
    const { title } = phase;
    // One phase ends where the next one begins; the last one ends by itself.
    const end = begins[index + 1] ?? names.take(`End: ${title}`);
    phases.set(phase, { begin: begins[index] ?? '', end });
    for (const item of phase.steps) {
      if (!('parallel' in item)) {
        steps.set(item.id, names.take(titleOf(item)));
        continue;
      }
      const { length } = item.parallel;
      groups.set(item, {
        group: names.take(`${title}: ${length} branches`),
        check: names.take(`${title}: all branches done?`),
        stopped: names.take(`${title}: a branch stopped`),
        branches: item.parallel.map((_, index) => ({
          done: names.take(`${title}: branch ${index + 1} done`),
          stopped: names.take(`${title}: branch ${index + 1} stopped`),
        })),
      });
      for (const step of item.parallel.flat()) steps.set(step.id, names.take(titleOf(step)));
    }
  }
  return { phases, groups, steps };
}
