import { sendHttp } from '../shared/network/http.ts';
import { closeEndedExecution, executionEndedSchema } from '../shared/runbook/execution-ended.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

/** Closes runs that could not close themselves. */
export function createExecutionEndedHandler(runtime: RuntimeProvider) {
  return takeEvent(async (event: unknown) =>
    closeEndedExecution(await runtime(), parseInput(executionEndedSchema, event, 'execution status')),
  );
}

export const handler = createExecutionEndedHandler(loadRuntime({ http: sendHttp }));
