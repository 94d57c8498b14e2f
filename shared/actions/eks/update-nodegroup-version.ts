import { EKSClient, type Nodegroup } from '@aws-sdk/client-eks';
import * as z from 'zod';
import {
  findUpdate,
  listUpdateIds,
  readNodegroup,
  requestVersion,
  scalingOf,
} from '../../aws/eks-nodegroup.ts';
import { shortHash } from '../../aws/names.ts';
import { listNodes } from '../../kubernetes/api.ts';
import { readyNodes } from '../../kubernetes/rollout.ts';
import { eksNodegroup } from '../../plan/components.ts';
import { approvedByParameter } from '../approved-by.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { refused } from '../k8s-object.ts';
import { nodegroupPermissions } from '../nodegroup-permissions.ts';

const parameters = z
  .strictObject({
    nodegroup: eksNodegroup,
    releaseVersion: z
      .string()
      .optional()
      .meta({ description: 'AMI release; the newest of its version without' }),
    force: z
      .boolean()
      .default(false)
      .meta({ description: 'Ends pods although a disruption budget forbids it; needs approvedBy' }),
    approvedBy: approvedByParameter.optional(),
  })
  .refine(({ force, approvedBy }) => !force || (approvedBy ?? '') !== '', 'force needs approvedBy');
type Component = z.output<typeof parameters>['nodegroup'];

const baselineSchema = z.object({ earlierUpdates: z.array(z.string()), requestToken: z.string() });

/**
 * Replaces the nodes of a managed node group by nodes of the newest AMI release of its version, one after the other. It
 * is no way to repair a node group quickly: it takes long and changes more than what is broken. There is no undo.
 *
 * In the cluster the function's role needs: `list` on nodes.
 */
export const action = defineAction({
  kind: 'eks.update-nodegroup-version',
  summary: 'Replaces the nodes of an EKS node group by nodes of its newest release',
  parameters,
  components: { nodegroup: 'eks-nodegroup' },
  outputs: { nodes: 'Nodes of the group that are Ready' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 600,
    likelySeconds: 1500,
    maxSeconds: 4500,
    source: 'Experience: 10 to 60 min, by the number of nodes and how long their pods take to end',
  },
  failureModes: [
    'PodEvictionFailure: a disruption budget holds a pod for more than 15 min, and force is off',
    'The new nodes do not join, or EC2 has no capacity for the extra ones',
    'With force, pods end although too few of them are left',
    'A newer AMI brings a change that nobody tried',
  ],
  permissions: ({ nodegroup }) => nodegroupPermissions(nodegroup, 'eks:UpdateNodegroupVersion'),

  async prepare(context, { nodegroup: component, force, approvedBy }) {
    const drill = refuseProductionInDrill(context, component.region, `node group ${component.name}`);
    if (drill) return drill;
    const client = context.aws.client(EKSClient, component.region);
    const nodegroup = await readNodegroup(client, component);
    if (!nodegroup) return refused(missing(component));
    if (nodegroup.status !== 'ACTIVE' && nodegroup.status !== 'DEGRADED')
      return refused(busy(component, nodegroup));
    const earlierUpdates = await listUpdateIds(client, component);
    const { desiredSize } = scalingOf(nodegroup);
    const what = `Node group ${component.name} runs release ${nodegroup.releaseVersion ?? 'unknown'} on ${desiredSize} nodes`;
    const agreed = force ? [{ what: `${approvedBy} agreed that disruption budgets are ignored` }] : [];
    const baseline = { earlierUpdates, requestToken: token(context) };
    return { status: 'ready', baseline, evidence: [{ what, data: { desiredSize } }, ...agreed] };
  },

  async act(context, { nodegroup: component, force, releaseVersion }, baseline) {
    const { requestToken } = baselineSchema.parse(baseline);
    await context.changed({
      call: 'eks.UpdateNodegroupVersion',
      region: component.region,
      resource: `${component.cluster}/${component.name}`,
      what: `All nodes of ${component.name} are replaced${force ? ', whatever disruption budgets say' : ''}`,
    });
    const client = context.aws.client(EKSClient, component.region);
    await requestVersion(client, component, { force, releaseVersion, clientRequestToken: requestToken });
  },

  async observe(context, { nodegroup: component }, baseline) {
    const { earlierUpdates } = baselineSchema.parse(baseline);
    const client = context.aws.client(EKSClient, component.region);
    const update = await findUpdate(client, component, 'VersionUpdate', earlierUpdates);
    if (!update) return { status: 'pending', note: 'EKS does not show the update yet' };
    if (update.status === 'InProgress') {
      return { status: 'pending', note: `EKS is replacing the nodes of ${component.name}` };
    }
    if (update.status !== 'Successful') {
      const errors = (update.errors ?? []).map(
        ({ errorCode, errorMessage }) => `${errorCode}: ${errorMessage}`,
      );
      return { status: 'failed', reasons: [ended(component, update.status ?? '', errors)], evidence: [] };
    }
    const nodegroup = await readNodegroup(client, component);
    if (!nodegroup) return { status: 'failed', reasons: [missing(component)], evidence: [] };
    const { desiredSize } = scalingOf(nodegroup);
    const nodes = readyNodes(await listNodes(context, component));
    if (nodes < desiredSize) return { status: 'pending', note: `${nodes} of ${desiredSize} nodes Ready` };
    const what = `All nodes of ${component.name} were replaced; ${nodes} are Ready`;
    return { status: 'done', outputs: { nodes }, evidence: [{ what, data: { nodes } }] };
  },
});

function token({ run, step, clock }: ActionContext): string {
  return `lifeboat-${shortHash(`${run.id}/${step.id}/${clock.now().toISOString()}`, 32)}`;
}

function missing({ name, cluster, region }: Component): Reason {
  return {
    what: `There is no node group ${name} in cluster ${cluster} in ${region}.`,
    mend: 'Make it with your infrastructure code, or correct its name in the plan.',
  };
}

function busy({ name }: Component, { status }: Nodegroup): Reason {
  return {
    what: `Node group ${name} is ${status}, so EKS takes no update of it.`,
    mend: 'Wait until it is ACTIVE, then retry.',
  };
}

function ended({ name }: Component, status: string, errors: string[]): Reason {
  return {
    what: `Replacing the nodes of ${name} ended as ${status} (${errors.join('; ') || 'EKS gives no reason'}).`,
    mend: 'Look which pods a disruption budget holds, and whether new nodes joined; force needs an approval.',
  };
}
