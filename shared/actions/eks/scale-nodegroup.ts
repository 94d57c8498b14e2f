import { EKSClient, type Nodegroup, type Update } from '@aws-sdk/client-eks';
import * as z from 'zod';
import {
  findScalingUpdates,
  listUpdateIds,
  readNodegroup,
  requestScaling,
  type Scaling,
  scalingOf,
  scalingSchema,
} from '../../aws/eks-nodegroup.ts';
import { shortHash } from '../../aws/names.ts';
import type { JsonObject } from '../../json.ts';
import { listNodes } from '../../kubernetes/api.ts';
import { readyNodes } from '../../kubernetes/rollout.ts';
import { eksNodegroup } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { nodegroupPermissions } from '../nodegroup-permissions.ts';

const parameters = z.strictObject({
  nodegroup: eksNodegroup,
  size: z.number().int().positive(),
  ready: z.number().int().positive().optional().meta({
    description:
      'Nodes that have to be Ready; all of `size` without. Fewer where some are lost with their zone and still counted',
  }),
  mayShrink: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether a group that is bigger is made smaller; without it, it is left as it is' }),
});
type Parameters = z.output<typeof parameters>;
type Component = z.output<typeof parameters>['nodegroup'];

const baselineSchema = z.object({
  before: scalingSchema,
  /** Updates and complaints that were there before and say nothing about this step. */
  earlierUpdates: z.array(z.string()),
  earlierIssues: z.array(z.string()),
  /** Fixed in prepare, so that a lost reply asks for the same update and a person's retry for a new one. */
  requestToken: z.string(),
});

/**
 * Brings an EKS managed node group up to at least `size` nodes and waits until that many, or `ready`, are Ready. A
 * group that is bigger already is left as it is, unless it may shrink; maxSize is raised where it is in the way.
 *
 * In the cluster the function's role needs an access entry with a group that is bound to a ClusterRole with: `list`
 * on nodes.
 */
