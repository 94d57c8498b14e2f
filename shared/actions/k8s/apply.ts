import * as z from 'zod';
import { keepFile, keptFilePermissions, readKeptFile } from '../../aws/kept-files.ts';
import { readBundle } from '../../aws/manifest-bundle.ts';
import { LifeboatError, RequestRejectedError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { judgeApplied } from '../../kubernetes/applied.ts';
import {
  appliedAnnotation,
  arrange,
  bundleSchema,
  digestOf,
  manifestListSchema,
  refuseManifests,
} from '../../kubernetes/manifests.ts';
import {
  applyObject,
  cleanManifest,
  deleteObject,
  kindOf,
  labelsOf,
  readObject,
  refOf,
  replaceObject,
  runLabel,
} from '../../kubernetes/object-api.ts';
import { listPodsBy } from '../../kubernetes/pod-logs.ts';
import { describeRef } from '../../kubernetes/resources.ts';
import { podProblems } from '../../kubernetes/rollout.ts';
import { eksCluster } from '../../plan/components.ts';
import type { KubernetesAccess } from '../../ports.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { accessOf, recordChange } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z
  .strictObject({
    cluster: eksCluster,
    objects: manifestListSchema.optional(),
    bundle: bundleSchema.optional(),
    namespace: z.string().optional().meta({ description: 'For objects that name none' }),
    rewriteNamespace: z
      .string()
      .optional()
      .meta({ description: 'Puts everything into this namespace, whatever the manifests say: for tests' }),
  })
  .refine(
    ({ objects, bundle }) => (objects === undefined) !== (bundle === undefined),
    'either objects or bundle',
  );
type Parameters = z.output<typeof parameters>;

/** File that holds what was there before, for undo. */
const beforeFile = 'before.json';
const beforeSchema = z.array(z.custom<JsonObject>());
/** After this long an applied object must show. */
const visibleWithinSeconds = 60;

/**
 * Applies manifests on the server's side, in an order that works (namespaces and definitions first, webhooks last),
 * and waits for what they start: namespaces are Active, definitions Established, rollouts complete. The manifests are
 * in the plan, or in one file in S3 whose SHA-256 the plan says. Nothing is deleted that is no longer in them.
 *
 * In the cluster the function's role needs: `get`, `create`, `patch` on the kinds, `update` and `delete` for undo, and
 * `list` on pods to say why a workload is not there yet.
 */
export const action = defineAction({
  kind: 'k8s.apply',
  summary: 'Applies manifests to a cluster and waits for their rollout',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: { applied: 'Objects that were applied', made: 'How many of them were not there before' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 5,
    likelySeconds: 90,
    maxSeconds: 600,
    source: 'A request for each object, then rollouts of at most 600 s by default (Kubernetes API)',
  },
  failureModes: [
    'The file is not the one that the plan names: its SHA-256 differs',
    'An object needs a definition or a webhook that is not ready yet',
    'A manifest names a namespace of its own and lands in production',
    'An admission webhook or a quota refuses an object when others were applied already',
    'New pods never become ready',
  ],
  permissions: ({ cluster, bundle }) => [
    clusterPermission(cluster.name, cluster.region),
    ...keptFilePermissions(),
    ...(bundle
      ? [
          {
            actions: ['s3:GetObject', 's3:GetObjectVersion'],
            resources: [`arn:\${AWS::Partition}:s3:::${bundle.bucket}/${bundle.key}`],
          },
        ]
      : []),
  ],

  async prepare(context, given) {
    const drill = refuseProductionInDrill(context, given.cluster.region, `cluster ${given.cluster.name}`);
    if (drill) return drill;
    const manifests = await manifestsOf(context, given);
    const reasons = refuseManifests(manifests, given);
    if (reasons.length === 0) reasons.push(...(await tryOut(context, given, manifests)));
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const digest = digestOf(manifests);
    const what = `${manifests.length} manifests will be applied, SHA-256 ${digest}`;
    const names = manifests.map(manifest => describeRef(refOf(manifest)));
    return { status: 'ready', baseline: { digest }, evidence: [{ what, data: { digest, objects: names } }] };
  },

  async act(context, given) {
    const access = accessOf(given.cluster);
    const manifests = await manifestsOf(context, given);
    if ((await readKeptFile(context, beforeFile)) === undefined) {
      const before: JsonObject[] = [];
      for (const manifest of manifests) {
        const found = await readObject(context, access, refOf(manifest));
        if (found) before.push(cleanManifest(found));
      }
      await keepFile(context, beforeFile, JSON.stringify(before, null, 2));
    }
    for (const manifest of manifests) {
      const ref = refOf(manifest);
      await recordChange(context, access, 'Apply', ref, `${describeRef(ref)} applied`);
      await applyObject(context, access, manifest);
    }
  },

  async observe(context, given) {
    const access = accessOf(given.cluster);
    const manifests = await manifestsOf(context, given);
    for (const manifest of manifests) {
      const ref = refOf(manifest);
      const verdict = judgeApplied(manifest, await readObject(context, access, ref));
      const early = verdict.status === 'lost' && context.elapsedSeconds < visibleWithinSeconds;
      if (verdict.status === 'pending' || early) {
        const problems = verdict.status === 'pending' ? await podsInTheWay(context, access, manifest) : [];
        const note = [`${describeRef(ref)}: ${verdict.why}`, ...problems].join('; ');
        return { status: 'pending', note };
      }
      if (verdict.status === 'done') continue;
      const mend =
        'Look at the object and its pods, and whether a controller or a pipeline changes it; then retry.';
      const what = `${describeRef(ref)} was applied and is not well: ${verdict.why}.`;
      return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
    }
    const before = beforeSchema.parse(JSON.parse((await readKeptFile(context, beforeFile)) ?? '[]'));
    const outputs = { applied: manifests.length, made: manifests.length - before.length };
    const what = `All ${manifests.length} objects are there and what they start is complete`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },

  undo,
});

/** Why the pods of a workload are not ready, for a person who waits. Without the right to list pods nothing is said. */
async function podsInTheWay(
  context: ActionContext,
  access: KubernetesAccess,
  manifest: JsonObject,
): Promise<string[]> {
  const workload = selectingSchema.safeParse(manifest);
  if (!workload.success) return [];
  const { namespace = '' } = refOf(manifest);
  const labels = workload.data.spec.selector.matchLabels;
  try {
    return podProblems(await listPodsBy(context, access, { namespace, labels }));
  } catch (error) {
    if (error instanceof LifeboatError) return [];
    throw error;
  }
}

const selectingSchema = z.looseObject({
  spec: z.looseObject({ selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()) }) }),
});

