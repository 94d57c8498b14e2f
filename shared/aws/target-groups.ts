import {
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  type TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Permission } from '../actions/contract.ts';
import { ifFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

type Where = { arn: string; region: string };

/** The target group as AWS has it, or undefined if there is none with this ARN. */
export async function describeTargetGroup(aws: AwsClients, group: Where): Promise<TargetGroup | undefined> {
  return ifFound(['TargetGroupNotFoundException', 'TargetGroupNotFound'], async () => {
    const reply = await request(
      { call: 'elasticloadbalancing.DescribeTargetGroups', region: group.region },
      () =>
        aws
          .client(ElasticLoadBalancingV2Client, group.region)
          .send(new DescribeTargetGroupsCommand({ TargetGroupArns: [group.arn] })),
    );
    return reply.TargetGroups?.[0];
  });
}

/** Reading load balancing: AWS knows no resource for the Describe calls. */
export function readTargetGroupPermission(action: string): Permission {
  return {
    actions: [action],
    resources: ['*'],
    reason: 'Elastic Load Balancing has no resource-level permission for its Describe actions',
  };
}
