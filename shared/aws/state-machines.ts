import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  DescribeStateMachineCommand,
  type DescribeStateMachineCommandOutput,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ifFound, isNamed, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

/** Step Functions as actions use it: one execution, by its name. */

/** Names of executions have at most 80 characters. */
export const executionNameLength = 80;

/** The ARN without the version or the alias behind it: what there is one machine of. */
export function unqualified(machineArn: string): string {
  return machineArn.split(':').slice(0, 7).join(':');
}

/** A machine, or undefined if there is none. Its definition is not asked for, since it may be encrypted. */
export function readMachine(
  aws: AwsClients,
  region: string,
  arn: string,
): Promise<DescribeStateMachineCommandOutput | undefined> {
  const command = new DescribeStateMachineCommand({
    stateMachineArn: unqualified(arn),
    includedData: 'METADATA_ONLY',
  });
  return ifFound(['StateMachineDoesNotExist'], () =>
    request({ call: 'states.DescribeStateMachine', region }, () =>
      aws.client(SFNClient, region).send(command),
    ),
  );
}

/**
 * Starts an execution of this name, once: Step Functions answers a repeat with the one that runs. Returns its ARN;
 * undefined if it has ended already, since a name is taken for 90 days.
 */
export async function startExecution(
  aws: AwsClients,
  region: string,
  wanted: { stateMachineArn: string; name: string; input: string },
): Promise<string | undefined> {
  try {
    const reply = await request({ call: 'states.StartExecution', region }, () =>
      aws.client(SFNClient, region).send(new StartExecutionCommand(wanted)),
    );
    return reply.executionArn;
  } catch (error) {
    if (!isNamed(error, 'ExecutionAlreadyExists')) throw error;
    return undefined;
  }
}

/** An execution, or undefined if there is none (yet). */
export function readExecution(
  aws: AwsClients,
  region: string,
  executionArn: string,
): Promise<DescribeExecutionCommandOutput | undefined> {
  return ifFound(['ExecutionDoesNotExist'], () =>
    request({ call: 'states.DescribeExecution', region }, () =>
      aws.client(SFNClient, region).send(new DescribeExecutionCommand({ executionArn })),
    ),
  );
}

/** Stops an execution. Nothing happens to one that has ended. */
export async function stopExecution(
  aws: AwsClients,
  region: string,
  executionArn: string,
  cause: string,
): Promise<void> {
  const command = new StopExecutionCommand({ executionArn, error: 'Lifeboat.Stopped', cause });
  await request({ call: 'states.StopExecution', region }, () => aws.client(SFNClient, region).send(command));
}
