import * as z from 'zod';
import { eksCluster } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { chooseNodes, nodesSchema, noSuchNodes, setUnschedulable, uncordonAll } from '../k8s-nodes.ts';
import { accessOf, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({ cluster: eksCluster, nodes: nodesSchema });

const baselineSchema = z.object({ nodes: z.array(z.string()), closed: z.array(z.string()) });

/**
 * Closes nodes for new pods; those that run stay. Undo opens the nodes again that this step closed.
 *
 * In the cluster the function's role needs: `list` and `patch` on nodes.
 */
export const action = defineAction({
  kind: 'k8s.cordon',
  summary: 'Closes nodes for new pods',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: { nodes: 'Nodes that are closed' },
  drill: 'isolated',
  mutates: true,
  typical: { minSeconds: 1, likelySeconds: 2, maxSeconds: 20, source: 'One request a node' },
  failureModes: [
    'The other nodes have no room for the pods',
    'The node group replaces the node and the new one is open',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  async prepare(context, { cluster, nodes: wanted }) {
    const drill = refuseProductionInDrill(context, cluster.region, `cluster ${cluster.name}`);
    if (drill) return drill;
    const { chosen, unknown } = await chooseNodes(context, accessOf(cluster), wanted);
    if (unknown.length > 0) return refused(noSuchNodes(cluster.name, unknown));
    const open = chosen.filter(node => !node.spec.unschedulable).map(({ metadata }) => metadata.name);
    const nodes = chosen.map(({ metadata }) => metadata.name);
    const baseline = { nodes, closed: open };
    if (open.length === 0) {
      const what = nodes.length === 0 ? 'No node is NotReady' : `${nodes.join(', ')} are closed already`;
      return { status: 'already-done', baseline, outputs: { nodes }, evidence: [{ what }] };
    }
    return {
      status: 'ready',
      baseline,
      evidence: [{ what: `${open.join(', ')} will be closed for new pods` }],
    };
  },

  async act(context, { cluster }, baseline) {
    for (const node of baselineSchema.parse(baseline).closed) {
      await setUnschedulable(context, accessOf(cluster), node, true);
    }
  },

  async observe(context, { cluster }, baseline) {
    const { nodes } = baselineSchema.parse(baseline);
    const { chosen } = await chooseNodes(context, accessOf(cluster), nodes);
    const open = chosen.filter(node => !node.spec.unschedulable).map(({ metadata }) => metadata.name);
    if (open.length > 0) return { status: 'pending', note: `${open.join(', ')} still open` };
    const what = `${nodes.join(', ')} take no new pods`;
    return { status: 'done', outputs: { nodes }, evidence: [{ what, data: { nodes } }] };
  },

  undo: (context, { cluster }, baseline) =>
    uncordonAll(context, accessOf(cluster), baselineSchema.parse(baseline).closed),
});
