import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { ifFound, request } from '../../aws/aws-errors.ts';
import { readTargetGroupPermission } from '../../aws/target-groups.ts';
import { targetGroup } from '../../plan/components.ts';
import { type ActionContext, defineAction } from '../contract.ts';

const parameters = z.object({
  targetGroup,
  healthy: z.number().int().positive().meta({ description: 'How many targets must be healthy' }),
});
type Parameters = z.output<typeof parameters>;

/** All targets with their health, or undefined if the group does not exist. */
async function readHealth(
  context: ActionContext,
  group: Parameters['targetGroup'],
): Promise<TargetHealthDescription[] | undefined> {
  return ifFound(['TargetGroupNotFoundException', 'TargetGroupNotFound'], async () => {
    const reply = await request(
      { call: 'elasticloadbalancing.DescribeTargetHealth', region: group.region },
      () =>
        context.aws
          .client(ElasticLoadBalancingV2Client, group.region)
          .send(new DescribeTargetHealthCommand({ TargetGroupArn: group.arn })),
    );
    return reply.TargetHealthDescriptions ?? [];
  });
}

/** `2 healthy, 1 initial (Elb.InitialHealthChecking)`. */
function summarize(targets: readonly TargetHealthDescription[]): string {
  const counts = new Map<string, number>();
  for (const { TargetHealth: health } of targets) {
    const what = `${health?.State ?? 'unknown'}${health?.Reason ? ` (${health.Reason})` : ''}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count} ${what}`).join(', ');
}

/**
 * Waits until enough targets pass the load balancer's own health check. An empty group is never taken for a healthy
 * one: pods register some time after they start, so it stays pending, and the step's time-out ends it.
 */
export const action = defineAction({
  kind: 'elbv2.target-health',
  summary: 'Waits until enough targets of a target group are healthy',
  parameters,
  components: { targetGroup: 'target-group' },
  outputs: { healthy: 'Healthy targets', total: 'Registered targets' },
  drill: 'same',
  mutates: false,
  traits: ['looks'],
  typical: {
    minSeconds: 0,
    likelySeconds: 30,
    maxSeconds: 150,
    source:
      'ELB target group health checks: a new target must pass one check (every 30 s by default), an unhealthy one five',
  },
  failureModes: [
    'No target is registered: the ingress or the target group binding does not match',
    'The health check path is wrong, or the security group of the load balancer does not reach the pods',
  ],
  permissions: () => [readTargetGroupPermission('elasticloadbalancing:DescribeTargetHealth')],
  async prepare(context, { targetGroup: group }) {
    const targets = await readHealth(context, group);
    if (targets) return { status: 'ready', baseline: {}, evidence: [] };
    return {
      status: 'refused',
      reasons: [
        {
          what: `The target group ${group.arn} does not exist in ${group.region}.`,
          mend: `Correct the ARN of "${group.id}" in the plan, or make the target group of the recovery region.`,
        },
      ],
      evidence: [],
    };
  },
  async observe(context, { targetGroup: group, healthy: needed }) {
    const targets = (await readHealth(context, group)) ?? [];
    if (targets.length === 0) return { status: 'pending', note: `No targets registered in ${group.arn}.` };
    const healthy = targets.filter(target => target.TargetHealth?.State === 'healthy').length;
    if (healthy < needed) {
      return {
        status: 'pending',
        note: `${healthy} of ${needed} targets are healthy: ${summarize(targets)}.`,
      };
    }
    return {
      status: 'done',
      outputs: { healthy, total: targets.length },
      evidence: [{ what: `${healthy} targets are healthy, ${needed} are needed: ${summarize(targets)}.` }],
    };
  },
});
