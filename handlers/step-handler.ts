import * as z from 'zod';
import { type StepReply, stepEventSchema } from '../shared/runbook/contract.ts';
import { executeStep, type LoadAction } from '../shared/runbook/execute-step.ts';
import { parseInput } from './parse-input.ts';
import type { RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

/** From a runbook that begins: the function starts, reads the plan, and has nothing else to do. */
const wakeSchema = z.strictObject({ operation: z.literal('wake') });
type Awake = { awake: true };

/**
 * The handler of one family of actions. Each family's file names its folder, so that its bundle holds its own
 * actions and nothing else, and its role their permissions and nothing else.
 */
export function createStepHandler(load: LoadAction, runtime: RuntimeProvider) {
  return takeEvent(async (event: unknown): Promise<StepReply | Awake> => {
    if (wakeSchema.safeParse(event).success) {
      await runtime();
      return { awake: true };
    }
    const input = parseInput(stepEventSchema, event, 'step');
    return executeStep(await runtime(), load, input);
  });
}
