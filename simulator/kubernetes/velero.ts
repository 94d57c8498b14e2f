import { isJsonObject, type Json, type JsonObject, objectOrEmpty } from '../../shared/json.ts';
import type { World } from '../world/world.ts';
import type { SimulatedCluster, SimulatedObject } from './cluster.ts';
import { deploymentObject, shown } from './objects.ts';
import { findObject, metadataOf, namespaceExists, storeObject } from './store.ts';
import { createWorkload } from './workloads.ts';

/** Objects and volume snapshots of a small namespace. Experience: 1 to 10 min for some GiB. */
const backupSeconds = { minSeconds: 30, likelySeconds: 120, maxSeconds: 600 };
const restoreSeconds = { minSeconds: 45, likelySeconds: 180, maxSeconds: 900 };

/** What a backup holds, by region and name: object storage outlives the cluster, so another one can restore it. */
function archives(world: World): Map<string, JsonObject[]> {
  return world.state('velero-archives', () => new Map());
}

/** Takes everything of the namespaces into an archive. */
export function archive(
  world: World,
  cluster: SimulatedCluster,
  name: string,
  namespaces: readonly string[],
): number {
  const included = (namespace: string) => namespaces.includes(namespace) || namespaces.includes('*');
  const workloads = cluster.deployments
    .filter(({ namespace }) => included(namespace))
    .map(deployment => shown(deploymentObject(deployment)));
  const others = cluster.objects
    .filter(({ plural, body }) => plural !== 'pods' && included(metadataOf(body).namespace))
    .filter(({ body }) => body.apiVersion !== 'velero.io/v1')
    .map(({ plural, body }) => ({ ...structuredClone(body), simulatedPlural: plural }));
  archives(world).set(name, [...workloads, ...others]);
  return workloads.length + others.length;
}

/** Runs a Backup or a Restore that was made. */
export function runVelero(world: World, cluster: SimulatedCluster, object: SimulatedObject): void {
  const { name } = metadataOf(object.body);
  const resource = `velero/${cluster.name}/${name}`;
  const spec = objectOrEmpty(object.body.spec);
  const setStatus = (status: JsonObject) => {
    object.body = { ...object.body, status };
  };
  if (object.plural === 'backups') {
    const namespaces = list(spec.includedNamespaces);
    const startTimestamp = world.now().toISOString();
    const expiration = new Date(world.nowMs() + ttlMs(spec.ttl)).toISOString();
    setStatus({ phase: 'InProgress', startTimestamp, expiration });
    removeExpired(world, cluster, metadataOf(object.body).namespace);
    const key = `velero-backup/${cluster.region}/${cluster.name}/${name}`;
    world.after(world.duration(backupSeconds, key), resource, `Backup ${name} ended`, () => {
      const items = archive(world, cluster, name, namespaces.length > 0 ? namespaces : ['*']);
      setStatus({
        phase: 'Completed',
        startTimestamp,
        expiration,
        completionTimestamp: world.now().toISOString(),
        progress: { totalItems: items, itemsBackedUp: items },
      });
    });
    return;
  }
  const backup = String(spec.backupName ?? '');
  if (!archives(world).has(backup)) {
    setStatus({ phase: 'FailedValidation', validationErrors: [`backup ${backup} not found`] });
    return;
  }
  setStatus({ phase: 'InProgress', startTimestamp: world.now().toISOString() });
  const key = `velero-restore/${cluster.region}/${cluster.name}/${name}`;
  world.after(world.duration(restoreSeconds, key), resource, `Restore ${name} ended`, () => {
    const { restored, skipped } = bringBack(world, cluster, archives(world).get(backup) ?? [], spec);
    setStatus({
      phase: 'Completed',
      completionTimestamp: world.now().toISOString(),
      progress: { totalItems: restored + skipped, itemsRestored: restored },
      ...(skipped > 0 && { warnings: skipped }),
    });
  });
}

/** Velero's default is 30 days. */
function ttlMs(ttl: Json | undefined): number {
  const hours = /^(\d+)h/.exec(String(ttl ?? ''))?.[1];
  return Number(hours ?? 720) * 3_600_000;
}

/** Velero removes backups whose time is over, with what they hold. */
function removeExpired(world: World, cluster: SimulatedCluster, namespace: string): void {
  const over = cluster.objects.filter(({ plural, body }) => {
    if (plural !== 'backups' || metadataOf(body).namespace !== namespace) return false;
    const { expiration } = objectOrEmpty(body.status);
    return typeof expiration === 'string' && Date.parse(expiration) < world.nowMs();
  });
  for (const { body } of over) archives(world).delete(metadataOf(body).name);
  if (over.length > 0) cluster.objects = cluster.objects.filter(object => !over.includes(object));
}

/** Makes what is not there. What exists is skipped, as Velero does by default. */
function bringBack(
  world: World,
  cluster: SimulatedCluster,
  bodies: readonly JsonObject[],
  spec: JsonObject,
): { restored: number; skipped: number } {
  const mapping = objectOrEmpty(spec.namespaceMapping);
  let restored = 0;
  let skipped = 0;
  for (const { simulatedPlural, status: _, ...original } of bodies) {
    const body = moved(original, mapping);
    const { name, namespace } = metadataOf(body);
    if (namespace !== '' && !namespaceExists(cluster, namespace)) makeNamespace(world, cluster, namespace);
    if (simulatedPlural === undefined) {
      const kind = body.kind === 'StatefulSet' ? 'StatefulSet' : 'Deployment';
      const exists = cluster.deployments.some(other => other.namespace === namespace && other.name === name);
      if (!exists) createWorkload(world, cluster, kind, body);
      if (exists) skipped += 1;
      else restored += 1;
      continue;
    }
    const plural = String(simulatedPlural);
    if (findObject(cluster, String(body.apiVersion), plural, namespace, name)) skipped += 1;
    else {
      storeObject(world, cluster, plural, body);
      restored += 1;
    }
  }
  return { restored, skipped };
}

function moved(body: JsonObject, mapping: JsonObject): JsonObject {
  const { namespace } = metadataOf(body);
  const target = mapping[namespace];
  if (typeof target !== 'string' || !isJsonObject(body.metadata)) return body;
  return { ...body, metadata: { ...body.metadata, namespace: target } };
}

export function makeNamespace(world: World, cluster: SimulatedCluster, name: string): void {
  storeObject(world, cluster, 'namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
    status: { phase: 'Active' },
  });
}

function list(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
