import type { Json } from '../../shared/json.ts';
import type { Engine } from '../engine/engine.ts';
import type { SimulatedService, World } from '../world/world.ts';

/** Where the world finds its Step Functions; the rehearsal puts the engine there. */
export function engineOf(world: World): { engine?: Engine } {
  return world.state<{ engine?: Engine }>('states', () => ({}));
}

function running(world: World): Engine {
  const { engine } = engineOf(world);
  if (!engine) throw new Error('The rehearsal has no Step Functions engine');
  return engine;
}

/** Step Functions as the handlers call it. The machines themselves are run by the engine. */
export const service: SimulatedService = {
  name: 'states',
  operations: {
    StartExecution(world, { input }) {
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
    StopExecution(world, { input }) {
      running(world).stopExecution(String(input.executionArn), {
        error: input.error === undefined ? undefined : String(input.error),
        cause: input.cause === undefined ? undefined : String(input.cause),
      });
      return { stopDate: world.now() };
    },
    DescribeExecution(world, { input }) {
      return running(world).describeExecution(String(input.executionArn));
    },
  },
};
