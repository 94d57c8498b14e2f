import { sendHttp } from '../shared/network/http.ts';
import type { Runtime } from '../shared/runtime.ts';
import { handleSignal, type TriageReply } from '../shared/triage/handle.ts';
import { pageFirstLevel, type SendPage } from '../shared/triage/page.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

/** Turns alarms, events and people's requests into an incident, or into a reason why not. */
export function createTriageHandler(
  runtime: RuntimeProvider,
  sendPage: (runtime: Runtime) => SendPage = pageFirstLevel,
) {
  return takeEvent(async (event: unknown): Promise<TriageReply> => {
    const ready = await runtime();
    return handleSignal(ready, event, sendPage(ready));
  });
}

export const handler = createTriageHandler(loadRuntime({ http: sendHttp }));
