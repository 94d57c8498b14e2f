import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { isNamed, request } from '../aws/aws-errors.ts';
import type { Runtime } from '../runtime.ts';
import type { Task } from './task-record.ts';

/** How long EventBridge Scheduler goes on calling a function that fails, in seconds: a day. */
const keepTryingSeconds = 86_400;

/**
 * Has this function called again at the given times, whatever has ended by then. One-time schedules of EventBridge
 * Scheduler, named after the task, so that a repeat finds them. They delete themselves. Times that have passed are
 * left out. Without a place for schedules (a deployment without follow-ups) nothing is done.
 */
export async function callAgainAt(runtime: Runtime, task: Task, times: readonly string[]): Promise<void> {
  const { schedules } = runtime.settings;
  if (!schedules) {
    runtime.log(
      'warn',
      'There is no place for schedules; the task is followed up while its incident is open',
      {
        task: task.id,
      },
    );
    return;
  }
  const region = runtime.plan.regions.recovery;
  const client = runtime.aws.client(SchedulerClient, region);
  const nowMs = runtime.clock.now().getTime();
  for (const [index, at] of times.entries()) {
    if (Date.parse(at) <= nowMs) continue;
    const command = new CreateScheduleCommand({
      Name: `${task.id}-${index}`,
      GroupName: schedules.group,
      ClientToken: `${task.id}-${index}`,
      Description: `${task.title} (${task.run.incidentId})`.slice(0, 512),
      ScheduleExpression: `at(${toSecond(at)})`,
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: {
        Arn: schedules.functionArn,
        RoleArn: schedules.roleArn,
        Input: JSON.stringify({ run: task.run }),
        RetryPolicy: { MaximumEventAgeInSeconds: keepTryingSeconds, MaximumRetryAttempts: 185 },
        ...(schedules.deadLetterArn && { DeadLetterConfig: { Arn: schedules.deadLetterArn } }),
      },
    });
    try {
      await request({ call: 'scheduler.CreateSchedule', region }, () => client.send(command));
    } catch (error) {
      if (!isNamed(error, 'ConflictException')) throw error;
    }
  }
}

/** Without the fraction, rounded up: a call that comes a moment early would find nothing due. */
function toSecond(iso: string): string {
  return new Date(Math.ceil(Date.parse(iso) / 1000) * 1000).toISOString().slice(0, 19);
}
