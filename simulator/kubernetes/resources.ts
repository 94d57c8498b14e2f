import * as z from 'zod';
import type { JsonObject } from '../../shared/json.ts';
import type { World } from '../world/world.ts';
import type { SimulatedCluster, SimulatedDeployment, SimulatedObject } from './cluster.ts';
import { endPod, reconcile } from './controllers.ts';
import { runJob } from './jobs.ts';
import { autoscalerObject, deploymentObject, nodeObject, podObject, shown } from './objects.ts';
import type { Route } from './routes.ts';
import { findObject, metadataOf, namespaceExists, removeObject, storeObject } from './store.ts';
import { runVelero } from './velero.ts';
import { createWorkload, deleteWorkload, isWorkload, setReplicas, updateWorkload } from './workloads.ts';

/** An object behind one kind of path, as the API server shows it, and what writing to it does. */
export type Found = {
  body: JsonObject;
  update(next: JsonObject): boolean;
  remove(): void;
};

const workloadKinds = ['Deployment', 'StatefulSet'];
/** The autoscaler looks every 15 s (kube-controller-manager, --horizontal-pod-autoscaler-sync-period). */
const autoscalerSeconds = 15;

/** All objects of the route's kind and namespace that carry its labels. */
export function listObjects(world: World, cluster: SimulatedCluster, route: Route): JsonObject[] {
  const bodies = bodiesOf(world, cluster, route);
  return bodies.filter(body => isAskedFor(route, metadataOf(body)));
}

function isAskedFor(
  route: Route,
  { namespace, labels }: { namespace?: string; labels?: Record<string, string> },
): boolean {
  const here = route.namespace === '' || namespace === route.namespace;
  return here && Object.entries(route.labels).every(([key, value]) => labels?.[key] === value);
}

function bodiesOf(world: World, cluster: SimulatedCluster, route: Route): JsonObject[] {
  const { kind, plural, apiVersion } = route;
  const stored = () =>
    cluster.objects
      .filter(object => object.plural === plural && object.body.apiVersion === apiVersion)
      .map(({ body }) => body);
  if (workloadKinds.includes(kind)) {
    return cluster.deployments
      .filter(deployment => (deployment.kind ?? 'Deployment') === kind)
      .map(deployment => shown(deploymentObject(deployment)));
  }
  switch (kind) {
    case 'Pod':
      return [
        // The most asked for by far: only those that are meant are written out.
        ...cluster.deployments
          .flatMap(deployment => deployment.pods.map(pod => podObject(deployment, pod, world.now())))
          .filter(({ metadata = {} }) => isAskedFor(route, metadata))
          .map(shown),
        ...stored(),
      ];
    case 'Node':
      return cluster.nodes.map(node => shown(nodeObject(node)));
    case 'HorizontalPodAutoscaler':
      return cluster.autoscalers.map(autoscaler =>
        shown(autoscalerObject(autoscaler, targetOf(cluster, autoscaler))),
      );
    case 'NodeMetric':
      return cluster.nodes.filter(({ ready }) => ready).map(({ name }) => metric(world, name, ''));
    case 'PodMetric':
      return cluster.deployments.flatMap(({ namespace, pods }) =>
        pods.filter(({ phase }) => phase === 'Running').map(({ name }) => metric(world, name, namespace)),
      );
    case 'Event':
      return eventsOf(world, cluster);
    default:
      return stored();
  }
}

