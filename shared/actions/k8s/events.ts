import * as z from 'zod';
import { keepFile, keptFilePermissions } from '../../aws/kept-files.ts';
import { listObjects } from '../../kubernetes/object-api.ts';
import { eksCluster } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { accessOf } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  cluster: eksCluster,
  namespace: z.string(),
  reason: z.string().optional().meta({ description: 'Only events with this reason, such as Killing' }),
});

const eventSchema = z.looseObject({
  type: z.string().default('Normal'),
  reason: z.string().default(''),
  message: z.string().default(''),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  involvedObject: z.object({ kind: z.string().default(''), name: z.string().default('') }).prefault({}),
});

/**
 * Keeps the events of a namespace as evidence. Kubernetes holds them for an hour, and they seldom say who deleted
 * something: that is in the audit log.
 *
 * In the cluster the function's role needs: `list` on events.
 */
export const action = defineAction({
  kind: 'k8s.events',
  summary: 'Keeps the events of a namespace as evidence',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: {
    count: 'Events that were kept',
    warnings: 'How many of them are warnings',
    file: 'Where they are',
  },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 1, likelySeconds: 2, maxSeconds: 20, source: 'A request and a write' },
  failureModes: ['What happened is more than an hour ago', 'Deletions are in the audit log only'],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region), ...keptFilePermissions()],

  prepare: async () => ({ status: 'ready', baseline: {}, evidence: [] }),

  async observe(context, { cluster, namespace, reason }) {
    const kind = { apiVersion: 'v1', kind: 'Event', namespace };
    const found = z.array(eventSchema).parse((await listObjects(context, accessOf(cluster), kind)) ?? []);
    const events = found
      .filter(event => reason === undefined || event.reason === reason)
      .sort((one, other) => (timeOf(one) < timeOf(other) ? -1 : 1));
    const { location, sha256 } = await keepFile(context, 'events.json', JSON.stringify(events, null, 2));
    const warnings = events.filter(({ type }) => type === 'Warning');
    const outputs = { count: events.length, warnings: warnings.length, file: location };
    const last = warnings.at(-1);
    const newest = last
      ? `; the last warning: ${last.involvedObject.name} ${last.reason} (${last.message})`
      : '';
    const what = `${events.length} events of namespace ${namespace} are kept, ${warnings.length} of them warnings${newest}`;
    return { status: 'done', outputs, evidence: [{ what, data: { ...outputs, sha256 } }] };
  },
});

function timeOf({ lastTimestamp, eventTime }: z.output<typeof eventSchema>): string {
  return lastTimestamp ?? eventTime ?? '';
}
