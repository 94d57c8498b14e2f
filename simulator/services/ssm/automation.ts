import * as z from 'zod';
import { parseDuration } from '../../../shared/plan/duration.ts';
import type { Plan, StepPlan } from '../../../shared/plan/schema.ts';
import { stepsOf } from '../../../shared/runbook/phases.ts';
import { componentsOf } from '../../world/addresses.ts';
import { playAssumedRepairs } from '../../world/assumed-repairs.ts';
import { resourceId } from '../../world/fleet.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';

/** A runbook of a few steps; experience. */
const runDuration = { minSeconds: 20, likelySeconds: 90, maxSeconds: 400 };

type Execution = {
  id: string;
  region: string;
  document: string;
  token: string;
  parameters: Record<string, string[]>;
  tags: { Key: string; Value: string }[];
  status: 'InProgress' | 'Success' | 'Failed';
};

/** About as long as the plan says, in the same range as builds. */
function durationOf({ takes }: { takes?: string | undefined }): typeof runDuration {
  const likely = takes === undefined ? undefined : parseDuration(takes);
  if (likely === undefined) return runDuration;
  return { minSeconds: likely * 0.6, likelySeconds: likely, maxSeconds: likely * 1.8 };
}

export const executionsOf = (world: World) => world.state<Execution[]>('ssm-automations', () => []);

/** Runbooks that fail, by name; a test or a disaster puts them here. */
export const brokenRunbooks = (world: World) => world.state('ssm-broken-runbooks', () => new Set<string>());

const startInput = z.object({
  DocumentName: z.string(),
  ClientToken: z.uuid(),
  Parameters: z.record(z.string(), z.array(z.string())).default({}),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
});

function documentOf(world: World, name: string, region: string) {
  const found = componentsOf(world.plan, 'ssm-document').find(
    one => one.name === name && one.region === region,
  );
  if (found) return found;
  throw new SimulatedAwsError('InvalidDocument', `Document with name ${name} does not exist.`);
}

/** Parameters that a runbook declares: whatever steps of the plan give it. */
function declaredBy(plan: Plan, document: string): string[] {
  const steps: StepPlan[] = Object.values(plan.scenarios).flatMap(scenario =>
    scenario.phases.flatMap(phase => stepsOf(phase.steps)),
  );
  const given = steps.flatMap(step => (step.with.document === document ? [step.with.parameters] : []));
  return [
    ...new Set(given.flatMap(one => (typeof one === 'object' && one !== null ? Object.keys(one) : []))),
  ];
}

export function getDocument(world: World, call: Call) {
  const document = documentOf(world, String(call.input.Name), call.region);
  const parameters = Object.fromEntries(
    [...declaredBy(world.plan, document.id), 'AutomationAssumeRole'].map(name => [name, { type: 'String' }]),
  );
  return {
    Name: document.name,
    DocumentType: 'Automation',
    Status: 'Active',
    Content: JSON.stringify({ schemaVersion: '0.3', parameters, mainSteps: [] }),
  };
}

export function startAutomation(world: World, call: Call) {
  const { DocumentName, ClientToken, Parameters, Tags } = startInput.parse(call.input);
  const document = documentOf(world, DocumentName, call.region);
  if (executionsOf(world).some(({ token }) => token === ClientToken)) {
    const message = 'The specified idempotency token was used before.';
    throw new SimulatedAwsError('IdempotentParameterMismatch', message);
  }
  const execution: Execution = {
    id: ClientToken.replace(/^.{8}/, resourceId(world, 'automation', ClientToken).slice(-8)),
    region: call.region,
    document: DocumentName,
    token: ClientToken,
    parameters: Parameters,
    tags: Tags,
    status: 'InProgress',
  };
  executionsOf(world).push(execution);
  const resource = `ssm/${DocumentName}`;
  world.changed(resource, 'The runbook has started', 'lifeboat');
  world.after(world.duration(durationOf(document), execution.id), resource, 'The runbook has ended', () => {
    execution.status = brokenRunbooks(world).has(DocumentName) ? 'Failed' : 'Success';
    const { AutomationAssumeRole: _, ...given } = execution.parameters;
    if (execution.status === 'Success') playAssumedRepairs(world, document, given);
  });
  return { AutomationExecutionId: execution.id };
}

/** Metadata of executions by a tag key. A new one is shown after a moment: the list is eventually consistent. */
export function describeAutomations(world: World, call: Call) {
  const [filter] = z
    .array(z.object({ Key: z.string(), Values: z.array(z.string()) }))
    .parse(call.input.Filters);
  const found = executionsOf(world).filter(
    ({ region, tags }) => region === call.region && tags.some(tag => filter?.Values.includes(tag.Key)),
  );
  return {
    AutomationExecutionMetadataList: found.map(({ id, document, status }) => ({
      AutomationExecutionId: id,
      DocumentName: document,
      AutomationExecutionStatus: status,
    })),
  };
}

export function getAutomation(world: World, call: Call) {
  const id = String(call.input.AutomationExecutionId);
  const found = executionsOf(world).find(one => one.id === id && one.region === call.region);
  if (!found) {
    const message = `Automation execution with Id: ${id} not found.`;
    throw new SimulatedAwsError('AutomationExecutionNotFoundException', message);
  }
  return {
    AutomationExecution: {
      AutomationExecutionId: id,
      DocumentName: found.document,
      AutomationExecutionStatus: found.status,
      CurrentStepName: found.status === 'InProgress' ? 'main' : undefined,
      FailureMessage:
        found.status === 'Failed' ? 'Step fails when it is executing the action main' : undefined,
      Outputs: found.status === 'Success' ? { 'main.Result': ['done'] } : undefined,
    },
  };
}
