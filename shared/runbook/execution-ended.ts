import * as z from 'zod';
import { runIdOf } from '../aws/names.ts';
import { releaseLock } from '../incident/lock.ts';
import { endClaim } from '../incident/start-claim.ts';
import type { Runtime } from '../runtime.ts';
import { closeRun } from './close-run.ts';
import { readRun } from './run-record.ts';

/** EventBridge's "Step Functions Execution Status Change", as far as it is used. Times are ms since the epoch. */
export const executionEndedSchema = z.object({
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.object({
    executionArn: z.string(),
    status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
    startDate: z.number(),
    cause: z.string().nullish(),
  }),
});
export type ExecutionEnded = z.infer<typeof executionEndedSchema>;

/**
 * Closes a run whose execution ended without closing it: stopped in the console, timed out, or failed in a way that
 * no state caught. Without this the system's lock would be held by a run that no longer exists.
 */
export async function closeEndedExecution(
  runtime: Runtime,
  event: ExecutionEnded,
): Promise<{ closed: boolean }> {
  const { executionArn, status, startDate, cause } = event.detail;
  if (status === 'RUNNING' || status === 'SUCCEEDED') return { closed: false };
  await endClaim(runtime.store, runtime.plan.system.id, executionArn);
  const runId = runIdOf(executionArn, new Date(startDate).toISOString());
  const record = await readRun(runtime.store, runId);
  if (!record || record.outcome) {
    // It may have ended between taking the lock and storing the run, or between storing the outcome and giving it back.
    await releaseLock(runtime.store, runtime.plan.system.id, runId);
    return { closed: false };
  }
  await closeRun(runtime, record.run, {
    Error: status === 'ABORTED' ? 'AbortedError' : `Execution ${status}`,
    Cause: cause ?? `The execution ${executionArn} ended with the status ${status}.`,
  });
  return { closed: true };
}
