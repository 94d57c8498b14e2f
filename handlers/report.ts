import middy from '@middy/core';
import * as z from 'zod';
import { publishReport } from '../shared/report/publish.ts';
import { runSchema } from '../shared/runbook/contract.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';

const reportEventSchema = z.object({ run: runSchema });

/** Writes the report of a run that has ended. */
export function createReportHandler(runtime: RuntimeProvider) {
  return middy(async (event: unknown) =>
    publishReport(await runtime(), parseInput(reportEventSchema, event, 'report').run),
  );
}

export const handler = createReportHandler(loadRuntime());
