import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../json.ts';
import { holds, inversePatch, patchObject, readObject, refSchema } from '../../kubernetes/object-api.ts';
import { deploymentSchema } from '../../kubernetes/objects.ts';
import { describeRef } from '../../kubernetes/resources.ts';
import { rolloutState } from '../../kubernetes/rollout.ts';
import { eksCluster } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { accessOf, missingObject, recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  cluster: eksCluster,
  object: refSchema.refine(({ kind }) => kind !== 'Secret', 'a Secret is written by k8s.create-secret'),
  patch: z
    .record(z.string(), z.json())
    .meta({ description: 'What to change, as the object has it; null removes a field' }),
  type: z.enum(['merge', 'strategic']).default('merge').meta({
    description: 'strategic merges lists of named entries (containers, env) by name; merge replaces lists',
  }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ inverse: z.custom<JsonObject>() });

/** As in k8s-workload.ts: after this long a change must show. */
const visibleWithinSeconds = 60;

/**
 * Changes fields of one object and reads them back; for what runs pods it also waits for the rollout. Undo applies the
 * inverse patch, made from what the fields were, and touches nothing else.
 *
 * In the cluster the function's role needs: `get` and `patch` on the kind.
 */
export const action = defineAction({
  kind: 'k8s.patch',
  summary: 'Changes fields of a Kubernetes object',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: { changed: 'Whether anything had to be changed' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 20,
    maxSeconds: 600,
    source: 'One request; a change of a pod template takes a rollout, at most 600 s by default',
  },
  failureModes: [
    'A controller or a GitOps tool sets the fields back',
    'An admission webhook refuses the change',
    'A patch that replaces a list removes what it does not name',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  async prepare(context, given) {
    const { cluster, object, patch, type } = given;
    const drill = refuseProductionInDrill(context, cluster.region, describeRef(object));
    if (drill) return drill;
    const found = await readObject(context, accessOf(cluster), object);
    if (!found) return refused(missingObject(object, accessOf(cluster)));
    const baseline = { inverse: inversePatch(found, patch, type) as JsonObject };
    const evidence = [{ what: `${describeRef(object)} was read; the inverse of the patch is kept` }];
    if (holds(found, patch) && settled(found).status === 'complete') {
      return { status: 'already-done', baseline, outputs: { changed: false }, evidence };
    }
    return { status: 'ready', baseline, evidence };
  },

  act: (context, given) => send(context, given, given.patch),
  observe: (context, given) => look(context, given, given.patch),

  async undo(context, given, baseline) {
    const { inverse } = baselineSchema.parse(baseline);
    const found = await readObject(context, accessOf(given.cluster), given.object);
    if (found && !holds(found, inverse)) {
      await send(context, given, inverse);
      return { status: 'pending', note: 'putting the fields from before back' };
    }
    return look(context, given, inverse);
  },
});

async function send(context: ActionContext, given: Parameters, patch: JsonObject): Promise<void> {
  const { cluster, object, type } = given;
  const what = `${describeRef(object)} patched: ${Object.keys(flatten(patch)).join(', ')}`;
  await recordChange(context, accessOf(cluster), 'Patch', object, what);
  await patchObject(context, accessOf(cluster), object, patch, type);
}

async function look(context: ActionContext, given: Parameters, patch: JsonObject): Promise<Observation> {
  const { cluster, object } = given;
  const found = await readObject(context, accessOf(cluster), object);
  if (!found) return { status: 'failed', reasons: [missingObject(object, accessOf(cluster))], evidence: [] };
  if (!holds(found, patch)) {
    if (context.elapsedSeconds < visibleWithinSeconds) {
      return { status: 'pending', note: 'the cluster does not show the change yet' };
    }
    const what = `Something set the fields of ${describeRef(object)} back after they were changed.`;
    const mend = 'Look whether a controller or a GitOps tool owns them; stop it, then retry.';
    return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
  }
  const state = settled(found);
  if (state.status === 'pending') return { status: 'pending', note: state.note };
  if (state.status === 'failed') {
    const mend = `Look at \`kubectl describe pods -n ${object.namespace ?? 'default'}\`, mend what they lack, then retry.`;
    const what = `The rollout of ${describeRef(object)} does not get on: ${state.why}.`;
    return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
  }
  const what = `${describeRef(object)} holds the wanted fields`;
  return { status: 'done', outputs: { changed: true }, evidence: [{ what }] };
}

/** What runs pods is settled when its rollout is; everything else at once. */
function settled(found: JsonObject): ReturnType<typeof rolloutState> {
  if (found.kind === 'DaemonSet') return daemonsState(found);
  if (found.kind !== 'Deployment' && found.kind !== 'StatefulSet') return { status: 'complete' };
  const parsed = deploymentSchema.safeParse(found);
  return parsed.success ? rolloutState(parsed.data) : { status: 'complete' };
}

const daemonsSchema = z.object({
  metadata: z.object({ generation: z.number().default(0) }),
  status: z.object({
    observedGeneration: z.number().default(0),
    desiredNumberScheduled: z.number(),
    updatedNumberScheduled: z.number().default(0),
    numberAvailable: z.number().default(0),
  }),
});

/** A DaemonSet is settled when the pod of every node is of the newest template and available. */
function daemonsState(found: JsonObject): ReturnType<typeof rolloutState> {
  const parsed = daemonsSchema.safeParse(found);
  if (!parsed.success) return { status: 'pending', note: 'its controller has not said anything yet' };
  const { metadata, status } = parsed.data;
  const { desiredNumberScheduled: wanted, updatedNumberScheduled: updated, numberAvailable } = status;
  if (status.observedGeneration < metadata.generation || updated < wanted || numberAvailable < wanted) {
    return {
      status: 'pending',
      note: `${updated} of ${wanted} pods are new, ${numberAvailable} are available`,
    };
  }
  return { status: 'complete' };
}

/** Paths of the leaves, for a sentence; values may be nobody's business. */
function flatten(value: JsonObject, prefix = ''): Record<string, true> {
  const paths: Record<string, true> = {};
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (isJsonObject(inner)) Object.assign(paths, flatten(inner, path));
    else paths[path] = true;
  }
  return paths;
}
