import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Reason } from '../actions/contract.ts';
import type { JsonObject } from '../json.ts';
import { regionSchema } from '../plan/region.ts';
import type { Run } from '../runbook/contract.ts';
import { manifestSchema, refOf, runLabel, withLabels } from './object-api.ts';
import { builtInKinds, describeRef } from './resources.ts';

/** Manifests that are to be applied: how they are written down, in which order they go, and which are refused. */

export const manifestListSchema = z
  .array(manifestSchema)
  .min(1)
  .meta({ description: 'Manifests, as in YAML files for kubectl' });

export const bundleSchema = z
  .strictObject({
    bucket: z.string(),
    key: z.string(),
    region: regionSchema.meta({ description: 'Of the bucket; the recovery region is the one that is there' }),
    versionId: z.string().optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'the SHA-256 of the file, 64 lower-case hexadecimal digits')
      .meta({ description: 'What `sha256sum` says of the file; another file is refused' }),
  })
  .meta({ description: 'One YAML file in S3 with all manifests, such as the output of kubectl kustomize' });

/** Says which content a run applied last, so that a later change is seen. */
export const appliedAnnotation = 'lifeboat/applied';

/** Kinds that others need come first; what can refuse the others comes last. */
const first = ['Namespace', 'CustomResourceDefinition', 'PriorityClass', 'StorageClass', 'ServiceAccount'];
const second = ['ClusterRole', 'Role', 'ClusterRoleBinding', 'RoleBinding', 'ConfigMap', 'Secret', 'Service'];
const last = ['Ingress', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'];

function rank({ kind }: { kind: unknown }): number {
  const name = String(kind);
  if (first.includes(name)) return first.indexOf(name);
  if (second.includes(name)) return 10 + second.indexOf(name);
  return last.includes(name) ? 100 + last.indexOf(name) : 50;
}

/** What is sent: in order, each in its namespace, with the label of the run and a digest of its content. */
export function arrange(
  manifests: readonly JsonObject[],
  {
    namespace,
    rewriteNamespace,
    run,
  }: { namespace?: string; rewriteNamespace?: string; run: Pick<Run, 'id'> },
): JsonObject[] {
  return manifests
    .map((manifest, at) => ({ manifest, at }))
    .sort((one, other) => rank(asKind(one)) - rank(asKind(other)) || one.at - other.at)
    .map(({ manifest }) => {
      const metadata = manifest.metadata as JsonObject;
      const own = typeof metadata.namespace === 'string' ? metadata.namespace : namespace;
      const place = rewriteNamespace ?? own;
      const namespaced: JsonObject = isOfCluster(manifest) || place === undefined ? {} : { namespace: place };
      const placed = { ...manifest, metadata: { ...metadata, ...namespaced } };
      const labelled = withLabels(placed, { [runLabel]: run.id });
      const annotations = { ...(metadata.annotations as object), [appliedAnnotation]: digestOf([manifest]) };
      return { ...labelled, metadata: { ...(labelled.metadata as JsonObject), annotations } };
    });
}

const asKind = ({ manifest }: { manifest: JsonObject }) => ({ kind: manifest.kind ?? '' });

function isOfCluster(manifest: JsonObject): boolean {
  return builtInKinds[String(manifest.apiVersion)]?.[String(manifest.kind)]?.namespaced === false;
}

/** SHA-256 of the content, in hexadecimal. */
export function digestOf(manifests: readonly JsonObject[]): string {
  return createHash('sha256').update(JSON.stringify(manifests)).digest('hex');
}

/** What must not be applied: values of Secrets, and in a test namespace anything that belongs to the whole cluster. */
export function refuseManifests(
  manifests: readonly JsonObject[],
  { rewriteNamespace }: { rewriteNamespace?: string },
): Reason[] {
  const names = manifests.map(manifest => describeRef(refOf(manifest)));
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  return [
    ...twice.map(name => ({
      what: `${name} is among the manifests twice.`,
      mend: 'Remove one of the two: nobody can say which is meant.',
    })),
    ...manifests.filter(({ kind }) => kind === 'Secret').map(secretInManifests),
    ...(rewriteNamespace === undefined ? [] : manifests.filter(isOfCluster).map(wholeCluster)),
  ];
}

function secretInManifests(manifest: JsonObject): Reason {
  return {
    what: `${describeRef(refOf(manifest))} is among the manifests, with its values in clear.`,
    mend: 'Take it out and make it with k8s.create-secret from Secrets Manager.',
  };
}

function wholeCluster(manifest: JsonObject): Reason {
  return {
    what: `${describeRef(refOf(manifest))} belongs to the whole cluster, so it would change production too.`,
    mend: 'Take it out of what is applied to a test namespace.',
  };
}
