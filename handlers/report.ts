import * as z from 'zod';
import { publishReport } from '../shared/report/publish.ts';
import { publishReadiness } from '../shared/report/publish-readiness.ts';
import { runSchema } from '../shared/runbook/contract.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

const reportEventSchema = z.object({ run: runSchema });

/** Writes the report of a run that has ended, and the page of how ready the system is. */
export function createReportHandler(runtime: RuntimeProvider) {
  return takeEvent(async (event: unknown) => {
    const ready = await runtime();
    const { run } = parseInput(reportEventSchema, event, 'report');
    const published = await publishReport(ready, run);
    // The report is what is needed now; the page of the system's readiness is written anew after the next run too.
    await publishReadiness(ready).catch(error =>
      ready.log('error', 'The readiness page could not be written', { error: String(error) }),
    );
    return published;
  });
}

export const handler = createReportHandler(loadRuntime());
