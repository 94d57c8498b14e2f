import * as z from 'zod';
import { buildExecutionArn } from '../../../shared/aws/names.ts';
import { unqualified } from '../../../shared/aws/state-machines.ts';
import { parseDuration } from '../../../shared/plan/duration.ts';
import { componentsOf } from '../../world/addresses.ts';
import { playAssumedRepairs } from '../../world/assumed-repairs.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';

/** State machines of the user's own: what they do is not known, only how long it takes and what the plan says of them. */

/** An automation of a few steps; experience. */
const runDuration = { minSeconds: 20, likelySeconds: 90, maxSeconds: 400 };

type UserExecution = {
  arn: string;
  machine: string;
  name: string;
  region: string;
  input: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  startedAtMs: number;
  output?: string;
  error?: string;
  cause?: string;
};

export const userExecutions = (world: World) => world.state<UserExecution[]>('user-executions', () => []);

/** Machines that fail, by ARN; a test puts them here. */
export const brokenMachines = (world: World) => world.state('broken-machines', () => new Set<string>());

/** Machines that are Express workflows, by ARN; a test puts them here. */
export const expressMachines = (world: World) => world.state('express-machines', () => new Set<string>());

/** About as long as the plan says, in the same range as builds. */
function durationOf({ takes }: { takes?: string | undefined }): typeof runDuration {
  const likely = takes === undefined ? undefined : parseDuration(takes);
  if (likely === undefined) return runDuration;
  return { minSeconds: likely * 0.6, likelySeconds: likely, maxSeconds: likely * 1.8 };
}

export function userMachineOf(world: World, { input, region }: Call) {
  const arn = String(input.stateMachineArn);
  return componentsOf(world.plan, 'state-machine').find(
    one => one.region === region && (one.arn === arn || unqualified(one.arn) === arn),
  );
}

export function describeMachine(world: World, call: Call): unknown {
  const found = userMachineOf(world, call);
  if (!found) {
    const message = `State Machine Does Not Exist: '${String(call.input.stateMachineArn)}'`;
    throw new SimulatedAwsError('StateMachineDoesNotExist', message);
  }
  return {
    stateMachineArn: unqualified(found.arn),
    name: found.arn.split(':')[6],
    status: 'ACTIVE',
    type: expressMachines(world).has(found.arn) ? 'EXPRESS' : 'STANDARD',
    definition: '{}',
    roleArn: 'arn:aws:iam::123456789012:role/own-machine',
    creationDate: new Date(0),
  };
}

/** Starts one execution of a name; the same name and input answer with the one that runs. */
export function startUserMachine(
  world: World,
  call: Call,
  machine: ReturnType<typeof userMachineOf> & object,
) {
  const { name, input } = z.object({ name: z.string(), input: z.string() }).parse(call.input);
  const arn = buildExecutionArn(unqualified(machine.arn), name);
  const known = userExecutions(world).find(one => one.arn === arn);
  if (known) {
    if (known.status === 'RUNNING' && known.input === input) {
      return { executionArn: arn, startDate: new Date(known.startedAtMs) };
    }
    throw new SimulatedAwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
  }
  const execution: UserExecution = {
    arn,
    machine: unqualified(machine.arn),
    name,
    region: call.region,
    input,
    status: 'RUNNING',
    startedAtMs: world.nowMs(),
  };
  userExecutions(world).push(execution);
  const resource = `states/${name}`;
  world.changed(resource, `${name} has started`, 'lifeboat');
  world.after(world.duration(durationOf(machine), resource), resource, `${name} has ended`, () => {
    if (execution.status !== 'RUNNING') return;
    if (brokenMachines(world).has(machine.arn)) {
      const failure = { error: 'States.TaskFailed', cause: 'the state Work failed' };
      Object.assign(execution, { status: 'FAILED', ...failure });
      return;
    }
    execution.status = 'SUCCEEDED';
    execution.output = JSON.stringify(machine.answers ?? {});
    const { lifeboat: _, ...given } = JSON.parse(input);
    playAssumedRepairs(world, machine, given);
  });
  return { executionArn: arn, startDate: new Date(execution.startedAtMs) };
}

export function userExecutionOf(world: World, { input }: Call): UserExecution | undefined {
  return userExecutions(world).find(one => one.arn === input.executionArn);
}

export function describeUserExecution(execution: UserExecution) {
  const { arn, machine, name, status, startedAtMs, input, output, error, cause } = execution;
  return {
    executionArn: arn,
    stateMachineArn: machine,
    name,
    status,
    startDate: new Date(startedAtMs),
    input,
    ...(output !== undefined && { output }),
    ...(error !== undefined && { error, cause }),
  };
}

export function stopUserExecution(world: World, execution: UserExecution, { input }: Call) {
  if (execution.status === 'RUNNING') {
    Object.assign(execution, { status: 'ABORTED', error: input.error, cause: input.cause });
    world.changed(`states/${execution.name}`, `${execution.name} was stopped`, 'lifeboat');
  }
  return { stopDate: world.now() };
}
