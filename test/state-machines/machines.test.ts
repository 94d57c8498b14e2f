import aslValidator from 'asl-validator';
import { describe, expect, it } from 'vitest';
import * as errors from '../../shared/errors.ts';
import { allStates, type Branch, type Definition, openArns, successors } from '../../state-machines/asl.ts';
import { liquidAbt, machinesOf, tasksOf, withArns } from './support.ts';

const { plan, actions } = await liquidAbt();
const machines = machinesOf(plan, actions);
const cases = machines.map(machine => [machine.name, machine.definition] as const);

/** Names that AWS itself gives to errors of tasks, and that Lifeboat matches. */
const awsErrors = [
  'States.ALL',
  'States.Timeout',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'Sandbox.Timedout',
  'StepFunctions.AWSStepFunctionsException',
  'StepFunctions.SdkClientException',
];
const ownErrors = Object.values(errors)
  .map(error => error.name)
  .filter(name => name !== 'LifeboatError');
const resources = [
  'arn:aws:states:::lambda:invoke',
  'arn:aws:states:::lambda:invoke.waitForTaskToken',
  'arn:aws:states:::states:startExecution',
  'arn:aws:states:::states:startExecution.sync',
];

it('covers every scenario of the plan and the fixed machines', () => {
  expect(machines.map(machine => machine.kind)).toEqual([
    ...Object.keys(plan.scenarios).map(() => 'runbook'),
    'step',
    'ask',
    'teardown',
    'communicate',
    'verify',
    'verify-fleet',
  ]);
});

describe.each(cases)('%s', (machine, definition) => {
  it('is valid for asl-validator, paths and ARNs included', () => {
    const { isValid, errorsText } = aslValidator(withArns(definition), { checkPaths: true, checkArn: true });
    expect(errorsText('\n')).toBe('');
    expect(isValid).toBe(true);
  });

  it('has no ARN left open once they are filled in', () => {
    expect(openArns(definition).length).toBeGreaterThan(0);
    expect(openArns(withArns(definition))).toEqual([]);
  });

  it('has a Comment of a whole thought on every state, and on itself', () => {
    expect(definition.Comment.length).toBeGreaterThan(10);
    for (const [name, state] of allStates(definition)) {
      expect(state.Comment, name).toMatch(/^\S.{14,}/);
    }
  });

  it('gives every task a time-out, Retry and Catch of everything', () => {
    for (const [name, task] of tasksOf(definition)) {
      expect(task.TimeoutSeconds ?? task.TimeoutSecondsPath, name).toBeDefined();
      expect(task.Retry.length, name).toBeGreaterThan(0);
      expect(task.Catch.at(-1)?.ErrorEquals, name).toEqual(['States.ALL']);
    }
  });

  it('retries a bounded number of times, with growing pauses and without jitter', () => {
    for (const [name, task] of tasksOf(definition)) {
      for (const retrier of task.Retry) {
        expect(Object.keys(retrier).sort(), name).toEqual([
          'BackoffRate',
          'ErrorEquals',
          'IntervalSeconds',
          'MaxAttempts',
        ]);
        expect(retrier.MaxAttempts, name).toBeLessThanOrEqual(4);
        expect(retrier.BackoffRate, name).toBeGreaterThan(1);
      }
    }
  });

  it('matches only errors that exist in shared/errors.ts or are AWS names', () => {
    const matched = tasksOf(definition).flatMap(([, task]) =>
      [...task.Retry, ...task.Catch].flatMap(matcher => matcher.ErrorEquals),
    );
    for (const name of matched) expect([...ownErrors, ...awsErrors]).toContain(name);
  });

  it('retries no error of ours that is not retryable', () => {
    const retryable = Object.values(errors).flatMap(kind => {
      if (kind.name === 'LifeboatError') return [];
      const made = Reflect.construct(kind, ['', { nextStep: '', reasons: [] }]) as errors.LifeboatError;
      return made.retryable ? [made.name] : [];
    });
    const retried = tasksOf(definition).flatMap(([, task]) =>
      task.Retry.flatMap(retrier => retrier.ErrorEquals),
    );
    for (const name of retried.filter(name => ownErrors.includes(name))) expect(retryable).toContain(name);
  });

  it('fails with errors that exist in shared/errors.ts', () => {
    for (const [name, state] of allStates(definition)) {
      if (state.Type === 'Fail') expect(ownErrors, name).toContain(state.Error);
    }
  });

  it('stays in the subset that other engines agree on', () => {
    const text = JSON.stringify(definition);
    for (const word of ['JSONata', 'QueryLanguage', '"Assign"', '.sync:2', 'Heartbeat', 'IsPresent']) {
      expect(text).not.toContain(word);
    }
    // Only where many restores are proven, whose histories would not fit into one.
    const maps = allStates(definition).filter(([, state]) => state.Type === 'Map');
    expect(maps.length).toBe(machine.endsWith('-verify-fleet') ? 1 : 0);
    for (const [name, task] of tasksOf(definition)) expect(resources, name).toContain(task.Resource);
  });

  it('waits for nothing longer than 24 days, the limit of 32-bit timers', () => {
    const longest = 24 * 86_400;
    expect(definition.TimeoutSeconds).toBeLessThanOrEqual(longest);
    for (const [name, state] of allStates(definition)) {
      if (state.Type === 'Task') expect(state.TimeoutSeconds ?? 1, name).toBeLessThanOrEqual(longest);
      if (state.Type === 'Wait') expect(state.Seconds ?? 1, name).toBeLessThanOrEqual(longest);
    }
  });

  it('has state names of at most 80 characters, each once', () => {
    const names = allStates(definition).map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(80);
  });

  it('reaches every state and leads only to states that exist', () => {
    for (const branch of branchesOf(definition)) {
      const seen = reachableFrom(branch, branch.StartAt);
      expect([...seen].sort()).toEqual(Object.keys(branch.States).sort());
    }
  });
});

describe.each(
  machines
    .filter(machine => machine.kind === 'runbook')
    .map(machine => [machine.name, machine.definition] as const),
)('%s', (_, definition) => {
  it('closes the run on every path that opened it', () => {
    const around = reachableFrom(definition, 'Tell everybody', 'Close the run');
    const ends = [...around].filter(name =>
      ['Succeed', 'Fail'].includes(definition.States[name]?.Type ?? ''),
    );
    expect(ends).toEqual([]);
    expect(reachableFrom(definition, 'Tell everybody')).toContain('Recovered');
  });

  it('takes a drill back before it closes the run, whatever failed', () => {
    if (!('Was it a drill?' in definition.States)) return;
    const around = reachableFrom(definition, 'Tell everybody', 'Was it a drill?');
    expect(around).not.toContain('Close the run');
  });
});

function branchesOf(branch: Branch): Branch[] {
  return [
    branch,
    ...Object.values(branch.States).flatMap(state =>
      state.Type === 'Parallel'
        ? state.Branches.flatMap(branchesOf)
        : state.Type === 'Map'
          ? branchesOf(state.ItemProcessor)
          : [],
    ),
  ];
}

/** States on paths from one state, without going through another. */
function reachableFrom(branch: Branch | Definition, start: string, without?: string): Set<string> {
  const found = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name) || name === without) continue;
    const state = branch.States[name];
    if (!state) throw new Error(`There is no state "${name}"`);
    found.add(name);
    open.push(...successors(state));
  }
  return found;
}
