import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PhaseItem, Plan, StepPlan } from '../../shared/plan/schema.ts';
import { longestTimeoutSeconds } from '../../shared/plan/schema.ts';
import type { Definition } from '../../state-machines/asl.ts';
import {
  eventBudget,
  eventBudgets,
  historyLimit,
  mostEvents,
  mostStepEvents,
} from '../../state-machines/event-budget.ts';
import { loadFixedMachines } from '../../state-machines/fixed-machines.ts';
import { liquidAbt, planWith, step } from './support.ts';

const { plan, actions } = await liquidAbt();
const fixed = loadFixedMachines();

describe('the event budget', () => {
  it('is a fifth of what Step Functions allows', () => {
    expect(eventBudget).toBe(5000);
    expect(historyLimit).toBe(25_000);
  });

  it('holds for every machine of LIQUID ABT', () => {
    const budgets = eventBudgets(plan, actions);
    expect(budgets).toHaveLength(Object.keys(plan.scenarios).length + 6);
    for (const { machine, events } of budgets) expect(events, machine).toBeLessThan(limitOf(machine));
  });

  it.each(Object.values(actions).map(action => [action.kind, action] as const))(
    'holds for a step of the kind %s with the longest time-out that a plan may give',
    (_, action) => {
      expect(mostStepEvents(fixed.step, action.typical, longestTimeoutSeconds)).toBeLessThan(eventBudget);
    },
  );

  it('holds for plans of 20 scenarios of 40 steps', () => {
    fc.assert(
      fc.property(fc.array(scenarioItems(), { minLength: 20, maxLength: 20 }), scenarios => {
        const budgets = eventBudgets(planOf(scenarios), actions);
        expect(budgets).toHaveLength(26);
        for (const { machine, events } of budgets) expect(events, machine).toBeLessThan(limitOf(machine));
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });
});

/** A restore is looked for much longer than anybody waits in a recovery; half of the limit is room enough. */
const limitOf = (machine: string) => (machine.endsWith('-lifeboat-verify') ? historyLimit / 2 : eventBudget);

describe('mostEvents', () => {
  const ends = { Ended: { Type: 'Succeed', Comment: 'The end' } } as const;
  const machine = (States: Definition['States'], StartAt: string): Definition => ({
    Comment: 'A test',
    TimeoutSeconds: 60,
    StartAt,
    States,
  });
  const task = (Resource: string, MaxAttempts: number): Definition['States'] => ({
    Work: {
      Type: 'Task',
      Comment: 'Works',
      Resource,
      Parameters: {},
      TimeoutSeconds: 1,
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts }],
      Catch: [],
      Next: 'Ended',
    },
    ...ends,
  });

  it('counts the beginning and end of the execution, and of each state', () => {
    expect(mostEvents(machine(ends, 'Ended'))).toBe(2 + 2);
  });

  it('counts every attempt of a task, and that a nested execution was submitted', () => {
    expect(mostEvents(machine(task('arn:aws:states:::lambda:invoke', 2), 'Work'))).toBe(2 + (2 + 3 * 3) + 2);
    expect(mostEvents(machine(task('arn:aws:states:::states:startExecution.sync', 2), 'Work'))).toBe(
      2 + (2 + 3 * 4) + 2,
    );
  });

  it('counts a state in a loop as often as it is said to be visited', () => {
    const loop = machine(
      {
        Wait: { Type: 'Wait', Comment: 'Waits', Seconds: 1, Next: 'Again?' },
        'Again?': {
          Type: 'Choice',
          Comment: 'Chooses',
          Choices: [{ Variable: '$.a', IsNull: true, Next: 'Wait' }],
          Default: 'Ended',
        },
        ...ends,
      },
      'Wait',
    );
    expect(mostEvents(loop, { Wait: 10, 'Again?': 10 })).toBe(2 + 20 + 20 + 2);
  });

  it('refuses a loop that nothing bounds', () => {
    expect(() => mostEvents({ ...fixed.step, StartAt: 'Prepare' })).toThrow(/is in a loop/);
  });
});

function planOf(scenarios: PhaseItem[][]): Plan {
  const [first = []] = scenarios;
  const base = planWith(plan, first, ['recover', 'drill']);
  const scenario = base.scenarios.test;
  if (!scenario) throw new Error('The test plan has no scenario');
  return {
    ...base,
    scenarios: Object.fromEntries(
      scenarios.map((steps, index) => [
        `scenario-${index}`,
        { ...scenario, phases: [{ id: 'all', title: 'All', stage: 'execute', steps }] },
      ]),
    ),
  };
}

/** Forty steps of any kinds, cut into single steps and parallel groups. */
function scenarioItems(): fc.Arbitrary<PhaseItem[]> {
  const kinds = Object.values(actions).filter(action => Object.keys(action.components).length === 0);
  const any = fc.record({
    do: fc.constantFrom(...kinds.map(action => action.kind)),
    timeout: fc.integer({ min: 1, max: longestTimeoutSeconds }),
    onFailure: fc.constantFrom('stop', 'continue', 'undo', 'ask'),
    apart: fc.boolean(),
  });
  return fc.array(any, { minLength: 40, maxLength: 40 }).map(drafts => {
    const items: PhaseItem[] = [];
    let branches: StepPlan[][] = [];
    drafts.forEach(({ apart, ...draft }, index) => {
      const made = step(`step-${index}`, { ...draft, with: {} });
      if (apart) items.push(made);
      else branches.push([made]);
      if (branches.length === 3) {
        items.push({ parallel: branches });
        branches = [];
      }
    });
    return [...items, ...branches.flat()];
  });
}
