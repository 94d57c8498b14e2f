import * as z from 'zod';
import { ConflictError, RequestRejectedError, ServiceUnavailableError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { KubernetesAccess, KubernetesRequest } from '../ports.ts';
import { type KubernetesPort, parse } from './api.ts';
import {
  builtInKinds,
  describeRef,
  groupPath,
  type ObjectRef,
  pathOf,
  type ResourceKind,
} from './resources.ts';

/** Objects of any kind, by apiVersion, kind, namespace and name. */

/** Label on everything that a run makes in a cluster. Nothing without it is deleted unless its manifest was kept. */
export const runLabel = 'lifeboat/run';
/** Who Lifeboat is among the managers of an object's fields. */
const fieldManager = 'lifeboat';

const resourceList = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })).default([]),
});

/** How a kind is called in paths; undefined when the cluster does not serve it (yet). */
export async function kindOf(
  port: KubernetesPort,
  access: KubernetesAccess,
  { apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>,
): Promise<ResourceKind | undefined> {
  const known = builtInKinds[apiVersion]?.[kind];
  if (known) return known;
  const path = groupPath(apiVersion);
  const { status, body } = await port.kubernetes(access, { method: 'GET', path });
  if (status === 404) return undefined;
  const { resources } = parse(resourceList, body, path);
  const found = resources.find(resource => resource.kind === kind && !resource.name.includes('/'));
  return found && { plural: found.name, namespaced: found.namespaced };
}

/** The object as the server has it; undefined when it or its kind is not there. */
export async function readObject(
  port: KubernetesPort,
  access: KubernetesAccess,
  ref: ObjectRef,
): Promise<JsonObject | undefined> {
  const kind = await kindOf(port, access, ref);
  if (!kind) return undefined;
  const { status, body } = await port.kubernetes(access, { method: 'GET', path: pathOf(ref, kind) });
  return status === 404 ? undefined : (body as JsonObject);
}

/** All objects of a kind in a namespace (or everywhere), that carry the labels. Undefined when nothing serves them. */
export async function listObjects(
  port: KubernetesPort,
  access: KubernetesAccess,
  {
    apiVersion,
    kind,
    namespace,
    labels = {},
  }: { apiVersion: string; kind: string; namespace?: string; labels?: Record<string, string> },
): Promise<JsonObject[] | undefined> {
  const found = await kindOf(port, access, { apiVersion, kind });
  if (!found) return undefined;
  const place = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const query = selector.length > 0 ? `?labelSelector=${encodeURIComponent(selector.join(','))}` : '';
  const path = `${groupPath(apiVersion)}${place}/${found.plural}${query}`;
  const { status, body } = await port.kubernetes(access, { method: 'GET', path });
  if (status === 404) return undefined;
  return parse(z.object({ items: z.array(z.custom<JsonObject>()).default([]) }), body, path).items;
}

/**
 * Server-side apply: makes the object or brings its fields to what is given, taking them over from other managers as
 * `kubectl apply --force-conflicts` does. With `dryRun` the server checks everything and changes nothing.
 */
export function applyObject(
  port: KubernetesPort,
  access: KubernetesAccess,
  body: JsonObject,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<JsonObject> {
  const query = `?fieldManager=${fieldManager}&force=true${dryRun ? '&dryRun=All' : ''}`;
  return write(port, access, refOf(body), query, {
    method: 'PATCH',
    contentType: 'application/apply-patch+yaml',
    body,
  });
}

/** Puts an object in the place of what is there under its name, whatever was changed meanwhile. */
export function replaceObject(
  port: KubernetesPort,
  access: KubernetesAccess,
  body: JsonObject,
): Promise<JsonObject> {
  return write(port, access, refOf(body), `?fieldManager=${fieldManager}`, { method: 'PUT', body });
}

export type PatchType = 'merge' | 'strategic';

export function patchObject(
  port: KubernetesPort,
  access: KubernetesAccess,
  ref: ObjectRef,
  body: JsonObject,
  type: PatchType = 'merge',
): Promise<JsonObject> {
  const contentType =
    type === 'merge' ? 'application/merge-patch+json' : 'application/strategic-merge-patch+json';
  return write(port, access, ref, `?fieldManager=${fieldManager}`, { method: 'PATCH', contentType, body });
}

/** Makes an object; one of this name that is there already is left as it is, since an earlier call may have made it. */
export async function createObject(
  port: KubernetesPort,
  access: KubernetesAccess,
  body: JsonObject,
): Promise<'made' | 'exists'> {
  const ref = refOf(body);
  const kind = await servedKind(port, access, ref);
  const path = `${pathOf(ref, kind).replace(/\/[^/]+$/, '')}?fieldManager=${fieldManager}`;
  const { status } = await port.kubernetes(access, { method: 'POST', path, body });
  if (status === 404) throw noPlace(ref);
  return status === 409 ? 'exists' : 'made';
}

/** Deletes an object and, in the background, what it owns. One that is gone already is fine. */
export async function deleteObject(
  port: KubernetesPort,
  access: KubernetesAccess,
  ref: ObjectRef,
  { uid }: { uid?: string } = {},
): Promise<void> {
  const kind = await kindOf(port, access, ref);
  if (!kind) return;
  const options: JsonObject = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
  const body = uid === undefined ? options : { ...options, preconditions: { uid } };
  const { status } = await port.kubernetes(access, { method: 'DELETE', path: pathOf(ref, kind), body });
  // 409: another object has taken the name since; that one stays.
  if (status === 409 && uid === undefined) throw conflict(ref);
}

async function write(
  port: KubernetesPort,
  access: KubernetesAccess,
  ref: ObjectRef,
  query: string,
  request: Omit<KubernetesRequest, 'path'>,
): Promise<JsonObject> {
  const kind = await servedKind(port, access, ref);
  const path = `${pathOf(ref, kind)}${query}`;
  const { status, body } = await port.kubernetes(access, { ...request, path });
  if (status === 404) throw noPlace(ref);
  if (status === 409) throw conflict(ref);
  return body as JsonObject;
}

async function servedKind(
  port: KubernetesPort,
  access: KubernetesAccess,
  ref: ObjectRef,
): Promise<ResourceKind> {
  const kind = await kindOf(port, access, ref);
  if (kind) return kind;
  throw new ServiceUnavailableError(
    `Cluster ${access.cluster} does not serve ${ref.kind} of ${ref.apiVersion} (yet)`,
    {
      nextStep:
        'Nothing at first: a definition that was just applied takes a moment. Else apply it before this step.',
    },
  );
}

/** What a manifest names. Throws nothing: manifests were checked by `manifestSchema`. */
export function refOf(body: JsonObject): ObjectRef {
  const { apiVersion, kind, metadata } = manifestSchema.parse(body);
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
}

/** A manifest as it is written down: what names it, and anything else. */
export const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).optional(),
  }),
});

