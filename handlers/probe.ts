import type { JsonObject } from '../shared/json.ts';
import { sendHttp } from '../shared/network/http.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { TriageReply } from '../shared/triage/handle.ts';
import { measureObjective } from '../shared/triage/objective-metric.ts';
import { pageFirstLevel, type SendPage } from '../shared/triage/page.ts';
import { watch } from '../shared/triage/probe.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

/** Every minute: measures the run under way, probes the system from outside its region, and lets triage look. */
export function createProbeHandler(
  runtime: RuntimeProvider,
  sendPage: (runtime: Runtime) => SendPage = pageFirstLevel,
  emitMetric: (metric: JsonObject) => void = () => {},
) {
  return takeEvent(async (event: unknown): Promise<TriageReply> => {
    const ready = await runtime();
    const [metric, reply] = await Promise.allSettled([
      measureObjective(ready),
      watch(ready, event, sendPage(ready)),
    ]);
    if (metric.status === 'fulfilled' && metric.value) emitMetric(metric.value);
    if (reply.status === 'rejected') throw reply.reason;
    if (metric.status === 'rejected') throw metric.reason;
    return reply.value;
  });
}

/** CloudWatch finds a metric only in a line that is JSON and nothing else; console.log would put words before it. */
const writeLine = (metric: JsonObject) => process.stdout.write(`${JSON.stringify(metric)}\n`);

export const handler = createProbeHandler(loadRuntime({ http: sendHttp }), pageFirstLevel, writeLine);
