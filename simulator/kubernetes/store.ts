import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject, objectOrEmpty } from '../../shared/json.ts';
import type { World } from '../world/world.ts';
import { publishReady, type SimulatedCluster, type SimulatedObject } from './cluster.ts';

/** Objects of a cluster that are kept as their bodies: everything but workloads, their pods, nodes and autoscalers. */

/** Seconds that a namespace takes to go with all that is in it. Kubernetes deletes the contents first. */
const namespaceEnd = { minSeconds: 10, likelySeconds: 30, maxSeconds: 180 };

export type Metadata = {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
};

/** The part of `metadata` that the simulator goes by. */
export function metadataOf(body: JsonObject): Metadata {
  const metadata = objectOrEmpty(body.metadata);
  return {
    name: String(metadata.name ?? ''),
    namespace: String(metadata.namespace ?? ''),
    labels: texts(metadata.labels),
    annotations: texts(metadata.annotations),
  };
}

export function texts(value: Json | undefined): Record<string, string> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]));
}

export function findObject(
  cluster: SimulatedCluster,
  apiVersion: string,
  plural: string,
  namespace: string,
  name: string,
): SimulatedObject | undefined {
  return cluster.objects.find(object => {
    const metadata = metadataOf(object.body);
    return (
      object.plural === plural &&
      object.body.apiVersion === apiVersion &&
      metadata.name === name &&
      metadata.namespace === namespace
    );
  });
}

/** Puts an object there with what a server adds: uid, time, version; texts of Secrets as base64. */
export function storeObject(
  world: World,
  cluster: SimulatedCluster,
  plural: string,
  body: JsonObject,
): SimulatedObject {
  const { name, namespace } = metadataOf(body);
  const known = findObject(cluster, String(body.apiVersion), plural, namespace, name);
  const key = `${cluster.region}/${cluster.name}/${plural}/${namespace}/${name}`;
  const metadata = objectOrEmpty(body.metadata);
  cluster.writes += 1;
  const full: JsonObject = {
    ...(plural === 'secrets' ? encoded(body) : body),
    metadata: {
      ...metadata,
      uid: metadata.uid ?? uidOf(world, `${key}/${cluster.writes}`),
      creationTimestamp: metadata.creationTimestamp ?? world.now().toISOString(),
      resourceVersion: String(cluster.writes),
    },
  };
  if (known) {
    known.body = full;
    return known;
  }
  const stored = { plural, body: full };
  cluster.objects.push(stored);
  return stored;
}

function encoded({ stringData, ...body }: JsonObject): JsonObject {
  const data = objectOrEmpty(body.data);
  const added = Object.entries(texts(stringData)).map(([key, text]) => [
    key,
    Buffer.from(text, 'utf8').toString('base64'),
  ]);
  return { ...body, data: { ...data, ...Object.fromEntries(added) } };
}

/** UUID-shaped, the same for the same seed and key. */
function uidOf(world: World, key: string): string {
  const hex = createHash('sha256').update(`${world.seed}:${key}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

/** Removes an object, or marks it as ending while a finalizer holds it or its contents go. */
export function removeObject(world: World, cluster: SimulatedCluster, object: SimulatedObject): void {
  const metadata = objectOrEmpty(object.body.metadata);
  const { name, namespace } = metadataOf(object.body);
  const resource = `k8s/${cluster.name}/${namespace}/${object.plural}/${name}`;
  // Whoever deletes asks for the background deletion of dependents, such as the pods of a Job.
  const isDependent = ({ body }: SimulatedObject) => {
    const { ownerReferences } = objectOrEmpty(body.metadata);
    const owners = Array.isArray(ownerReferences) ? ownerReferences : [];
    const ours = owners.some(
      owner => isJsonObject(owner) && owner.kind === object.body.kind && owner.name === name,
    );
    return ours && metadataOf(body).namespace === namespace;
  };
  const gone = () => {
    cluster.objects = cluster.objects.filter(other => other !== object && !isDependent(other));
  };
  if (object.plural === 'namespaces') {
    object.body = { ...object.body, status: { phase: 'Terminating' } };
    const key = `namespace-end/${cluster.region}/${cluster.name}/${name}/${cluster.writes}`;
    emptyNamespace(world, cluster, name);
    world.changed(resource, `Namespace ${name} is being deleted`, 'lifeboat');
    world.after(world.duration(namespaceEnd, key), resource, `Namespace ${name} is gone`, gone);
    return;
  }
  const finalizers = Array.isArray(metadata.finalizers) ? metadata.finalizers : [];
  if (finalizers.length > 0) {
    object.body = {
      ...object.body,
      metadata: { ...metadata, deletionTimestamp: world.now().toISOString() },
    };
    world.changed(resource, `${name} waits for its finalizers`, 'lifeboat');
    return;
  }
  gone();
  world.changed(resource, `${name} is deleted`, 'lifeboat');
}

/** Everything in a namespace goes, at once as far as anybody outside can tell. */
export function emptyNamespace(world: World, cluster: SimulatedCluster, namespace: string): void {
  for (const deployment of cluster.deployments.filter(one => one.namespace === namespace)) {
    deployment.pods = [];
    publishReady(world, cluster, deployment);
  }
  cluster.objects = cluster.objects.filter(({ body }) => metadataOf(body).namespace !== namespace);
  cluster.deployments = cluster.deployments.filter(deployment => deployment.namespace !== namespace);
  cluster.autoscalers = cluster.autoscalers.filter(autoscaler => autoscaler.namespace !== namespace);
}

/** Whether a namespace can take objects; those that nobody made explicitly exist while something is in them. */
export function namespaceExists(cluster: SimulatedCluster, name: string): boolean {
  const known = findObject(cluster, 'v1', 'namespaces', '', name);
  if (known) return !(isJsonObject(known.body.status) && known.body.status.phase === 'Terminating');
  return ['default', 'kube-system', 'velero'].includes(name);
}