/** The object that a route names. */
export function findOne(world: World, cluster: SimulatedCluster, route: Route): Found | undefined {
  const { kind, namespace, name, apiVersion, plural } = route;
  if (workloadKinds.includes(kind)) {
    const deployment = cluster.deployments.find(
      other => other.namespace === namespace && other.name === name && (other.kind ?? 'Deployment') === kind,
    );
    return deployment && foundWorkload(world, cluster, deployment);
  }
  if (kind === 'Pod') {
    for (const deployment of cluster.deployments.filter(other => other.namespace === namespace)) {
      const pod = deployment.pods.find(other => other.name === name);
      if (!pod) continue;
      const remove = () => {
        endPod(world, cluster, deployment, pod);
        reconcile(world, cluster);
      };
      return { body: shown(podObject(deployment, pod, world.now())), update: () => false, remove };
    }
  }
  if (kind === 'Node') return foundNode(world, cluster, name);
  if (kind === 'HorizontalPodAutoscaler') return foundAutoscaler(world, cluster, namespace, name);
  const object = findObject(cluster, apiVersion, plural, namespace, name);
  if (!object) return undefined;
  return {
    body: object.body,
    update: next => {
      // Only controllers write a status: whoever writes the object leaves it as it is.
      const { status } = object.body;
      storeObject(world, cluster, plural, { ...next, ...(status !== undefined && { status }) });
      world.changed(
        `k8s/${cluster.name}/${namespace}/${plural}/${name}`,
        `${kind} ${name} is changed`,
        'lifeboat',
      );
      return true;
    },
    remove: () => removeObject(world, cluster, object),
  };
}

/** Makes an object. The answer is the object, or why it is refused. */
export function createObject(
  world: World,
  cluster: SimulatedCluster,
  route: Route,
  given: JsonObject,
  { dryRun }: { dryRun: boolean },
): { body: JsonObject } | { status: number; message: string } {
  const { kind, plural } = route;
  const name = metadataOf(given).name || route.name;
  const metadata = { ...(given.metadata as JsonObject), name };
  const place: JsonObject = route.namespace === '' ? {} : { namespace: route.namespace };
  const body: JsonObject = { ...given, metadata: { ...metadata, ...place } };
  if (route.namespace !== '' && !hasNamespace(cluster, route.namespace)) {
    return { status: 404, message: `namespaces "${route.namespace}" not found` };
  }
  if (workloadKinds.includes(kind) && !isWorkload(body)) return invalid(kind, name);
  if (dryRun) return { body };
  if (kind === 'Deployment' || kind === 'StatefulSet') {
    if (!createWorkload(world, cluster, kind, body)) return invalid(kind, name);
  } else if (kind === 'HorizontalPodAutoscaler') {
    const parsed = autoscalerSchema.safeParse(body);
    if (!parsed.success) return invalid(kind, name);
    const { minReplicas, maxReplicas, scaleTargetRef } = parsed.data.spec;
    const made = {
      namespace: route.namespace,
      name,
      deployment: scaleTargetRef.name,
      minReplicas,
      maxReplicas,
      written: body,
    };
    cluster.autoscalers.push(made);
    world.changed(
      `k8s/${cluster.name}/${route.namespace}/hpa/${name}`,
      `Autoscaler ${name} is made`,
      'lifeboat',
    );
    autoscale(world, cluster, made);
  } else {
    const full = kind === 'Namespace' ? { ...body, status: { phase: 'Active' } } : body;
    const stored = storeObject(world, cluster, plural, full);
    world.changed(
      `k8s/${cluster.name}/${route.namespace}/${plural}/${name}`,
      `${kind || plural} ${name} is made`,
      'lifeboat',
    );
    begin(world, cluster, stored);
  }
  return { body: findOne(world, cluster, { ...route, name })?.body ?? body };
}

/** Namespaces of the plan's own workloads exist although nobody declared them. */
function hasNamespace(cluster: SimulatedCluster, name: string): boolean {
  return namespaceExists(cluster, name) || cluster.deployments.some(({ namespace }) => namespace === name);
}

function begin(world: World, cluster: SimulatedCluster, object: SimulatedObject): void {
  if (object.plural === 'jobs') runJob(world, cluster, object);
  if (object.body.apiVersion === 'velero.io/v1' && object.plural !== 'schedules') {
    runVelero(world, cluster, object);
  }
}

function invalid(kind: string, name: string) {
  return { status: 422, message: `${kind} "${name}" is invalid` };
}

function foundWorkload(world: World, cluster: SimulatedCluster, deployment: SimulatedDeployment): Found {
  return {
    body: shown(deploymentObject(deployment)),
    update: next => updateWorkload(world, cluster, deployment, next),
    remove: () => deleteWorkload(world, cluster, deployment),
  };
}

