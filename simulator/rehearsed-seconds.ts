import type { Rehearsed } from '../shared/plan/rehearsed.ts';
import { rehearsedSchema } from '../shared/plan/rehearsed.ts';
import type { Plan } from '../shared/plan/schema.ts';
import type { StepSeconds } from '../shared/plan/sections/estimates.ts';
import type { Mode } from '../shared/runbook/contract.ts';
import { rehearse } from './rehearse.ts';

/** Each scenario is rehearsed so often, with seeds from 1 on; the middle figure of each step counts. */
const rounds = 5;
/** Modes whose figures are this close to each other share one. */
const closeEnough = 0.1;

/**
 * What each step takes in rehearsals without faults, in each mode that has something to wait for, people and polling
 * included: how long users wait is no matter of who is slow.
 */
export async function measureRehearsals(
  plan: Plan,
  planDirectory: string,
  onScenario: (name: string) => void = () => {},
): Promise<Rehearsed> {
  const scenarios: Rehearsed['scenarios'] = {};
  for (const [scenario, { modes }] of Object.entries(plan.scenarios)) {
    const byStep = new Map<string, Partial<Record<Mode, number>>>();
    for (const mode of modes.filter(each => each !== 'dry-run')) {
      for (const [step, seconds] of await measureMode(plan, planDirectory, scenario, mode)) {
        byStep.set(step, { ...byStep.get(step), [mode]: seconds });
      }
    }
    scenarios[scenario] = Object.fromEntries([...byStep].map(([step, each]) => [step, together(each)]));
    onScenario(scenario);
  }
  const about =
    'Seconds that steps took in rehearsals, for the estimates in messages. Written by `lifeboat estimates`.';
  return rehearsedSchema.parse({ about, scenarios });
}

async function measureMode(plan: Plan, planDirectory: string, scenario: string, mode: Mode) {
  const all = new Map<string, number[]>();
  for (let seed = 1; seed <= rounds; seed++) {
    const result = await rehearse({ plan, planDirectory, scenario, mode, seed, faults: [], parameters: {} });
    if (!result.ok) throw new Error(result.problems.join(' '));
    for (const { id, startedAt, endedAt } of result.report.steps) {
      if (!startedAt || !endedAt) continue;
      const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
      all.set(id, [...(all.get(id) ?? []), seconds]);
    }
  }
  return [...all].map(([step, seconds]) => [step, Math.ceil(middle(seconds))] as const);
}

function middle(seconds: number[]): number {
  return seconds.toSorted((a, b) => a - b)[seconds.length >> 1] ?? 0;
}

function together(byMode: Partial<Record<Mode, number>>): StepSeconds {
  const all = Object.values(byMode);
  const most = Math.max(...all);
  return most - Math.min(...all) <= Math.max(1, most * closeEnough) ? most : byMode;
}