export const action = defineAction({
  kind: 'eks.scale-nodegroup',
  summary: 'Scales an EKS node group and waits for its nodes to be Ready',
  parameters,
  components: { nodegroup: 'eks-nodegroup' },
  outputs: { nodes: 'Nodes of the group that are Ready' },
  drill: 'isolated',
  mutates: true,
  traits: ['needs-capacity'],
  typical: {
    minSeconds: 90,
    likelySeconds: 180,
    maxSeconds: 360,
    source:
      'Experience: 2 to 6 min from the request until new EC2 instances are Ready nodes; to be replaced by measurement',
  },
  failureModes: [
    'EC2 has no capacity of the instance type, or the vCPU quota of the region is too small',
    'The subnets have too few free addresses',
    'Another update of the node group is under way',
    'The nodes start but do not join the cluster',
    'A cluster autoscaler sets the size back',
  ],
  permissions: ({ nodegroup }) => nodegroupPermissions(nodegroup, 'eks:UpdateNodegroupConfig'),

  async prepare(context, given) {
    const { nodegroup: component, size, ready = size } = given;
    const refused = refuseProductionInDrill(context, component.region, `node group ${component.name}`);
    if (refused) return refused;
    const client = context.aws.client(EKSClient, component.region);
    const nodegroup = await readNodegroup(client, component);
    const reason = nodegroup ? unusable(component, nodegroup) : missing(component);
    if (!nodegroup || reason) return { status: 'refused', reasons: reason ? [reason] : [], evidence: [] };
    const before = scalingOf(nodegroup);
    const nodes = readyNodes(await listNodes(context, component));
    const evidence = [
      {
        what: `Node group ${component.name} has ${nodes} Ready nodes; desired ${before.desiredSize}, at most ${before.maxSize}`,
        data: { nodes, ...before },
      },
    ];
    const baseline = {
      before,
      earlierUpdates: await listUpdateIds(client, component),
      earlierIssues: issueCodes(nodegroup),
      requestToken: token(context, context.clock.now().toISOString()),
    };
    if (isReached(given, before.desiredSize) && nodes >= ready) {
      return { status: 'already-done', baseline, outputs: { nodes }, evidence };
    }
    return { status: 'ready', baseline, evidence };
  },

  async act(context, given, baseline) {
    const { nodegroup: component } = given;
    const client = context.aws.client(EKSClient, component.region);
    const nodegroup = await readNodegroup(client, component);
    if (nodegroup) await resize(context, given, scalingOf(nodegroup), baseline);
  },

  async observe(context, given, baseline) {
    const { nodegroup: component, size, ready = size, mayShrink } = given;
    const { earlierUpdates, earlierIssues } = baselineSchema.parse(baseline);
    const client = context.aws.client(EKSClient, component.region);
    const nodegroup = await readNodegroup(client, component);
    if (!nodegroup) return { status: 'failed', reasons: [missing(component)], evidence: [] };
    const updates = await findScalingUpdates(client, component, size, earlierUpdates);
    if (updates.some(update => update.status === 'InProgress')) {
      return { status: 'pending', note: `EKS is changing the size of ${component.name}` };
    }
    const succeeded = updates.some(update => update.status === 'Successful');
    if (updates.length > 0 && !succeeded) {
      return {
        status: 'failed',
        reasons: updates.map(update => updateFailed(component, update)),
        evidence: [],
      };
    }
    const issues = (nodegroup.health?.issues ?? []).filter(({ code }) => !earlierIssues.includes(code ?? ''));
    const nodes = readyNodes(await listNodes(context, component));
    if (nodes < ready && issues.length > 0) {
      const reasons = issues.map(({ code, message }) => unhealthy(component, `${code}: ${message}`));
      return { status: 'failed', reasons, evidence: [] };
    }
    let scaling = scalingOf(nodegroup);
    if (!isReached(given, scaling.desiredSize) && succeeded) {
      // The update may have ended after the node group was read, so that is read again before anybody is blamed.
      scaling = scalingOf((await readNodegroup(client, component)) ?? nodegroup);
      if (!isReached(given, scaling.desiredSize)) {
        return { status: 'failed', reasons: [setBack(component, scaling)], evidence: [] };
      }
    }
    if (!isReached(given, scaling.desiredSize)) {
      // The request was turned away since another update was under way; it is made again until EKS takes it.
      await resize(context, given, scaling, baseline);
      return { status: 'pending', note: `waiting for another update of ${component.name} to end` };
    }
    if (nodes < ready) return { status: 'pending', note: `${nodes} of ${ready} nodes Ready` };
    if (mayShrink && nodes > size)
      return { status: 'pending', note: `${nodes} nodes are left of more than ${size}` };
    const what = `Node group ${component.name} has ${nodes} Ready nodes, ${ready} wanted`;
    return { status: 'done', outputs: { nodes }, evidence: [{ what, data: { nodes, size } }] };
  },

  async undo(context, given, baseline): Promise<Observation> {
    const { nodegroup: component, size } = given;
    const { before, earlierUpdates } = baselineSchema.parse(baseline);
    const client = context.aws.client(EKSClient, component.region);
    const nodegroup = await readNodegroup(client, component);
    const doneAs = (what: string): Observation => ({
      status: 'done',
      outputs: {},
      evidence: [{ what, data: { ...before } }],
    });
    if (!nodegroup) return doneAs(`Node group ${component.name} is gone, so there is nothing to bring back`);
    if (isReached(given, before.desiredSize)) return doneAs(`The size of ${component.name} was not changed`);
    // While an update runs, EKS still shows the size before it, which would look as if nothing had to be undone.
    const updates = await findScalingUpdates(client, component, size, earlierUpdates);
    if (nodegroup.status === 'UPDATING' || updates.some(update => update.status === 'InProgress')) {
      return { status: 'pending', note: `EKS is still changing the size of ${component.name}` };
    }
    if (same(scalingOf(nodegroup), before)) {
      return doneAs(`Node group ${component.name} is back at a desired size of ${before.desiredSize}`);
    }
    await recordChange(context, component, scalingOf(nodegroup), before);
    await requestScaling(client, component, before, token(context, 'undo'));
    return { status: 'pending', note: `going back to ${before.desiredSize} nodes` };
  },
});