/** What a plan writes to name an object. */
export const refSchema = z.strictObject({
  apiVersion: z.string().meta({ description: 'Such as v1, apps/v1 or networking.k8s.io/v1' }),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
});

const serverFields = [
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'generation',
  'managedFields',
  'selfLink',
];

/** An object as it could be applied again: without what only the server writes. */
export function cleanManifest({ status: _, ...body }: JsonObject): JsonObject {
  const metadata = (body.metadata ?? {}) as JsonObject;
  const kept = Object.entries(metadata).filter(([key]) => !serverFields.includes(key));
  return { ...body, metadata: Object.fromEntries(kept) };
}

/** The manifest with labels added, such as the run that makes it. */
export function withLabels(body: JsonObject, labels: Record<string, string>): JsonObject {
  const metadata = (body.metadata ?? {}) as JsonObject;
  return { ...body, metadata: { ...metadata, labels: { ...(metadata.labels as object), ...labels } } };
}

export function labelsOf(body: JsonObject): Record<string, string> {
  return manifestSchema.safeParse(body).data?.metadata.labels ?? {};
}

/** Name of the file that keeps the manifest of an object that is to be deleted. */
export function keptManifestName({ kind, namespace, name }: Omit<ObjectRef, 'apiVersion'>): string {
  return `${[kind, namespace, name].filter(part => part !== undefined && part !== '').join('.')}.json`;
}

/** Whether everything in `wanted` is in `found`; lists of named entries are compared by name. */
export function holds(found: Json | undefined, wanted: Json): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found)) return false;
    const named = wanted.every(entry => isJsonObject(entry) && typeof entry.name === 'string');
    if (!named) return wanted.length === found.length && wanted.every((entry, at) => holds(found[at], entry));
    return wanted.every(entry => {
      const same = found.find(other => isJsonObject(other) && other.name === (entry as JsonObject).name);
      return (entry as JsonObject).$patch === 'delete' ? same === undefined : holds(same, entry);
    });
  }
  if (!isJsonObject(wanted))
    return wanted === null ? found === undefined || found === null : found === wanted;
  if (!isJsonObject(found)) return Object.values(wanted).every(value => value === null);
  return Object.entries(wanted).every(([key, value]) => holds(found[key], value));
}

/** The patch that takes another one back, from what the object is before it. */
export function inversePatch(current: Json | undefined, patch: Json, type: PatchType): Json {
  if (Array.isArray(patch)) {
    const byName =
      type === 'strategic' && patch.every(entry => isJsonObject(entry) && typeof entry.name === 'string');
    if (!byName || !Array.isArray(current)) return current ?? null;
    return patch.map(entry => {
      const { name = '' } = entry as JsonObject;
      const before = current.find(other => isJsonObject(other) && other.name === name);
      if (before === undefined) return { name, $patch: 'delete' };
      if ((entry as JsonObject).$patch === 'delete') return before;
      return { ...(inversePatch(before, entry, type) as JsonObject), name };
    });
  }
  if (!isJsonObject(patch) || !isJsonObject(current)) return current ?? null;
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => [key, inversePatch(current[key], value, type)]),
  );
}

function conflict(ref: ObjectRef): ConflictError {
  return new ConflictError(`${describeRef(ref)} was changed by somebody else at the same time.`, {
    nextStep: 'Nothing: the request is made again.',
  });
}

function noPlace(ref: ObjectRef): RequestRejectedError {
  return new RequestRejectedError(`${describeRef(ref)} or its namespace is not there.`, {
    nextStep: 'Make the namespace first (k8s.create-namespace), or correct the name in the plan; then retry.',
  });
}
