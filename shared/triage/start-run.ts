import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isNamed, request } from '../aws/aws-errors.ts';
import { buildExecutionArn, shortHash } from '../aws/names.ts';
import { RequestRejectedError } from '../errors.ts';
import { type Incident, updateIncident } from '../incident/incident.ts';
import { toJson } from '../incident/update-record.ts';
import type { Mode } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import type { ManualStart } from './signal.ts';

export type RunRequest = { incident: Incident; scenario: string; mode: Mode; start?: ManualStart };

/**
 * Starts the scenario's state machine for an incident, and returns the execution's ARN. The execution is named after
 * the incident (and after the request of the person who asked), so a repeat starts nothing new: Step Functions takes
 * a name once.
 */
export async function startRun(runtime: Runtime, wanted: RunRequest): Promise<string> {
  const { incident, scenario, mode, start } = wanted;
  const stateMachineArn = runtime.settings.runbookArns[scenario];
  if (!stateMachineArn) {
    throw new RequestRejectedError(`The deployment has no state machine for the scenario "${scenario}"`, {
      nextStep: 'Deploy again with the plan as it is now, then start the scenario by hand.',
    });
  }
  const name = start ? `${incident.id}-${shortHash(start.eventId, 8)}` : incident.id;
  const input = toJson({
    incidentId: incident.id,
    mode,
    outageStartedAt: incident.outageStartedAt,
    ...(start && { by: start.by, reason: start.reason, parameters: start.parameters }),
  });
  const region = runtime.plan.regions.recovery;
  const states = runtime.aws.client(SFNClient, region);
  const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
  try {
    await request({ call: 'states.StartExecution', region }, () => states.send(command));
  } catch (error) {
    if (!isNamed(error, 'ExecutionAlreadyExists')) throw error;
  }
  const executionArn = buildExecutionArn(stateMachineArn, name);
  await updateIncident(runtime.store, incident.id, current => ({ ...current, executionArn }));
  return executionArn;
}
