import * as z from 'zod';
import { RequestRejectedError, ThrottledError } from '../../errors.ts';
import { parse } from '../../kubernetes/api.ts';
import { type Pod, podListSchema } from '../../kubernetes/objects.ts';
import { eksCluster } from '../../plan/components.ts';
import type { KubernetesAccess } from '../../ports.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { chooseNodes, nodesSchema, noSuchNodes, setUnschedulable, uncordonAll } from '../k8s-nodes.ts';
import { accessOf, recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  cluster: eksCluster,
  nodes: nodesSchema,
  deleteEmptyDir: z
    .boolean()
    .default(false)
    .meta({ description: 'Also evict pods with an emptyDir volume, whose data is lost with them' }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ nodes: z.array(z.string()), closed: z.array(z.string()) });

/**
 * Closes nodes and evicts their pods through the Eviction API, so that disruption budgets hold: an eviction that a
 * budget forbids is asked for again until the step's time is up. Pods of DaemonSets stay, as they do for kubectl.
 *
 * In the cluster the function's role needs: `list` and `patch` on nodes, `list` on pods, `create` on pods/eviction.
 */
export const action = defineAction({
  kind: 'k8s.drain',
  summary: 'Moves all pods away from nodes',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: { nodes: 'Nodes that are empty now' },
  drill: 'isolated',
  mutates: true,
  typical: { minSeconds: 30, likelySeconds: 120, maxSeconds: 900, source: 'Experience: 1 to 15 min a node' },
  failureModes: [
    'A disruption budget allows no eviction, because too few pods are Ready elsewhere',
    'Data in emptyDir volumes is lost',
    'The other nodes have no room for the pods',
    'The kubelet of a silent node never says that its pods have ended',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  async prepare(context, given) {
    const { cluster, nodes: wanted } = given;
    const drill = refuseProductionInDrill(context, cluster.region, `cluster ${cluster.name}`);
    if (drill) return drill;
    const access = accessOf(cluster);
    const { chosen, unknown } = await chooseNodes(context, access, wanted);
    if (unknown.length > 0) return refused(noSuchNodes(cluster.name, unknown));
    const nodes = chosen.map(({ metadata }) => metadata.name);
    const closed = chosen.filter(node => !node.spec.unschedulable).map(({ metadata }) => metadata.name);
    const baseline = { nodes, closed };
    const pods = await evictable(context, access, nodes);
    const reasons = pods.flatMap(pod => whyNot(pod, given) ?? []);
    if (reasons.length > 0) return refused(...reasons);
    if (pods.length === 0 && closed.length === 0) {
      const what = nodes.length === 0 ? 'No node is NotReady' : `${nodes.join(', ')} are closed and empty`;
      return { status: 'already-done', baseline, outputs: { nodes }, evidence: [{ what }] };
    }
    const what = `${pods.length} pods will be moved away from ${nodes.join(', ')}`;
    return { status: 'ready', baseline, evidence: [{ what }] };
  },

  async act(context, { cluster }, baseline) {
    const { nodes, closed } = baselineSchema.parse(baseline);
    for (const node of closed) await setUnschedulable(context, accessOf(cluster), node, true);
    await evictAll(context, accessOf(cluster), nodes);
  },

  async observe(context, { cluster }, baseline): Promise<Observation> {
    const { nodes } = baselineSchema.parse(baseline);
    const { left, held } = await evictAll(context, accessOf(cluster), nodes);
    if (held.length > 0) {
      return {
        status: 'pending',
        note: `a disruption budget holds ${held.join(', ')}; ${left} pods are left`,
      };
    }
    if (left > 0) return { status: 'pending', note: `${left} pods are still on ${nodes.join(', ')}` };
    const what = `No pod that can be moved is left on ${nodes.join(', ')}`;
    return { status: 'done', outputs: { nodes }, evidence: [{ what, data: { nodes } }] };
  },

  undo: (context, { cluster }, baseline) =>
    uncordonAll(context, accessOf(cluster), baselineSchema.parse(baseline).closed),
});

/** Pods that have to go: not those of DaemonSets, of the node itself (mirror pods), or that have ended. */
async function evictable(
  context: ActionContext,
  access: KubernetesAccess,
  nodes: readonly string[],
): Promise<Pod[]> {
  const path = '/api/v1/pods';
  const { body } = await context.kubernetes(access, { method: 'GET', path });
  return parse(podListSchema, body, path).items.filter(({ metadata, spec, status }) => {
    const ended = status.phase === 'Succeeded' || status.phase === 'Failed';
    const stays = metadata.ownerReferences.some(({ kind }) => kind === 'DaemonSet' || kind === 'Node');
    return nodes.includes(spec.nodeName) && !ended && !stays;
  });
}

/** One round: asks for the eviction of every pod that is not going yet. */
async function evictAll(
  context: ActionContext,
  access: KubernetesAccess,
  nodes: readonly string[],
): Promise<{ left: number; held: string[] }> {
  const pods = await evictable(context, access, nodes);
  const held: string[] = [];
  for (const { metadata } of pods.filter(pod => pod.metadata.deletionTimestamp === undefined)) {
    const { namespace, name } = metadata;
    const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name };
    await recordChange(context, access, 'Evict', ref, `Pod ${namespace}/${name} evicted`);
    const place = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/eviction`;
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
    try {
      await context.kubernetes(access, { method: 'POST', path: place, body });
    } catch (error) {
      if (goesByItself(error)) continue;
      // 429 is how the Eviction API says that a disruption budget forbids it for now.
      if (!(error instanceof ThrottledError)) throw error;
      held.push(name);
    }
  }
  return { left: pods.length, held };
}

/** In a namespace that is being deleted nothing can be made, not even an eviction; its pods go with it. */
function goesByItself(error: unknown): boolean {
  return error instanceof RequestRejectedError && error.message.includes('because it is being terminated');
}

function whyNot({ metadata, spec }: Pod, { deleteEmptyDir }: Parameters): Reason | undefined {
  if (!metadata.ownerReferences.some(({ controller }) => controller)) {
    return {
      what: `No controller owns pod ${metadata.namespace}/${metadata.name}, so nothing would make it again.`,
      mend: 'Move it by hand, then retry.',
    };
  }
  const volumes = spec.volumes.filter(({ emptyDir }) => emptyDir !== undefined).map(({ name }) => name);
  if (volumes.length === 0 || deleteEmptyDir) return undefined;
  return {
    what: `Pod ${metadata.namespace}/${metadata.name} would lose its emptyDir volumes: ${volumes.join(', ')}.`,
    mend: 'Set deleteEmptyDir in the plan if what is in them may be lost.',
  };
}
