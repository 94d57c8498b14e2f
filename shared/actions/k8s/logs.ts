import * as z from 'zod';
import { type KeptFile, keepFile, keptFilePermissions } from '../../aws/kept-files.ts';
import { listPodsBy, readLogsOf } from '../../kubernetes/pod-logs.ts';
import { eksCluster } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { accessOf } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  cluster: eksCluster,
  namespace: z.string(),
  labels: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'All pods of the namespace without' }),
  lines: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(10_000)
    .meta({ description: 'Last lines of each container' }),
  contains: z.string().optional().meta({ description: 'A phrase whose lines are counted, such as an error' }),
});

/** More would not fit into one call of the function; the step says how many were left out. */
const mostPods = 50;

/**
 * Keeps the logs of all containers of all pods, and of the container before for those that were started again, beside
 * the run's report, each with its SHA-256. To be done before anything is restarted: logs go with their pods.
 *
 * In the cluster the function's role needs: `list` on pods and `get` on pods/log.
 */
export const action = defineAction({
  kind: 'k8s.logs',
  summary: 'Keeps the logs of all pods as evidence',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: {
    files: 'Logs that were kept',
    pods: 'Pods that they are of',
    matches: 'Lines that contain the phrase, if one was given',
    manifest: 'Where the list of the files with their SHA-256 is',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 60,
    source: 'A request and a write for each container',
  },
  failureModes: [
    'The pods are gone already, and their logs with them',
    'The node of a pod does not answer',
    'Log rotation has removed the time that matters',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region), ...keptFilePermissions()],

  prepare: async () => ({ status: 'ready', baseline: {}, evidence: [] }),

  async observe(context, { cluster, namespace, labels, lines, contains }) {
    const access = accessOf(cluster);
    const all = await listPodsBy(context, access, { namespace, labels });
    const files: (KeptFile & { name: string })[] = [];
    const missed: string[] = [];
    let matches = 0;
    for (const pod of all.slice(0, mostPods)) {
      const read = await readLogsOf(context, access, pod, { previous: true, tailLines: lines });
      missed.push(...read.problems);
      for (const part of read.parts) {
        const name = `${part.pod}.${part.container}${part.previous ? '.previous' : ''}.log`;
        files.push({ name, ...(await keepFile(context, name, part.text)) });
        if (contains !== undefined)
          matches += part.text.split('\n').filter(line => line.includes(contains)).length;
      }
    }
    if (all.length > mostPods) missed.push(`${all.length - mostPods} of ${all.length} pods were left out`);
    if (files.length === 0) {
      const what = `No log could be kept from namespace ${namespace}: ${missed.join('; ') || 'there is no pod'}.`;
      const mend =
        'Look for them in the central log store (CloudWatch Logs), if the cluster sends them there.';
      return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
    }
    const list = JSON.stringify({ takenAt: context.clock.now().toISOString(), files, missed }, null, 2);
    const manifest = await keepFile(context, 'manifest.json', list);
    const outputs = {
      files: files.length,
      pods: Math.min(all.length, mostPods),
      matches,
      manifest: manifest.location,
    };
    const gaps = missed.length > 0 ? `; not kept: ${missed.join('; ')}` : '';
    const what = `${files.length} logs of ${outputs.pods} pods are kept${gaps}`;
    return { status: 'done', outputs, evidence: [{ what, data: { ...outputs, sha256: manifest.sha256 } }] };
  },
});
