import {
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { request } from '../../aws/aws-errors.ts';
import { describeTargetGroup, readTargetGroupPermission } from '../../aws/target-groups.ts';
import type { JsonObject } from '../../json.ts';
import { targetGroup } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';

const parameters = z.object({
  targetGroup,
  healthCheckPath: z.string().regex(/^\//, 'a path that begins with /, such as /api/health').max(1024),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ previousPath: z.string() });

async function setPath(context: ActionContext, group: Parameters['targetGroup'], from: string, to: string) {
  await context.changed({
    call: 'elasticloadbalancing.ModifyTargetGroup',
    region: group.region,
    resource: group.arn,
    what: `Changed the health check path from ${from} to ${to}.`,
  });
  await request({ call: 'elasticloadbalancing.ModifyTargetGroup', region: group.region }, () =>
    context.aws
      .client(ElasticLoadBalancingV2Client, group.region)
      .send(new ModifyTargetGroupCommand({ TargetGroupArn: group.arn, HealthCheckPath: to })),
  );
}

async function currentPath(context: ActionContext, group: Parameters['targetGroup']): Promise<string> {
  return (await describeTargetGroup(context.aws, group))?.HealthCheckPath ?? '';
}

/** Reads the path first and changes it only if it differs. */
async function undo(
  context: ActionContext,
  { targetGroup: group }: Parameters,
  stored: JsonObject,
): Promise<Observation> {
  const { previousPath } = baselineSchema.parse(stored);
  const now = await currentPath(context, group);
  if (now === previousPath) {
    return {
      status: 'done',
      outputs: {},
      evidence: [{ what: `The health check path is ${previousPath} again.` }],
    };
  }
  await setPath(context, group, now, previousPath);
  return { status: 'pending', note: `The health check path was put back to ${previousPath}.` };
}

/** Points a target group's health check at another path. Registers no targets: elbv2.target-health must follow. */
export const action = defineAction({
  kind: 'elbv2.modify-target-group',
  summary: 'Points the health check of a target group at a path',
  parameters,
  components: { targetGroup: 'target-group' },
  outputs: { previousPath: 'The path before the change' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 0,
    likelySeconds: 2,
    maxSeconds: 10,
    source: 'The API answers with the changed group',
  },
  failureModes: [
    'An ingress controller writes the path of its annotation back',
    'The target group does not exist in the recovery region',
  ],
  permissions: ({ targetGroup: group }) => [
    { actions: ['elasticloadbalancing:ModifyTargetGroup'], resources: [group.arn] },
    readTargetGroupPermission('elasticloadbalancing:DescribeTargetGroups'),
  ],
  async prepare(context, { targetGroup: group, healthCheckPath }) {
    const refused = refuseProductionInDrill(context, group.region, `the target group ${group.arn}`);
    if (refused) return refused;
    const found = await describeTargetGroup(context.aws, group);
    if (!found) {
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
    }
    const previousPath = found.HealthCheckPath;
    if (previousPath === undefined) {
      return {
        status: 'refused',
        reasons: [
          {
            what: `The target group ${group.arn} checks health by ${found.HealthCheckProtocol ?? 'no protocol'}, which has no path.`,
            mend: 'Use HTTP or HTTPS for its health check, or take this step out of the plan.',
          },
        ],
        evidence: [],
      };
    }
    const evidence = [{ what: `The health check path is ${previousPath}.` }];
    if (previousPath === healthCheckPath) {
      return { status: 'already-done', baseline: { previousPath }, outputs: { previousPath }, evidence };
    }
    return { status: 'ready', baseline: { previousPath }, evidence };
  },
  async act(context, { targetGroup: group, healthCheckPath }) {
    const now = await currentPath(context, group);
    if (now !== healthCheckPath) await setPath(context, group, now, healthCheckPath);
  },
  async observe(context, { targetGroup: group, healthCheckPath }, stored) {
    const now = await currentPath(context, group);
    if (now !== healthCheckPath) {
      return {
        status: 'pending',
        note: `The health check path reads ${now}, not ${healthCheckPath}; an ingress controller may have written it back.`,
      };
    }
    return {
      status: 'done',
      outputs: baselineSchema.parse(stored),
      evidence: [{ what: `The health check path reads ${healthCheckPath}.` }],
    };
  },
  undo,
});
