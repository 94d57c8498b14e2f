import type { Json } from '../../shared/json.ts';
import type { Engine } from '../engine/engine.ts';
import { type OtherExecution, otherExecution, otherMachine } from '../world/other-systems.ts';
import { SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';
import {
  describeMachine,
  describeUserExecution,
  startUserMachine,
  stopUserExecution,
  userExecutionOf,
  userMachineOf,
} from './states/user-machines.ts';

const describeOther = ({ arn, machine, name, status, startedAtMs }: OtherExecution) => ({
  executionArn: arn,
  stateMachineArn: machine,
  name,
  status,
  startDate: new Date(startedAtMs),
});

/** Where the world finds its Step Functions; the rehearsal puts the engine there. */
export function engineOf(world: World): { engine?: Engine } {
  return world.state<{ engine?: Engine }>('states', () => ({}));
}

function running(world: World): Engine {
  const { engine } = engineOf(world);
  if (!engine) throw new Error('The rehearsal has no Step Functions engine');
  return engine;
}

/** Step Functions as the handlers call it. The machines of the deployment are run by the engine, those of users played. */
export const service: SimulatedService = {
  name: 'states',
  operations: {
    DescribeStateMachine(world, call) {
      const name = otherMachine(world, call.region, String(call.input.stateMachineArn));
      return name === undefined ? describeMachine(world, call) : { name, status: 'ACTIVE', type: 'STANDARD' };
    },
    StartExecution(world, call) {
      const { input } = call;
      const own = userMachineOf(world, call);
      if (own) return startUserMachine(world, call, own);
      const { executionArn, startDate } = running(world).startExecution({
        stateMachineArn: String(input.stateMachineArn),
        name: input.name === undefined ? undefined : String(input.name),
        input: JSON.parse(String(input.input ?? '{}')) as Json,
      });
      return { executionArn, startDate };
    },
    SendTaskSuccess(world, { input }) {
      running(world).sendTaskSuccess(String(input.taskToken), JSON.parse(String(input.output)) as Json);
    },
    SendTaskFailure(world, { input }) {
      running(world).sendTaskFailure(String(input.taskToken), {
        error: String(input.error ?? 'TaskFailed'),
        cause: String(input.cause ?? ''),
      });
    },
    StopExecution(world, call) {
      const { input } = call;
      const own = userExecutionOf(world, call);
      if (own) return stopUserExecution(world, own, call);
      running(world).stopExecution(String(input.executionArn), {
        error: input.error === undefined ? undefined : String(input.error),
        cause: input.cause === undefined ? undefined : String(input.cause),
      });
      return { stopDate: world.now() };
    },
    DescribeExecution(world, call) {
      const own = userExecutionOf(world, call);
      if (own) return describeUserExecution(own);
      const other = otherExecution(world, call.region, call.input.executionArn);
      if (other) return describeOther(other);
      const { engine } = engineOf(world);
      const arn = String(call.input.executionArn);
      if (engine) return engine.describeExecution(arn);
      throw new SimulatedAwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    },
  },
};
