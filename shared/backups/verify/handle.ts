import * as z from 'zod';
import type { Runtime } from '../../runtime.ts';
import type { SendPage } from '../../triage/page.ts';
import type { OpenScratch } from './file.ts';
import { listFleet, sumFleet } from './fleet.ts';
import { begin, look, noteFailure, query, restore, tearDown } from './operations.ts';
import { record } from './result.ts';
import { endedBadly, sweep } from './sweep.ts';

const ofOne = { id: z.string() };
/** An optional text that a state machine hands over as an empty one. */
const optional = z
  .string()
  .optional()
  .transform(text => (text === '' ? undefined : text));

/** What the verify function is called with: by the machines, by the hourly schedule, by an execution's end. */
export const verifyEventSchema = z.union([
  // Told apart by their operation at once: a proof calls some forty times.
  z.discriminatedUnion('operation', [
    z.object({ operation: z.enum(['restore', 'look', 'query', 'teardown', 'record']), ...ofOne }),
    z.object({
      operation: z.literal('begin'),
      wish: z.object({
        backup: z.string(),
        of: optional,
        point: optional,
        by: z.string(),
        restoreJob: optional,
      }),
      execution: z.string(),
      startedAt: z.string(),
    }),
    z.object({ operation: z.literal('failed'), ...ofOne, error: z.string(), cause: z.string() }),
    z.object({
      operation: z.literal('list'),
      wish: z.object({
        backups: z.array(z.string()).optional(),
        point: optional,
        by: z.string().default('unknown'),
        fleet: optional,
      }),
      execution: z.string(),
      startedAt: z.string(),
    }),
    z.object({ operation: z.literal('sum'), fleet: z.string() }),
    z.object({ operation: z.literal('sweep') }),
  ]),
  z.object({
    'detail-type': z.literal('Step Functions Execution Status Change'),
    detail: z.object({ executionArn: z.string(), startDate: z.number(), status: z.string() }),
  }),
  z.object({ 'detail-type': z.literal('Scheduled Event') }),
]);
export type VerifyEvent = z.output<typeof verifyEventSchema>;

/** Does what the event asks for. Every operation may be repeated. */
export async function handleVerify(
  runtime: Runtime,
  event: VerifyEvent,
  send: SendPage,
  openScratch?: OpenScratch,
): Promise<unknown> {
  if ('detail' in event) {
    const { executionArn, startDate, status } = event.detail;
    return endedBadly(runtime, executionArn, new Date(startDate).toISOString(), status, send);
  }
  if (!('operation' in event)) return sweep(runtime, send);
  switch (event.operation) {
    case 'begin':
      return begin(runtime, event.wish, event.execution, event.startedAt);
    case 'restore':
      return restore(runtime, event.id, openScratch);
    case 'look':
      return look(runtime, event.id);
    case 'query':
      return query(runtime, event.id);
    case 'failed':
      return noteFailure(runtime, event.id, event.error, event.cause);
    case 'teardown':
      return tearDown(runtime, event.id);
    case 'record':
      return record(runtime, event.id, send);
    case 'list':
      return listFleet(runtime, event.wish, event.execution, event.startedAt);
    case 'sum':
      return sumFleet(runtime, event.fleet);
    case 'sweep':
      return sweep(runtime, send);
  }
}
