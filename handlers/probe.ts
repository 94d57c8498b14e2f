import middy from '@middy/core';
import { sendHttp } from '../shared/network/http.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { TriageReply } from '../shared/triage/handle.ts';
import { pageFirstLevel, type SendPage } from '../shared/triage/page.ts';
import { watch } from '../shared/triage/probe.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';

/** Every minute: probes the system from outside its region, and lets triage look at the time. */
export function createProbeHandler(
  runtime: RuntimeProvider,
  sendPage: (runtime: Runtime) => SendPage = pageFirstLevel,
) {
  return middy(async (event: unknown): Promise<TriageReply> => {
    const ready = await runtime();
    return watch(ready, event, sendPage(ready));
  });
}

export const handler = createProbeHandler(loadRuntime({ http: sendHttp }));
