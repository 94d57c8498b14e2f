import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isNamed, request } from '../aws/aws-errors.ts';
import { buildExecutionArn, buildExecutionName } from '../aws/names.ts';
import { RequestRejectedError } from '../errors.ts';
import { type Incident, updateIncident } from '../incident/incident.ts';
import { claimStart, endClaim, type StartClaim } from '../incident/start-claim.ts';
import { toJson } from '../incident/update-record.ts';
import type { Mode } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import type { ManualStart } from './signal.ts';

export type RunRequest = { incident: Incident; scenario: string; mode: Mode; start?: ManualStart };
/** `first`: the start of somebody else, who was faster and whose run is about to begin. */
export type StartReply = { executionArn: string } | { first: StartClaim };

/**
 * Starts the scenario's state machine for an incident. The execution is named after the incident (and after the request
 * of the person who asked), so a repeat starts nothing new: Step Functions takes a name once. Of two that start at the same
 * time one does, and the other gets to know whose start it was.
 */
export async function startRun(runtime: Runtime, wanted: RunRequest): Promise<StartReply> {
  const { store, clock, plan } = runtime;
  const { incident, scenario, mode, start } = wanted;
  const stateMachineArn = runtime.settings.runbookArns[scenario];
  if (!stateMachineArn) {
    throw new RequestRejectedError(`The deployment has no state machine for the scenario "${scenario}"`, {
      nextStep: 'Deploy again with the plan as it is now, then start the scenario by hand.',
    });
  }
  const name = start ? buildExecutionName(incident.id, start.eventId) : incident.id;
  const by = start?.by ?? 'triage';
  const executionArn = buildExecutionArn(stateMachineArn, name);
  const at = clock.now().toISOString();
  const mine = { incidentId: incident.id, executionArn, scenario, mode, by, at };
  const claim = await claimStart(store, plan.system.id, mine);
  if (claim.executionArn !== executionArn) return { first: claim };
  const input = toJson({
    incidentId: incident.id,
    mode,
    outageStartedAt: incident.outageStartedAt,
    by,
    ...(start && { reason: start.reason, parameters: start.parameters }),
  });
  const region = plan.regions.recovery;
  const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
  try {
    await request({ call: 'states.StartExecution', region }, () =>
      runtime.aws.client(SFNClient, region).send(command),
    );
  } catch (error) {
    // Nobody knows whether it begins, or it began long ago: whoever starts next must not be told that it is about to.
    await endClaim(store, plan.system.id, executionArn);
    if (!isNamed(error, 'ExecutionAlreadyExists')) throw error;
  }
  await updateIncident(store, incident.id, current => ({ ...current, executionArn }));
  return { executionArn };
}
