import { describe, expect, it } from 'vitest';
import { functionArn, machineArn } from '../../state-machines/support.ts';
import { createBench, inVirtualTime, machine, startedAt, task, thrown } from './support.ts';

const sync = (name: string, input = {}) =>
  task({
    Resource: 'arn:aws:states:::states:startExecution.sync',
    Parameters: { StateMachineArn: machineArn(name), Input: input },
  });
const waiting = (over = {}) =>
  task({
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: { FunctionName: functionArn('asker'), Payload: { 'token.$': '$$.Task.Token' } },
    ...over,
  });
const single = (state: ReturnType<typeof task>) => ({ test: machine('Work', { Work: state }) });
const start = { stateMachineArn: machineArn('test'), name: 'one' };

describe('a Lambda task', () => {
  it('returns what AWS returns around the payload', async () => {
    const { engine } = createBench(() => ({ answer: 42, gone: undefined }) as never, single(task()));
    const result = await inVirtualTime(() => engine.startExecution(start).result);
    expect(result).toEqual({
      status: 'SUCCEEDED',
      output: { ExecutedVersion: '$LATEST', Payload: { answer: 42 }, StatusCode: 200 },
    });
  });

  it('fails with the name of the error, and a Cause in JSON as Lambda writes it', async () => {
    const { engine } = createBench(() => {
      throw thrown('RefusedError', 'no snapshot');
    }, single(task()));
    const result = await inVirtualTime(() => engine.startExecution(start).result);
    expect(result).toMatchObject({ status: 'FAILED', error: 'RefusedError' });
    expect(JSON.parse(result.cause ?? '')).toEqual({
      errorType: 'RefusedError',
      errorMessage: 'no snapshot',
      trace: [],
    });
  });

  it('is retried by error name with growing pauses, and each retry is a transition', async () => {
    let tries = 0;
    const bench = createBench(
      () => {
        if (++tries < 3) throw thrown('ThrottledError');
        return 'done';
      },
      single(
        task({
          Retry: [{ ErrorEquals: ['ThrottledError'], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 4 }],
        }),
      ),
    );
    await inVirtualTime(() => bench.engine.startExecution(start).result);
    expect(bench.calls.map(call => call.at.slice(17, 19))).toEqual(['00', '02', '06']);
    expect(bench.engine.counts()).toEqual({
      executions: 1,
      stateTransitions: 3,
      historyEvents: 2 + 2 + 3 * 3,
    });
  });

  it('times out when the function does not answer', async () => {
    const { engine } = createBench(() => new Promise(() => {}), single(task({ TimeoutSeconds: 7 })));
    const result = await inVirtualTime(() => engine.startExecution(start).result);
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(engine.describeExecution(engine.listExecutions()[0]?.executionArn ?? '').stopDate).toEqual(
      new Date(Date.parse(startedAt) + 7000),
    );
  });
});