function foundNode(world: World, cluster: SimulatedCluster, name: string): Found | undefined {
  const node = cluster.nodes.find(other => other.name === name);
  if (!node) return undefined;
  return {
    body: shown(nodeObject(node)),
    update: next => {
      const wanted = (next.spec as JsonObject | undefined)?.unschedulable === true;
      if (wanted === (node.unschedulable ?? false)) return true;
      node.unschedulable = wanted;
      const what = `Node ${name} is ${wanted ? 'cordoned' : 'open for pods again'}`;
      world.changed(`k8s/${cluster.name}/nodes/${name}`, what, 'lifeboat');
      if (!wanted) reconcile(world, cluster);
      return true;
    },
    remove: () => {
      cluster.nodes = cluster.nodes.filter(other => other !== node);
      reconcile(world, cluster);
    },
  };
}

const autoscalerSchema = z.object({
  spec: z.object({
    minReplicas: z.number().int().positive().default(1),
    maxReplicas: z.number().int().positive(),
    scaleTargetRef: z.object({ name: z.string() }),
  }),
});

function foundAutoscaler(
  world: World,
  cluster: SimulatedCluster,
  namespace: string,
  name: string,
): Found | undefined {
  const autoscaler = cluster.autoscalers.find(other => other.namespace === namespace && other.name === name);
  if (!autoscaler) return undefined;
  const resource = `k8s/${cluster.name}/${namespace}/hpa/${name}`;
  return {
    body: shown(autoscalerObject(autoscaler, targetOf(cluster, autoscaler))),
    update: next => {
      const parsed = autoscalerSchema.safeParse(next);
      if (!parsed.success || parsed.data.spec.minReplicas > parsed.data.spec.maxReplicas) return false;
      const { minReplicas, maxReplicas } = parsed.data.spec;
      Object.assign(autoscaler, { minReplicas, maxReplicas, written: next });
      world.changed(resource, `Between ${minReplicas} and ${maxReplicas} replicas`, 'lifeboat');
      autoscale(world, cluster, autoscaler);
      return true;
    },
    remove: () => {
      cluster.autoscalers = cluster.autoscalers.filter(other => other !== autoscaler);
      world.changed(resource, `Autoscaler ${name} is deleted`, 'lifeboat');
    },
  };
}

/** Brings the workload between the limits; it leaves one with 0 replicas alone, as Kubernetes does. */
function autoscale(
  world: World,
  cluster: SimulatedCluster,
  autoscaler: SimulatedCluster['autoscalers'][number],
): void {
  setTimeout(() => {
    const workload = targetOf(cluster, autoscaler);
    if (!workload || workload.replicas === 0 || !cluster.autoscalers.includes(autoscaler)) return;
    const { minReplicas, maxReplicas } = autoscaler;
    const wanted = Math.min(Math.max(workload.replicas, minReplicas), maxReplicas);
    setReplicas(world, cluster, workload, wanted, 'aws');
  }, autoscalerSeconds * 1000);
}

function targetOf(
  cluster: SimulatedCluster,
  { namespace, deployment }: SimulatedCluster['autoscalers'][number],
): SimulatedDeployment | undefined {
  return cluster.deployments.find(other => other.namespace === namespace && other.name === deployment);
}

function metric(world: World, name: string, namespace: string): JsonObject {
  const milli = Math.round(50 + world.random(`cpu/${name}`) * 400);
  const mebi = Math.round(100 + world.random(`memory/${name}`) * 500);
  const usage = { cpu: `${milli}m`, memory: `${mebi}Mi` };
  const at = { timestamp: world.now().toISOString(), window: '20s' };
  return namespace === ''
    ? { metadata: { name }, ...at, usage }
    : { metadata: { name, namespace }, ...at, containers: [{ name: 'main', usage }] };
}

/** Events are kept for an hour (kube-apiserver, --event-ttl). */
function eventsOf(world: World, cluster: SimulatedCluster): JsonObject[] {
  return cluster.events
    .filter(({ atMs }) => atMs > world.nowMs() - 3_600_000)
    .map(({ atMs, namespace, kind, name, type, reason, message }, index) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${index}`, namespace },
      involvedObject: { kind, namespace, name },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: new Date(atMs).toISOString(),
      lastTimestamp: new Date(atMs).toISOString(),
    }));
}