/** Lets the server check every object that it can check before anything is changed. */
async function tryOut(
  context: ActionContext,
  { cluster }: Parameters,
  manifests: readonly JsonObject[],
): Promise<Reason[]> {
  const access = accessOf(cluster);
  const namespaces = manifests
    .filter(({ kind }) => kind === 'Namespace')
    .map(manifest => refOf(manifest).name);
  const defines = manifests.some(({ kind }) => kind === 'CustomResourceDefinition');
  const reasons: Reason[] = [];
  for (const manifest of manifests) {
    const ref = refOf(manifest);
    if (namespaces.includes(ref.namespace ?? '')) continue;
    if (defines && (await kindOf(context, access, ref)) === undefined) continue;
    try {
      await applyObject(context, access, manifest, { dryRun: true });
    } catch (error) {
      if (!(error instanceof RequestRejectedError)) throw error;
      reasons.push({
        what: `The cluster would refuse ${describeRef(ref)}: ${error.message}`,
        mend: error.nextStep,
      });
    }
  }
  return reasons;
}

/** Takes away what the run made and puts back what it replaced, the last applied first. */
async function undo(context: ActionContext, given: Parameters): Promise<Observation> {
  const access = accessOf(given.cluster);
  const kept = await readKeptFile(context, beforeFile);
  if (kept === undefined) return { status: 'done', outputs: {}, evidence: [] };
  const before = beforeSchema.parse(JSON.parse(kept));
  const left: string[] = [];
  for (const manifest of (await manifestsOf(context, given)).reverse()) {
    const ref = refOf(manifest);
    const previous = before.find(other => describeRef(refOf(other)) === describeRef(ref));
    const now = await readObject(context, access, ref);
    if (previous) {
      if (now && !isOurs(now, manifest)) continue;
      await recordChange(context, access, 'Replace', ref, `${describeRef(ref)} put back as it was`);
      if (now) await replaceObject(context, access, previous);
      else await applyObject(context, access, previous);
      left.push(describeRef(ref));
    } else if (now && labelsOf(now)[runLabel] === context.run.id) {
      await recordChange(context, access, 'Delete', ref, `${describeRef(ref)}, which this run made, deleted`);
      await deleteObject(context, access, ref);
      left.push(describeRef(ref));
    }
  }
  if (left.length > 0) return { status: 'pending', note: `taking back ${left.join(', ')}` };
  const what = `What was applied to ${given.cluster.name} is taken back`;
  return { status: 'done', outputs: {}, evidence: [{ what }] };
}

function isOurs(now: JsonObject, manifest: JsonObject): boolean {
  const annotation = (body: JsonObject) =>
    ((body.metadata as JsonObject).annotations as JsonObject | undefined)?.[appliedAnnotation];
  return annotation(now) === annotation(manifest);
}

/** The manifests as they are sent: in order, in their namespace, with the run's label and their own digest. */
async function manifestsOf(context: ActionContext, given: Parameters): Promise<JsonObject[]> {
  const manifests = given.objects ?? (await readBundle(context, given.bundle ?? missingBundle()));
  return arrange(manifests as JsonObject[], { ...given, run: context.run });
}

function missingBundle(): never {
  throw new Error('the schema lets nothing through that has neither objects nor a bundle');
}