describe('a task token', () => {
  it('lets the task go on with the answer, even one that comes before the function returns', async () => {
    const bench = createBench(({ payload }) => {
      bench.engine.sendTaskSuccess(String(payload.token), { value: 'approve' });
      return null;
    }, single(waiting()));
    const result = await inVirtualTime(() => bench.engine.startExecution(start).result);
    expect(result).toEqual({ status: 'SUCCEEDED', output: { value: 'approve' } });
  });

  it('is answered once; a second answer and an unknown token are refused', async () => {
    const bench = createBench(() => null, single(waiting()));
    await inVirtualTime(async () => {
      const { result } = bench.engine.startExecution(start);
      await new Promise(resolve => setTimeout(resolve, 1000));
      const token = String(bench.calls[0]?.payload.token);
      bench.engine.sendTaskSuccess(token, 1);
      expect(() => bench.engine.sendTaskSuccess(token, 2)).toThrow(
        expect.objectContaining({ name: 'TaskTimedOut' }),
      );
      expect(() => bench.engine.sendTaskSuccess('made-up', 2)).toThrow(
        expect.objectContaining({ name: 'InvalidToken' }),
      );
      expect(await result).toEqual({ status: 'SUCCEEDED', output: 1 });
    });
  });

  it('is refused after the time to answer, and the task has timed out', async () => {
    const bench = createBench(() => null, single(waiting({ TimeoutSeconds: 30 })));
    await inVirtualTime(async () => {
      expect(await bench.engine.startExecution(start).result).toMatchObject({
        status: 'FAILED',
        error: 'States.Timeout',
      });
      const token = String(bench.calls[0]?.payload.token);
      expect(() => bench.engine.sendTaskSuccess(token, 1)).toThrow(
        expect.objectContaining({ name: 'TaskTimedOut' }),
      );
    });
  });

  it('can fail its task', async () => {
    const bench = createBench(({ payload }) => {
      bench.engine.sendTaskFailure(String(payload.token), { error: 'NotApprovedError', cause: 'no' });
      return null;
    }, single(waiting()));
    expect(await inVirtualTime(() => bench.engine.startExecution(start).result)).toEqual({
      status: 'FAILED',
      error: 'NotApprovedError',
      cause: 'no',
    });
  });

  it('is new for every attempt', async () => {
    const bench = createBench(
      ({ payload }) => {
        if (bench.calls.length < 3) throw thrown('ThrottledError');
        bench.engine.sendTaskSuccess(String(payload.token), null);
        return null;
      },
      single(
        waiting({
          Retry: [{ ErrorEquals: ['ThrottledError'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 5 }],
        }),
      ),
    );
    await inVirtualTime(() => bench.engine.startExecution(start).result);
    expect(new Set(bench.calls.map(call => call.payload.token)).size).toBe(3);
  });

  it('waits as long as the state’s input says, not the parameters', async () => {
    const states = machine('Work', {
      Work: waiting({ TimeoutSeconds: undefined, TimeoutSecondsPath: '$.patience' }),
    });
    const bench = createBench(() => null, { test: states });
    await inVirtualTime(() => bench.engine.startExecution({ ...start, input: { patience: 90 } }).result);
    const [execution] = bench.engine.listExecutions();
    expect(execution?.stopDate).toEqual(new Date(Date.parse(startedAt) + 90_000));
    expect(bench.calls[0]?.payload).toEqual({ token: expect.any(String) });
  });
});

describe('a nested execution', () => {
  const child = machine('Work', { Work: task({ TimeoutSeconds: 600 }) });

  it('gives its output as a JSON string, as AWS does', async () => {
    const { engine } = createBench(() => 'child', { ...single(sync('child', { a: 1 })), child });
    const result = await inVirtualTime(() => engine.startExecution(start).result);
    expect(result.output).toMatchObject({
      Status: 'SUCCEEDED',
      Input: '{"a":1}',
      StateMachineArn: machineArn('child'),
    });
    const { Output } = result.output as { Output: string };
    expect(JSON.parse(Output)).toMatchObject({ Payload: 'child' });
  });

  it('fails the task with States.TaskFailed and the child’s own error in Cause', async () => {
    const { engine } = createBench(
      () => {
        throw thrown('StepFailedError', 'broken');
      },
      { ...single(sync('child')), child },
    );
    const result = await inVirtualTime(() => engine.startExecution(start).result);
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
    expect(JSON.parse(result.cause ?? '')).toMatchObject({ Status: 'FAILED', Error: 'StepFailedError' });
  });

  it('is stopped when the task that waits for it times out, though the parent goes on', async () => {
    const parent = machine('Work', {
      Work: task({
        Resource: 'arn:aws:states:::states:startExecution.sync',
        Parameters: { StateMachineArn: machineArn('child'), Input: {} },
        TimeoutSeconds: 60,
        Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'Go on' }],
      }),
      'Go on': { Type: 'Wait', Comment: 'Waits', Seconds: 60, Next: 'Ended' },
      Ended: { Type: 'Succeed', Comment: 'The end' },
    });
    const { engine } = createBench(() => new Promise(() => {}), { test: parent, child });
    const result = await inVirtualTime(() => engine.startExecution(start).result);
    expect(result.status).toBe('SUCCEEDED');
    expect(engine.listExecutions({ stateMachineArn: machineArn('child') })[0]).toMatchObject({
      status: 'ABORTED',
      stopDate: new Date(Date.parse(startedAt) + 60_000),
    });
  });

  it('is stopped with its parent, and the tokens it waits with are refused', async () => {
    const bench = createBench(() => null, {
      ...single(sync('child')),
      child: machine('Ask', { Ask: waiting() }),
    });
    const result = await inVirtualTime(async () => {
      const { executionArn, result } = bench.engine.startExecution(start);
      await new Promise(resolve => setTimeout(resolve, 5000));
      bench.engine.stopExecution(executionArn, { error: 'Stopped', cause: 'by a person' });
      const ended = await result;
      await new Promise(resolve => setTimeout(resolve, 1));
      return ended;
    });
    expect(result).toEqual({ status: 'ABORTED', error: 'Stopped', cause: 'by a person' });
    expect(bench.engine.listExecutions().map(execution => execution.status)).toEqual(['ABORTED', 'ABORTED']);
    const token = String(bench.calls[0]?.payload.token);
    expect(() => bench.engine.sendTaskSuccess(token, 1)).toThrow(
      expect.objectContaining({ name: 'TaskTimedOut' }),
    );
  });
});

