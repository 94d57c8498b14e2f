import * as z from 'zod';
import { errorOf, invoke, readFunction } from '../aws/lambda-functions.ts';
import { lambdaFunctionName, runbookMachineName, tableName } from '../deployment.ts';
import { RefusedError, ServiceUnavailableError } from '../errors.ts';
import { createDynamoDbRecordReader } from '../incident/dynamodb-record-reader.ts';
import { isLive, readLock } from '../incident/lock.ts';
import type { RecordReader } from '../incident/record-store.ts';
import type { ComponentOf } from '../plan/components.ts';
import { type RunRecord, readRun } from '../runbook/run-record.ts';
import { buildStartEvent, type StartRequest } from '../triage/own-events.ts';
import type { ActionContext } from './contract.ts';

/** Another system that Lifeboat is deployed for: asked to start by its triage, as a person asks, and read by its records. */

export type OtherSystem = ComponentOf<'lifeboat-system'>;

const triageOf = ({ id, region, system }: OtherSystem) => ({
  id,
  region,
  type: 'lambda-function' as const,
  name: lambdaFunctionName(system, 'triage'),
});

/** The records of the system. They are only read: what happens in it, its own functions write. */
export function recordsOf(context: ActionContext, { region, system }: OtherSystem): RecordReader {
  return createDynamoDbRecordReader(context.aws, { region, tableName: tableName(system) });
}

/** ARN of a scenario's state machine, from where its triage function is; undefined if that is not there. */
export async function machineOf(
  context: ActionContext,
  other: OtherSystem,
  scenario: string,
): Promise<string | undefined> {
  const found = await readFunction(context.aws, triageOf(other));
  const [, partition, , region, account] = found?.FunctionArn?.split(':') ?? [];
  if (account === undefined) return undefined;
  return `arn:${partition}:states:${region}:${account}:stateMachine:${runbookMachineName(other.system, scenario)}`;
}

/** The run that holds the system's lock now. */
export async function runUnderWay(
  context: ActionContext,
  store: RecordReader,
  { system }: OtherSystem,
): Promise<RunRecord | undefined> {
  const lock = await readLock(store, system);
  if (!lock || !isLive(lock, context.clock.now().toISOString())) return undefined;
  const record = await readRun(store, lock.runId);
  return record?.outcome === undefined ? record : undefined;
}

const replySchema = z.object({
  decision: z.string(),
  reasons: z.array(z.string()),
  incidentId: z.string().optional(),
  executionArn: z.string().optional(),
});
export type TriageAnswer = z.infer<typeof replySchema>;

/**
 * Asks the system's triage to start a scenario, with the event that a person's request is; the same id and time again
 * start nothing new. Throws RefusedError for a request that the system does not understand.
 */
export async function askToStart(
  context: ActionContext,
  other: OtherSystem,
  request: StartRequest,
  { eventId, askedAt }: { eventId: string; askedAt: string },
): Promise<TriageAnswer> {
  const event = buildStartEvent(request, { id: eventId, time: askedAt, region: other.region });
  const { functionError, result } = await invoke(context.aws, triageOf(other), event);
  if (functionError === undefined) return replySchema.parse(result);
  const said = `The triage of ${other.system} failed: ${errorOf(result)}`;
  const nextStep = `Compare the scenario, the mode and the parameters with the plan of ${other.system}, or start it by hand: lifeboat start plans/${other.system}/plan.yml --scenario ${request.scenario} --by NAME.`;
  if (/^(?:InvalidInput|RequestRejected)Error: /.test(errorOf(result))) {
    throw new RefusedError(said, { reasons: [said], nextStep });
  }
  throw new ServiceUnavailableError(said, { nextStep });
}
