import * as z from 'zod';
import { parse } from '../../kubernetes/api.ts';
import { parseQuantity } from '../../kubernetes/quantity.ts';
import { eksCluster } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { accessOf } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  cluster: eksCluster,
  namespace: z.string().optional().meta({ description: 'Pods of this namespace; nodes without' }),
});

const usage = z.object({ cpu: z.string().default('0'), memory: z.string().default('0') });
const metricsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      timestamp: z.string().default(''),
      usage: usage.optional(),
      containers: z.array(z.object({ usage })).default([]),
    }),
  ),
});

/**
 * Says how much processor and memory nodes or pods use. A cluster without a metrics server has no answer, which is an
 * answer to branch on.
 *
 * In the cluster the function's role needs: `list` on nodes and pods of metrics.k8s.io.
 */
export const action = defineAction({
  kind: 'k8s.top',
  summary: 'Reads how much processor and memory nodes or pods use',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: {
    available: 'Whether there are metrics',
    count: 'Nodes or pods that were measured',
    cpuMilli: 'Processor time of all, in thousandths of a core',
    memoryMebi: 'Memory of all, in MiB',
    busiest: 'The one that uses most processor time',
  },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 1, likelySeconds: 1, maxSeconds: 20, source: 'One request' },
  failureModes: [
    'There is no metrics server',
    'Metrics are a minute old, or those of a new pod not there yet',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  prepare: async () => ({ status: 'ready', baseline: {}, evidence: [] }),

  async observe(context, { cluster, namespace }) {
    const group = '/apis/metrics.k8s.io/v1beta1';
    const path =
      namespace === undefined
        ? `${group}/nodes`
        : `${group}/namespaces/${encodeURIComponent(namespace)}/pods`;
    const { status, body } = await context.kubernetes(accessOf(cluster), { method: 'GET', path });
    if (status === 404) {
      const outputs = { available: false, count: 0, cpuMilli: 0, memoryMebi: 0, busiest: '' };
      const what = `Cluster ${cluster.name} has no metrics server, so nobody knows what is used`;
      return { status: 'done', outputs, evidence: [{ what }] };
    }
    const measured = parse(metricsSchema, body, path).items.map(item => {
      const used = item.usage ? [item.usage] : item.containers.map(container => container.usage);
      return {
        name: item.metadata.name,
        cpuMilli: used.reduce((sum, { cpu }) => sum + parseQuantity(cpu) * 1000, 0),
        memoryMebi: used.reduce((sum, { memory }) => sum + parseQuantity(memory) / 2 ** 20, 0),
      };
    });
    const sum = (key: 'cpuMilli' | 'memoryMebi') =>
      Math.round(measured.reduce((total, item) => total + item[key], 0));
    const [busiest] = [...measured].sort((one, other) => other.cpuMilli - one.cpuMilli);
    const outputs = {
      available: true,
      count: measured.length,
      cpuMilli: sum('cpuMilli'),
      memoryMebi: sum('memoryMebi'),
      busiest: busiest?.name ?? '',
    };
    const what = `${measured.length} ${namespace === undefined ? 'nodes' : `pods of ${namespace}`} use ${outputs.cpuMilli} millicores and ${outputs.memoryMebi} MiB`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },
});