describe('starting an execution', () => {
  const wait = machine('Wait', {
    Wait: { Type: 'Wait', Comment: 'Waits', Seconds: 60, Next: 'Ended' },
    Ended: { Type: 'Succeed', Comment: 'The end' },
  });

  it('twice with the same name and input finds the one that runs', async () => {
    const { engine } = createBench(() => null, { test: wait });
    await inVirtualTime(async () => {
      const first = engine.startExecution({ ...start, input: { a: 1 } });
      const second = engine.startExecution({ ...start, input: { a: 1 } });
      expect(second.executionArn).toBe(first.executionArn);
      await first.result;
    });
    expect(engine.counts().executions).toBe(1);
  });

  it('with a name that is taken by another input, or by one that has ended, is refused', async () => {
    const { engine } = createBench(() => null, { test: wait });
    await inVirtualTime(async () => {
      const { result } = engine.startExecution({ ...start, input: { a: 1 } });
      const again = (a: number) => () => engine.startExecution({ ...start, input: { a } });
      expect(again(2)).toThrow(expect.objectContaining({ name: 'ExecutionAlreadyExists' }));
      await result;
      expect(again(1)).toThrow(expect.objectContaining({ name: 'ExecutionAlreadyExists' }));
    });
  });

  it('of a machine that does not exist, or with a name that AWS refuses, is refused', () => {
    const { engine } = createBench(() => null, { test: wait });
    expect(() => engine.startExecution({ stateMachineArn: machineArn('none') })).toThrow(
      expect.objectContaining({ name: 'StateMachineDoesNotExist' }),
    );
    for (const name of ['', 'a b', 'a:b', 'x'.repeat(81)]) {
      expect(() => engine.startExecution({ ...start, name })).toThrow(
        expect.objectContaining({ name: 'InvalidName' }),
      );
    }
  });

  it('gives the same names and tokens in the same order every time', async () => {
    const names = async () => {
      const { engine } = createBench(() => null, { test: wait });
      const { executionArn } = engine.startExecution({ stateMachineArn: machineArn('test') });
      return executionArn;
    };
    expect(await inVirtualTime(names)).toBe(await inVirtualTime(names));
  });
});

describe('an execution', () => {
  it('ends with TIMED_OUT when the machine’s own time is up', async () => {
    const { engine } = createBench(() => new Promise(() => {}), {
      test: machine('Work', { Work: task() }, 5),
    });
    expect(await inVirtualTime(() => engine.startExecution(start).result)).toMatchObject({
      status: 'TIMED_OUT',
    });
  });

  it('finds its own name, start and machine in the context, and null and the whole input by path', async () => {
    const parameters = {
      FunctionName: functionArn('worker'),
      Payload: {
        'id.$': '$$.Execution.Id',
        'name.$': '$$.Execution.Name',
        'startedAt.$': '$$.Execution.StartTime',
        'machine.$': '$$.StateMachine.Id',
        'state.$': '$$.State.Name',
        'nothing.$': '$.nothing',
        'all.$': '$',
      },
    };
    const bench = createBench(() => null, single(task({ Parameters: parameters })));
    await inVirtualTime(() => bench.engine.startExecution({ ...start, input: { nothing: null } }).result);
    expect(bench.calls[0]?.payload).toEqual({
      id: `${machineArn('test').replace('stateMachine', 'execution')}:one`,
      name: 'one',
      startedAt,
      machine: machineArn('test'),
      state: 'Work',
      nothing: null,
      all: { nothing: null },
    });
  });

  it('counts the states of parallel branches and everything nested', async () => {
    const branch = (name: string) => ({ StartAt: name, States: { [name]: task() } });
    const bench = createBench(() => null, {
      test: machine('Both', {
        Both: {
          Type: 'Parallel',
          Comment: 'Two at once',
          Branches: [branch('A'), branch('B')],
          Next: 'Ended',
        },
        Ended: { Type: 'Succeed', Comment: 'The end' },
      }),
    });
    await inVirtualTime(() => bench.engine.startExecution(start).result);
    expect([...bench.entered].sort()).toEqual(['A', 'B', 'Both', 'Ended']);
    expect(bench.engine.counts()).toEqual({
      executions: 1,
      stateTransitions: 4,
      historyEvents: 2 + 4 + 2 * 5 + 2,
    });
  });

  it('can’t have two tasks of the same name, since the engine tells them apart by it', () => {
    const branch = { StartAt: 'A', States: { A: task() } };
    const both = machine('Both', {
      Both: { Type: 'Parallel', Comment: 'Two at once', Branches: [branch, branch], End: true },
    });
    expect(() => createBench(() => null, { test: both })).toThrow(/Two tasks .* are called "A"/);
  });
});
