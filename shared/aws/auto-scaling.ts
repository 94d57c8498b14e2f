import {
  type Activity,
  AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  type Instance,
} from '@aws-sdk/client-auto-scaling';
import type { Permission, Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

export type Group = ComponentOf<'auto-scaling-group'>;
export type Sizes = { min: number; desired: number; max: number };

/** The group as AWS has it, or undefined if there is none of this name. */
export async function readGroup(aws: AwsClients, group: Group): Promise<AutoScalingGroup | undefined> {
  const reply = await request({ call: 'autoscaling.DescribeAutoScalingGroups', region: group.region }, () =>
    aws
      .client(AutoScalingClient, group.region)
      .send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group.name] })),
  );
  return reply.AutoScalingGroups?.[0];
}

export function sizesOf(found: AutoScalingGroup): Sizes {
  return { min: found.MinSize ?? 0, desired: found.DesiredCapacity ?? 0, max: found.MaxSize ?? 0 };
}

/** Instances that serve: InService and healthy by the group's own check. */
export function servingInstances(found: AutoScalingGroup): Instance[] {
  return (found.Instances ?? []).filter(
    instance => instance.LifecycleState === 'InService' && instance.HealthStatus?.toLowerCase() === 'healthy',
  );
}

/** Launches and terminations that failed since a moment, newest first: why a group does not grow. */
export async function failedActivities(aws: AwsClients, group: Group, sinceMs: number): Promise<Activity[]> {
  const reply = await request({ call: 'autoscaling.DescribeScalingActivities', region: group.region }, () =>
    aws
      .client(AutoScalingClient, group.region)
      .send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: group.name, MaxRecords: 20 })),
  );
  return (reply.Activities ?? []).filter(
    activity => activity.StatusCode === 'Failed' && (activity.StartTime?.getTime() ?? 0) >= sinceMs,
  );
}

export function missingGroup({ name, region, id }: Group): Reason {
  return {
    what: `There is no Auto Scaling group ${name} in ${region}.`,
    mend: `Make it with your infrastructure code, or correct the name of "${id}" in the plan.`,
  };
}

export function launchFailed({ name, region }: Group, activity: Activity): Reason {
  return {
    what: `The Auto Scaling group ${name} can't launch instances: ${activity.StatusMessage ?? activity.Cause ?? 'no reason given'}`,
    mend: `Check the EC2 quota, capacity and free subnet addresses in ${region}; add instance types or zones to the group, then retry.`,
  };
}

/** AWS has no resource for the Describe calls of Auto Scaling. */
export function readGroupPermission(...operations: string[]): Permission {
  return {
    actions: operations.map(operation => `autoscaling:${operation}`),
    resources: ['*'],
    reason: 'Auto Scaling has no resource-level permission for its Describe actions',
  };
}

/** Changing one group: its ARN holds an id that only AWS knows, so the name stands for it. */
export function changeGroupPermission({ name, region }: Group, ...operations: string[]): Permission {
  return {
    actions: operations.map(operation => `autoscaling:${operation}`),
    resources: [
      `arn:\${AWS::Partition}:autoscaling:${region}:\${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/${name}`,
    ],
  };
}
