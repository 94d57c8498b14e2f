import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import { type Definition, fillArns } from '../../state-machines/asl.ts';
import { compileRunbook } from '../../state-machines/compile-runbook.ts';
import { compileSystem } from '../../state-machines/compile-system.ts';
import { liquidAbt, planWith, step, tasksOf } from './support.ts';

const { plan, actions } = await liquidAbt();

function inputOf(
  definition: Definition,
  state: string,
): { step: { with: Record<string, Json> } & Record<string, Json> } {
  const task = tasksOf(definition).find(([name]) => name === state)?.[1];
  if (!task) throw new Error(`There is no task "${state}"`);
  return (task.Parameters as { Input: ReturnType<typeof inputOf> }).Input;
}

const compileItems = (...items: Parameters<typeof planWith>[1]) =>
  compileRunbook(planWith(plan, items), 'test', actions);

describe('compileRunbook', () => {
  // Two of them are recorded; that all of them compile shows in their rehearsals.
  it.each(['database-failure', 'region-failure'])('compiles %s of LIQUID ABT as it is recorded', scenario => {
    expect(compileRunbook(plan, scenario, actions)).toMatchSnapshot();
  });

  it('gives the same definition for the same plan, byte for byte', () => {
    const again = structuredClone(plan);
    for (const scenario of Object.keys(plan.scenarios)) {
      expect(JSON.stringify(compileRunbook(again, scenario, actions))).toBe(
        JSON.stringify(compileRunbook(plan, scenario, actions)),
      );
    }
  });

  it('opens the run with whatever the execution was started with', () => {
    const open = tasksOf(compileItems(step('a'))).find(([name]) => name === 'Open the run')?.[1];
    expect(open?.Parameters).toMatchObject({
      Payload: { operation: 'open', system: 'liquid-abt', scenario: 'test', 'input.$': '$' },
    });
  });

  it('puts a whole component where a step names one', () => {
    const compiled = compileItems(
      step('fail-over', { do: 'rds.failover', title: 'Fail over', with: { database: 'database' } }),
    );
    expect(inputOf(compiled, 'Fail over').step.with.database).toMatchObject({
      id: 'database',
      type: 'rds-instance',
      identifier:
        plan.components.database &&
        'identifier' in plan.components.database &&
        plan.components.database.identifier,
    });
  });

  it('fills in regions and components and leaves what only a run knows', () => {
    const compiled = compileItems(
      step('look', {
        with: { url: 'https://${regions.recovery}/${run.id}', expectBody: '${steps.look.status}' },
      }),
    );
    expect(inputOf(compiled, 'Look').step.with).toEqual({
      url: 'https://ap-southeast-4/${run.id}',
      expectBody: '${steps.look.status}',
    });
  });

  it('keeps expressions of the run when ARNs are filled in', () => {
    const compiled = compileItems(step('look', { with: { url: '${run.id} $${StepMachineArn}' } }));
    const filled = fillArns(compiled, { StepMachineArn: 'arn:step', HttpFunctionArn: 'arn:http' });
    expect(inputOf(filled, 'Look').step.with.url).toBe('${run.id} $${StepMachineArn}');
    expect(inputOf(filled, 'Look').step.function).toBe('arn:http');
  });

  it('names states by title, or by id as words, and numbers the second of a kind', () => {
    const names = Object.keys(
      compileItems(step('one', { title: 'Check' }), step('two', { title: 'Check' }), step('look-again'))
        .States,
    );
    expect(names).toEqual(expect.arrayContaining(['Check', 'Check (2)', 'Look again']));
  });

  it('does not let a step take the name of a state of the frame', () => {
    const { States } = compileItems(step('close', { title: 'Close the run' }));
    expect(States['Close the run']).toMatchObject({ Resource: 'arn:aws:states:::lambda:invoke' });
    expect(States['Close the run (2)']).toMatchObject({
      Resource: 'arn:aws:states:::states:startExecution.sync',
    });
  });

  it('gives a step the plan’s time-out, or twice the longest typical duration, or the time to answer', () => {
    const compiled = compileItems(
      step('given', { timeout: 90 }),
      step('typical', { do: 'rds.restore', with: {} }),
      step('asked', { do: 'people.approval', with: { within: '45m' } }),
    );
    expect(inputOf(compiled, 'Given').step.timeoutSeconds).toBe(90);
    expect(inputOf(compiled, 'Typical').step.timeoutSeconds).toBe(
      (actions['rds.restore']?.typical.maxSeconds ?? 0) * 2,
    );
    expect(inputOf(compiled, 'Asked').step.timeoutSeconds).toBe(45 * 60 + 300);
  });

  it('lets the runbook wait for a step longer than the step itself, its questions and its undoing take', () => {
    const bounds = (onFailure: 'stop' | 'ask' | 'undo') =>
      tasksOf(compileItems(step('a', { timeout: 600, onFailure }))).find(([name]) => name === 'A')?.[1]
        .TimeoutSeconds ?? 0;
    expect(bounds('stop')).toBeGreaterThanOrEqual(600 + 600);
    expect(bounds('undo')).toBeGreaterThanOrEqual(bounds('stop') + 3600);
    expect(bounds('ask')).toBeGreaterThanOrEqual(2 * (600 + 1800));
  });

  it('ends a branch whose step fails, and what follows the group is not begun', () => {
    const { States } = compileItems({ parallel: [[step('a'), step('b')], [step('c')]] }, step('after'));
    const group = States['Phase: 2 branches'];
    if (group?.Type !== 'Parallel') throw new Error('The group is not parallel');
    expect(group.Branches[0]?.States.A).toMatchObject({
      Catch: [{ Next: 'Phase: branch 1 stopped' }],
      Next: 'B',
    });
    expect(States['Phase: all branches done?']).toMatchObject({
      Choices: [{ Variable: '$.group.stopped', BooleanEquals: true, Next: 'Phase: a branch stopped' }],
      Default: 'After',
    });
    expect(States['Phase: a branch stopped']).toMatchObject({ Next: 'Close the run' });
  });

  it('tears down only in scenarios that can be drilled', () => {
    const drilled = compileRunbook(planWith(plan, [step('a')], ['recover', 'drill']), 'test', actions);
    expect(drilled.States).toHaveProperty('Tear down the drill');
    expect(compileItems(step('a')).States).not.toHaveProperty('Tear down the drill');
  });

  it.each([
    ['a kind that does not exist', step('a', { do: 'rds.explode' }), /rds\.explode/],
    [
      'a component that does not exist',
      step('a', { do: 'rds.failover', with: { database: 'nope' } }),
      /"nope"/,
    ],
    [
      'an expression that the plan can’t answer',
      step('a', { with: { url: '${components.nope.url}' } }),
      /nope/,
    ],
    [
      'a key that Step Functions would take for a path',
      step('a', { with: { url: 'x', fields: { 'x.$': 'y' } } }),
      /x\.\$/,
    ],
    ['a time-out beyond what a history can hold', step('a', { timeout: 9 * 3600 }), /9 h/],
    [
      'a time to answer beyond what engines wait',
      step('a', { do: 'people.task', with: { within: '30d' } }),
      /720 h/,
    ],
  ])('refuses %s and says how to mend it', (_, bad, message) => {
    const compile = () => compileItems(bad);
    expect(compile).toThrow(InvalidInputError);
    expect(compile).toThrow(message);
  });

  it('refuses a scenario that does not exist, and a step id that is used twice', () => {
    expect(() => compileRunbook(plan, 'flood', actions)).toThrow(/no scenario "flood"/);
    expect(() => compileRunbook(plan, 'constructor', actions)).toThrow(/no scenario "constructor"/);
    expect(() => compileItems(step('a'), { parallel: [[step('a')], [step('b')]] })).toThrow(
      /two steps with the id "a"/,
    );
  });
});

describe('compileSystem', () => {
  it('names machines by system and scenario, and lists the families that need a function', () => {
    const { machines, functions } = compileSystem(
      planWith(plan, [step('a'), step('b', { do: 'rds.failover', with: {} })]),
      actions,
    );
    expect(machines.map(machine => machine.name)).toEqual([
      'liquid-abt-test',
      'liquid-abt-lifeboat-step',
      'liquid-abt-lifeboat-ask',
      'liquid-abt-lifeboat-teardown',
      'liquid-abt-lifeboat-communicate',
      'liquid-abt-lifeboat-verify',
      'liquid-abt-lifeboat-verify-fleet',
    ]);
    expect(functions).toEqual(['http', 'rds']);
  });

  it('refuses names that Step Functions would not take', () => {
    const long = planWith(plan, [step('a')]);
    long.system = { ...long.system, id: 'a'.repeat(80) };
    expect(() => compileSystem(long, actions)).toThrow(/85 characters/);
  });
});
