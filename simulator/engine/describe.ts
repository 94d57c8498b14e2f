import { ExecutionAbortedError, ExecutionTimeoutError } from 'aws-local-stepfunctions';
import type { Execution, ExecutionResult, ExecutionStatus } from './executions.ts';

/** An execution as DescribeExecution tells it. */
export type ExecutionDescription = {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: Date;
  stopDate?: Date;
  input: string;
  output?: string;
  error?: string;
  cause?: string;
};

/** How an execution ended, from what the engine rejected with. */
export function resultOf(error: unknown, execution: Execution): ExecutionResult {
  if (error instanceof ExecutionTimeoutError) return { status: 'TIMED_OUT', error: 'States.Timeout' };
  if (error instanceof ExecutionAbortedError) return { status: 'ABORTED', ...execution.stopReason };
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error) return { status: 'FAILED', error: cause.name, cause: cause.message };
  return { status: 'FAILED', error: 'States.Runtime', cause: String(cause) };
}

export function describe(execution: Execution): ExecutionDescription {
  const { ended } = execution;
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.machine.arn,
    name: execution.name,
    status: execution.status,
    startDate: new Date(execution.startedAtMs),
    ...(execution.stoppedAtMs !== undefined && { stopDate: new Date(execution.stoppedAtMs) }),
    input: JSON.stringify(execution.input),
    ...(ended?.output !== undefined && { output: JSON.stringify(ended.output) }),
    ...(ended?.error !== undefined && { error: ended.error }),
    ...(ended?.cause !== undefined && { cause: ended.cause }),
  };
}