/** Whether the group is as big as wanted; a bigger one is, unless it may shrink. */
function isReached({ size, mayShrink }: Parameters, desiredSize: number): boolean {
  return mayShrink ? desiredSize === size : desiredSize >= size;
}

/** Asks for at least `size` nodes; never for fewer than there are, unless the group may shrink. */
async function resize(
  context: ActionContext,
  given: Parameters,
  now: Scaling,
  baseline: JsonObject,
): Promise<void> {
  const { nodegroup: component, size } = given;
  if (isReached(given, now.desiredSize)) return;
  const wanted = {
    minSize: Math.min(now.minSize, size),
    maxSize: Math.max(now.maxSize, size),
    desiredSize: size,
  };
  await recordChange(context, component, now, wanted);
  const { requestToken } = baselineSchema.parse(baseline);
  await requestScaling(context.aws.client(EKSClient, component.region), component, wanted, requestToken);
}

function recordChange(
  context: ActionContext,
  component: Component,
  from: Scaling,
  to: Scaling,
): Promise<void> {
  const limit = from.maxSize === to.maxSize ? '' : `, its limit from ${from.maxSize} to ${to.maxSize}`;
  return context.changed({
    call: 'eks.UpdateNodegroupConfig',
    region: component.region,
    resource: `${component.cluster}/${component.name}`,
    what: `Size of node group ${component.name} changed from ${from.desiredSize} to ${to.desiredSize} nodes${limit}`,
  });
}

function token({ run, step }: ActionContext, occasion: string): string {
  return `lifeboat-${run.id}-${shortHash(`${run.id}/${step.id}/${occasion}`, 24)}`;
}

function same(one: Scaling, other: Scaling): boolean {
  return (
    one.minSize === other.minSize && one.maxSize === other.maxSize && one.desiredSize === other.desiredSize
  );
}

function issueCodes(nodegroup: Nodegroup): string[] {
  return (nodegroup.health?.issues ?? []).map(issue => issue.code ?? '');
}

function missing({ name, cluster, region }: Component): Reason {
  return {
    what: `There is no node group ${name} in cluster ${cluster} in ${region}.`,
    mend: 'Make it with your infrastructure code, or correct its name in the plan.',
  };
}

function unusable({ name }: Component, { status }: Nodegroup): Reason | undefined {
  if (status === 'ACTIVE' || status === 'UPDATING' || status === 'DEGRADED') return undefined;
  return {
    what: `Node group ${name} is ${status}, so it can't be scaled.`,
    mend: 'Look at its health issues in the EKS console; use another node group if it can not be mended.',
  };
}

function updateFailed({ name }: Component, update: Update): Reason {
  const errors = (update.errors ?? []).map(({ errorCode, errorMessage }) => `${errorCode}: ${errorMessage}`);
  const why = errors.length > 0 ? errors.join('; ') : 'EKS gives no reason';
  return { what: `Scaling node group ${name} ended as ${update.status} (${why}).`, mend: capacityAdvice };
}

function unhealthy({ name }: Component, issue: string): Reason {
  return { what: `Node group ${name} does not get its nodes: ${issue}.`, mend: capacityAdvice };
}

const capacityAdvice =
  'Check the EC2 vCPU quota and free subnet addresses of the region; add other instance types or zones to the node group, then retry.';

function setBack({ name }: Component, { desiredSize }: Scaling): Reason {
  return {
    what: `Something set node group ${name} back to ${desiredSize} nodes after it was scaled.`,
    mend: 'Pause the cluster autoscaler or the infrastructure pipeline that did it, then retry.',
  };
}
