import type { Json } from '../../../shared/json.ts';
import { createEngine, type Engine } from '../../../simulator/engine/engine.ts';
import { startVirtualTime } from '../../../simulator/world/clock.ts';
import type { Definition, State } from '../../../state-machines/asl.ts';
import { loadFixedMachines } from '../../../state-machines/fixed-machines.ts';
import { functionArn, machineArn, withArns } from '../../state-machines/support.ts';

export const startedAt = '2026-03-10T16:42:00.000Z';

export type Call = { function: string; payload: { [key: string]: Json }; at: string };
export type Functions = (call: Call) => Promise<Json> | Json;

/** An engine with the fixed machines (and others), functions by script, and what happened. */
export type Bench = { engine: Engine; calls: Call[]; entered: string[] };

/** Runs work in virtual time. */
export async function inVirtualTime<T>(work: () => Promise<T>): Promise<T> {
  const time = startVirtualTime(Date.parse(startedAt));
  try {
    return await time.drive(work(), { count: 0 });
  } finally {
    time.stop();
  }
}

export function createBench(functions: Functions, machines: Record<string, Definition> = {}): Bench {
  const calls: Call[] = [];
  const entered: string[] = [];
  const all = { ...loadFixedMachines(), ...machines };
  const engine = createEngine({
    machines: Object.fromEntries(
      Object.entries(all).map(([name, definition]) => [machineArn(name), withArns(definition)]),
    ),
    clock: { now: () => new Date() },
    async invokeFunction(arn, payload) {
      const call = {
        function: arn.replace(functionArn(''), ''),
        payload: payload as Call['payload'],
        at: new Date().toISOString(),
      };
      calls.push(call);
      return functions(call);
    },
    onTransition: transition => entered.push(transition.state),
  });
  return { engine, calls, entered };
}

/** An error as a handler throws it. */
export function thrown(name: string, message = 'as scripted'): Error {
  return Object.assign(new Error(message), { name });
}

export function machine(StartAt: string, States: Record<string, State>, TimeoutSeconds = 3600): Definition {
  return { Comment: 'A machine of a test', TimeoutSeconds, StartAt, States };
}

export function task(over: Partial<Extract<State, { Type: 'Task' }>> = {}): State {
  return {
    Type: 'Task',
    Comment: 'A task of a test',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: functionArn('worker'), Payload: { 'input.$': '$' } },
    TimeoutSeconds: 60,
    Retry: [],
    Catch: [],
    End: true,
    ...over,
  } as State;
}

export const run = {
  id: '20260310-abc123',
  incidentId: 'incident-1',
  system: 'liquid-abt',
  scenario: 'region-failure',
  mode: 'recover',
  startedAt,
  outageStartedAt: startedAt,
  parameters: {},
};

export const bakedStep = {
  id: 'restore-database',
  phase: 'activate',
  title: 'Restore the database',
  action: 'rds.restore',
  with: {},
  timeoutSeconds: 600,
  onFailure: 'ask',
  modes: ['recover'],
  function: functionArn('rds'),
};

export function reply(next: string, waitSeconds = 0, answerWithinSeconds = 0): Json {
  return { next, waitSeconds, answerWithinSeconds };
}
