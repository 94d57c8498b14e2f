import * as z from 'zod';
import type { JsonObject } from '../../shared/json.ts';
import type { World } from '../world/world.ts';
import type { SimulatedCluster } from './cluster.ts';
import { type KubernetesReply, reply, status } from './reply.ts';
import { findOne, listObjects } from './resources.ts';
import type { Route } from './routes.ts';
import { metadataOf } from './store.ts';

const budgetSchema = z.object({
  spec: z.object({
    minAvailable: z.number().optional(),
    maxUnavailable: z.number().optional(),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
  }),
});

/** Deletes a pod unless a disruption budget forbids it for now. */
export function evict(world: World, cluster: SimulatedCluster, route: Route): KubernetesReply {
  const pod = findOne(world, cluster, { ...route, subresource: '' });
  if (!pod) return reply(404, status(404, `pods "${route.name}" not found`));
  const { labels } = metadataOf(pod.body);
  const budgets = cluster.objects.filter(
    ({ plural, body }) => plural === 'poddisruptionbudgets' && metadataOf(body).namespace === route.namespace,
  );
  for (const { body } of budgets) {
    const parsed = budgetSchema.safeParse(body);
    if (!parsed.success) continue;
    const { selector, minAvailable, maxUnavailable } = parsed.data.spec;
    const matches = Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value);
    if (!matches) continue;
    const covered = listObjects(world, cluster, { ...route, name: '', labels: selector.matchLabels });
    const healthy = covered.filter(isReady).length;
    const least = minAvailable ?? covered.length - (maxUnavailable ?? 1);
    if (isReady(pod.body) && healthy - 1 < least) {
      return reply(429, status(429, "Cannot evict pod as it would violate the pod's disruption budget."));
    }
  }
  pod.remove();
  return reply(201, { kind: 'Status', status: 'Success' });
}

function isReady({ status: state }: JsonObject): boolean {
  const conditions = ((state as JsonObject | undefined)?.conditions ?? []) as JsonObject[];
  return conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
}

/** What a container has printed; `previous` is there for one that was started again. */
export function logOf(world: World, cluster: SimulatedCluster, route: Route): KubernetesReply {
  const previous = route.query.previous === 'true';
  for (const { namespace, container, image, pods } of cluster.deployments) {
    const pod = pods.find(({ name }) => name === route.name);
    if (!pod || namespace !== route.namespace) continue;
    if (pod.phase === 'Pending' || pod.phase === 'Starting') {
      return reply(400, status(400, `container "${container}" in pod "${pod.name}" is waiting to start`));
    }
    if (previous && !pod.restarts) {
      return reply(
        400,
        status(400, `previous terminated container "${container}" in pod "${pod.name}" not found`),
      );
    }
    const at = new Date(pod.startedAtMs ?? world.outageStartedAtMs).toISOString();
    const lines = [`${at} ${container} ${pod.image ?? image ?? ''} starts`];
    if (pod.databaseHost !== undefined) lines.push(`${at} connects to ${pod.databaseHost}`);
    if (previous || pod.crashed) lines.push(`${at} fatal: the process ends`);
    return { status: 200, text: `${lines.join('\n')}\n` };
  }
  const found = findOne(world, cluster, { ...route, subresource: '' });
  const log = (found?.body.status as JsonObject | undefined)?.simulatedLog;
  if (previous) return reply(400, status(400, 'previous terminated container not found'));
  return { status: 200, text: typeof log === 'string' ? log : '' };
}
