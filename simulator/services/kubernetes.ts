import * as z from 'zod';
import { isJsonObject, type JsonObject, objectOrEmpty } from '../../shared/json.ts';
import { builtInKinds } from '../../shared/kubernetes/resources.ts';
import type { KubernetesExecRequest, KubernetesRequest } from '../../shared/ports.ts';
import { arrangeClusters } from '../kubernetes/arrange.ts';
import { clustersOf, findCluster, type SimulatedCluster } from '../kubernetes/cluster.ts';
import { probeAgain, resourceOf } from '../kubernetes/controllers.ts';
import { execInPod } from '../kubernetes/exec-in-pod.ts';
import { patched } from '../kubernetes/patches.ts';
import { evict, logOf } from '../kubernetes/pods.ts';
import { type KubernetesReply, reply, status } from '../kubernetes/reply.ts';
import { createObject, findOne, listObjects } from '../kubernetes/resources.ts';
import { operationNames, type Route } from '../kubernetes/routes.ts';
import { metadataOf } from '../kubernetes/store.ts';
import { loseZoneNodes, mendWorkload, strikeCluster } from '../kubernetes/strikes.ts';
import { menders } from '../world/assumed-repairs.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

/** What `simulateKubernetes` puts into a call, and what an operation answers. */
export type KubernetesCallInput = {
  cluster: string;
  route: Route;
  request: KubernetesRequest;
  exec?: KubernetesExecRequest;
};

type Target = { world: World; cluster: SimulatedCluster; route: Route; request: KubernetesRequest };

/** The API servers of the simulated clusters. Calls come from `simulateKubernetes`, not from an AWS client. */
export const service: SimulatedService = {
  name: 'kubernetes',
  operations: Object.fromEntries(operationNames().map(name => [name, answer])),
  arrange(world, plan) {
    arrangeClusters(world, plan);
    for (const type of ['k8s-deployment', 'k8s-statefulset'] as const)
      menders(world).set(type, component => mendWorkload(world, component));
    keepHistory(world, 'kubernetes', () => clustersOf(world));
    world.onChange(() => probeAgain(world));
  },
  returnRegion: scaleAllDown,
  strike: strikeCluster,
  loseZone: loseZoneNodes,
};

/** Nothing of the old side may work on the old data when its region answers again. */
function scaleAllDown(world: World, region: string): void {
  const all = clustersOf(world)
    .filter(cluster => cluster.region === region)
    .flatMap(cluster => cluster.deployments.map(deployment => ({ cluster, deployment })));
  for (const { deployment } of all) Object.assign(deployment, { replicas: 0, pods: [] });
  // Told when all of it has happened: before the region answered, nobody saw a part of it.
  for (const { cluster, deployment } of all) {
    const what = 'Scaled to 0 before its region answered again';
    world.changed(resourceOf(cluster, deployment), what, 'person');
  }
}

function answer(world: World, call: Call): unknown {
  const { cluster: name, route, request, exec } = call.input as KubernetesCallInput;
  const cluster = findCluster(world, name, call.region);
  if (!cluster) {
    // What the real transport hears from EKS when it asks for the cluster's address.
    throw new SimulatedAwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404);
  }
  if (cluster.silent) return new Promise(() => {});
  if (exec) return execInPod(world, cluster, exec);
  const target = { world, cluster, route, request };
  if (route.operation === 'GetReadyz') return { status: 200, text: 'ok' };
  if (route.operation === 'GetApiResources') return apiResources(target);
  if (request.method === 'GET') return read({ ...target, cluster: seen(target) });
  return route.subresource === '' ? write(target) : writePart(target);
}

function read(target: Target): KubernetesReply {
  const { world, cluster, route } = target;
  if (route.name === '') {
    const items = listObjects(world, cluster, route);
    return reply(200, { apiVersion: route.apiVersion, kind: 'List', items });
  }
  const found = findOne(world, cluster, route);
  if (!found) return notFound(route);
  if (route.subresource === 'scale') return reply(200, scaleOf(found.body));
  if (route.subresource === 'log') return logOf(world, cluster, route);
  return reply(200, found.body);
}

