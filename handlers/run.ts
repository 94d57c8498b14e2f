import { sendHttp } from '../shared/network/http.ts';
import { runEventSchema } from '../shared/runbook/contract.ts';
import { handleRun, type RunReply } from '../shared/runbook/handle-run.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

/** Opens and closes runs, marks phases, and picks what a drill's tear-down undoes next. */
export function createRunHandler(runtime: RuntimeProvider) {
  return takeEvent(
    async (event: unknown): Promise<RunReply> =>
      handleRun(await runtime(), parseInput(runEventSchema, event, 'run')),
  );
}

export const handler = createRunHandler(loadRuntime({ http: sendHttp }));
