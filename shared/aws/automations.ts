import {
  type AutomationExecution,
  type AutomationExecutionMetadata,
  DescribeAutomationExecutionsCommand,
  type DescribeAutomationExecutionsCommandOutput,
  GetAutomationExecutionCommand,
  SSMClient,
  StartAutomationExecutionCommand,
} from '@aws-sdk/client-ssm';
import type { ActionContext } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { isNamed, request } from './aws-errors.ts';

export type Document = ComponentOf<'ssm-document'>;

/** Ends of an automation (SSM API Reference, AutomationExecutionStatus); everything else is on its way. */
const ended = [
  'Success',
  'CompletedWithSuccess',
  'Failed',
  'TimedOut',
  'Cancelled',
  'Rejected',
  'ExitedWithFailure',
];

export const isEnded = (status: string | undefined): boolean =>
  ended.some(one => status === one || status?.startsWith('CompletedWith') || status?.endsWith('Approved'));

export const isSuccess = (status: string | undefined): boolean =>
  status === 'Success' || status === 'CompletedWithSuccess';

/**
 * The execution that carries a tag key of its own, or undefined. A tag key finds it again after a lost reply, which
 * a client token alone does not.
 */
export async function findAutomation(
  context: ActionContext,
  region: string,
  tagKey: string,
): Promise<AutomationExecutionMetadata | undefined> {
  let NextToken: string | undefined;
  do {
    const command = new DescribeAutomationExecutionsCommand({
      Filters: [{ Key: 'TagKey', Values: [tagKey] }],
      NextToken,
    });
    const page: DescribeAutomationExecutionsCommandOutput = await request(
      { call: 'ssm.DescribeAutomationExecutions', region },
      () => context.aws.client(SSMClient, region).send(command),
    );
    const [found] = page.AutomationExecutionMetadataList ?? [];
    if (found) return found;
    NextToken = page.NextToken;
  } while (NextToken);
  return undefined;
}

/** One execution with its outputs and, if it failed, why. */
export async function readAutomation(
  context: ActionContext,
  region: string,
  id: string,
): Promise<AutomationExecution | undefined> {
  const command = new GetAutomationExecutionCommand({ AutomationExecutionId: id });
  const reply = await request({ call: 'ssm.GetAutomationExecution', region }, () =>
    context.aws.client(SSMClient, region).send(command),
  );
  return reply.AutomationExecution;
}

/** Starts a runbook once: the token keeps a repeated request from starting another. Returns the execution's id. */
export async function startAutomation(
  context: ActionContext,
  document: Document,
  parameters: Record<string, string[]>,
  { token, tagKey }: { token: string; tagKey: string },
): Promise<string | undefined> {
  const { name, version, region, assumeRole } = document;
  await context.changed({
    call: 'ssm.StartAutomationExecution',
    region,
    resource: name,
    what: `Started the runbook ${name}${version ? `, version ${version}` : ''}.`,
  });
  const command = new StartAutomationExecutionCommand({
    DocumentName: name,
    DocumentVersion: version,
    Parameters: { ...parameters, ...(assumeRole && { AutomationAssumeRole: [assumeRole] }) },
    ClientToken: token,
    Tags: [...context.names.tags(), { Key: tagKey, Value: context.step.id }],
  });
  try {
    const reply = await request({ call: 'ssm.StartAutomationExecution', region }, () =>
      context.aws.client(SSMClient, region).send(command),
    );
    return reply.AutomationExecutionId;
  } catch (error) {
    // The token was used by a request whose reply was lost: its execution is found by its tag.
    if (isNamed(error, 'IdempotentParameterMismatch')) return undefined;
    throw error;
  }
}