function write(target: Target): KubernetesReply {
  const { world, cluster, route, request } = target;
  if (route.kind === 'SelfSubjectAccessReview') {
    return reply(201, { ...objectOrEmpty(request.body), status: { allowed: true } });
  }
  if (request.method === 'POST') return create(target);
  const found = findOne(world, cluster, route);
  const dryRun = route.query.dryRun !== undefined;
  if (request.method === 'DELETE') {
    if (!found) return notFound(route);
    if (!dryRun) found.remove();
    return reply(200, { kind: 'Status', status: 'Success' });
  }
  const given = request.body;
  if (!isJsonObject(given)) return reply(400, status(400, 'the body of the request is no object'));
  const applies = request.contentType === 'application/apply-patch+yaml';
  if (!found) return applies ? create(target) : notFound(route);
  const next =
    request.method === 'PUT' ? given : patched(found.body, given, request.contentType ?? 'application/json');
  if (!next) return reply(415, status(415, 'the content type of the patch is not known'));
  if (request.method === 'PUT' && staleVersion(found.body, given)) {
    return reply(409, status(409, 'the object has been modified; apply your changes to the latest version'));
  }
  if (!dryRun && !found.update(next)) {
    return reply(400, status(400, `the body of the request was not a ${route.kind.toLowerCase()}`));
  }
  return reply(200, findOne(world, cluster, route)?.body ?? next);
}

function create({ world, cluster, route, request }: Target): KubernetesReply {
  const body = objectOrEmpty(request.body);
  const name = route.name || metadataOf(body).name;
  if (request.method === 'POST' && findOne(world, cluster, { ...route, name })) {
    return reply(409, status(409, `${route.plural} "${name}" already exists`));
  }
  const dryRun = route.query.dryRun !== undefined;
  const made = createObject(world, cluster, { ...route, name }, body, { dryRun });
  if ('body' in made) return reply(201, made.body);
  return reply(made.status, status(made.status, made.message));
}

const scalePatch = z.object({ spec: z.object({ replicas: z.number().int().nonnegative() }) });

function writePart({ world, cluster, route, request }: Target): KubernetesReply {
  const found = findOne(world, cluster, route);
  if (!found) return notFound(route);
  if (route.subresource === 'eviction') return evict(world, cluster, route);
  const patch = scalePatch.safeParse(request.body);
  if (route.subresource !== 'scale' || !patch.success) {
    return reply(400, status(400, 'the body of the request was not a scale'));
  }
  const spec = { ...objectOrEmpty(found.body.spec), replicas: patch.data.spec.replicas };
  found.update({ ...found.body, spec });
  return reply(200, scaleOf(findOne(world, cluster, route)?.body ?? found.body));
}

function apiResources({ cluster, route }: Target): KubernetesReply {
  const kinds = Object.entries(builtInKinds[route.apiVersion] ?? {}).map(
    ([kind, { plural, namespaced }]) => ({
      name: plural,
      kind,
      namespaced,
    }),
  );
  const custom = cluster.objects.flatMap(({ plural, body }) => {
    if (plural !== 'customresourcedefinitions') return [];
    const parsed = definitionSchema.safeParse(body);
    if (!parsed.success) return [];
    const { group, names, scope, versions } = parsed.data.spec;
    if (!versions.some(({ name }) => `${group}/${name}` === route.apiVersion)) return [];
    return [{ name: names.plural, kind: names.kind, namespaced: scope === 'Namespaced' }];
  });
  const resources = [...kinds, ...custom];
  if (resources.length === 0)
    return reply(404, status(404, 'the server could not find the requested resource'));
  return reply(200, { kind: 'APIResourceList', groupVersion: route.apiVersion, resources });
}

const definitionSchema = z.object({
  spec: z.object({
    group: z.string(),
    scope: z.string().default('Namespaced'),
    names: z.object({ plural: z.string(), kind: z.string() }),
    versions: z.array(z.object({ name: z.string() })),
  }),
});

/** The cluster as a read sees it, which is the past while reads are stale. */
function seen({ world, cluster }: Target): SimulatedCluster {
  const clusters = seenState(world, 'kubernetes', clustersOf(world));
  return clusters.find(({ name, region }) => name === cluster.name && region === cluster.region) ?? cluster;
}

function staleVersion(current: JsonObject, given: JsonObject): boolean {
  const version = (body: JsonObject) => objectOrEmpty(body.metadata).resourceVersion;
  return version(given) !== undefined && version(given) !== version(current);
}

function scaleOf({ metadata, spec, status: state }: JsonObject): object {
  const { name, namespace } = objectOrEmpty(metadata);
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace },
    spec: { replicas: objectOrEmpty(spec).replicas },
    status: { replicas: objectOrEmpty(state).replicas ?? 0 },
  };
}

function notFound({ apiVersion, plural, name }: Route): KubernetesReply {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  return reply(404, status(404, `${plural}${group} "${name}" not found`));
}
