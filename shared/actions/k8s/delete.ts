import * as z from 'zod';
import { keepFile, keptFilePermissions, readKeptFile } from '../../aws/kept-files.ts';
import type { JsonObject } from '../../json.ts';
import {
  cleanManifest,
  createObject,
  deleteObject,
  keptManifestName,
  labelsOf,
  manifestSchema,
  readObject,
  refSchema,
  runLabel,
} from '../../kubernetes/object-api.ts';
import { describeRef, type ObjectRef } from '../../kubernetes/resources.ts';
import { eksCluster } from '../../plan/components.ts';
import { defineAction, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { accessOf, recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  cluster: eksCluster,
  objects: z
    .array(refSchema)
    .min(1)
    .meta({ description: 'What may be deleted, object by object; nothing is deleted by a pattern' }),
});

/** Kinds that this step does not delete, and what does instead. */
const closed: Record<string, string> = {
  Secret: 'Use k8s.delete-secret, which keeps an encrypted copy.',
  Pod: 'Use k8s.delete-pod, which waits for the replacement.',
  Node: 'Use k8s.drain, and end the instance through its Auto Scaling group.',
  PersistentVolume: 'Delete it by hand when a backup of its data has been restored elsewhere and checked.',
  PersistentVolumeClaim:
    'Delete it by hand when a backup of its data has been restored elsewhere and checked.',
  CustomResourceDefinition: 'All objects of the kind would go with it; delete those by name.',
};

/**
 * Deletes named objects. The manifest of each is kept beside the run's report before anything is deleted, and undo
 * makes them again from there. What a cloud made for an object (a load balancer, a name) is new when it comes back.
 *
 * In the cluster the function's role needs: `get`, `delete`, and `create` for undo, on the kinds.
 */
export const action = defineAction({
  kind: 'k8s.delete',
  summary: 'Deletes named Kubernetes objects and keeps their manifests',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: { deleted: 'Objects that were deleted', kept: 'Where their manifests are' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 10,
    maxSeconds: 300,
    source: 'Experience: seconds; a namespace takes 1 to 5 min',
  },
  failureModes: [
    'A finalizer holds the object for ever, because its controller is gone',
    'Deleting an ingress deletes its load balancer, and the new one has another name',
    'A GitOps controller makes the object again at once',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region), ...keptFilePermissions()],

  async prepare(context, { cluster, objects }) {
    const drill = refuseProductionInDrill(context, cluster.region, `cluster ${cluster.name}`);
    if (drill) return drill;
    const reasons: Reason[] = [];
    const there: string[] = [];
    for (const ref of objects) {
      const found = await readObject(context, accessOf(cluster), ref);
      if (found) there.push(describeRef(ref));
      const why = found && forbidden(ref, found, context.run.id);
      if (why) reasons.push(why);
    }
    if (reasons.length > 0) return refused(...reasons);
    const baseline = { there };
    if (there.length === 0) {
      const outputs = { deleted: [], kept: '' };
      const what = 'None of the objects is there';
      return { status: 'already-done', baseline, outputs, evidence: [{ what }] };
    }
    return { status: 'ready', baseline, evidence: [{ what: `${there.join(', ')} will be deleted` }] };
  },

  async act(context, { cluster, objects }) {
    const access = accessOf(cluster);
    for (const ref of objects) {
      const found = await readObject(context, access, ref);
      if (!found || isEnding(found)) continue;
      await keepFile(context, keptManifestName(ref), JSON.stringify(cleanManifest(found), null, 2));
    }
    for (const ref of objects) {
      const found = await readObject(context, access, ref);
      if (!found || isEnding(found)) continue;
      await recordChange(context, access, 'Delete', ref, `${describeRef(ref)} deleted; its manifest is kept`);
      await deleteObject(context, access, ref);
    }
  },

  async observe(context, { cluster, objects }, baseline) {
    const { there } = z.object({ there: z.array(z.string()) }).parse(baseline);
    for (const ref of objects) {
      const found = await readObject(context, accessOf(cluster), ref);
      if (!found) continue;
      const finalizers = manifestSchema.parse(found).metadata.finalizers ?? [];
      const held = finalizers.length > 0 ? `, held by ${finalizers.join(', ')}` : '';
      return { status: 'pending', note: `${describeRef(ref)} is still there${held}` };
    }
    const kept = `${context.run.id}/kept/${context.step.id}`;
    const what = `${there.join(', ')} deleted; manifests are kept under ${kept}`;
    return { status: 'done', outputs: { deleted: there, kept }, evidence: [{ what }] };
  },

  async undo(context, { cluster, objects }) {
    const access = accessOf(cluster);
    const missing: string[] = [];
    for (const ref of objects) {
      const kept = await readKeptFile(context, keptManifestName(ref));
      if (kept === undefined) continue;
      const found = await readObject(context, access, ref);
      if (found && !isEnding(found)) continue;
      missing.push(describeRef(ref));
      if (found) continue;
      await recordChange(context, access, 'Create', ref, `${describeRef(ref)} made again from its manifest`);
      await createObject(context, access, JSON.parse(kept) as JsonObject);
    }
    if (missing.length > 0) return { status: 'pending', note: `making ${missing.join(', ')} again` };
    return { status: 'done', outputs: {}, evidence: [{ what: 'What was deleted is there again' }] };
  },
});

function isEnding(object: JsonObject): boolean {
  return manifestSchema.parse(object).metadata.deletionTimestamp !== undefined;
}

function forbidden(ref: ObjectRef, found: JsonObject, run: string): Reason | undefined {
  const what = `${describeRef(ref)} is not deleted by this step.`;
  const instead = closed[ref.kind];
  if (instead !== undefined) return { what, mend: instead };
  if (ref.kind === 'Namespace' && labelsOf(found)[runLabel] !== run) {
    return {
      what: `Namespace ${ref.name} was not made by this run, and everything in it would be deleted.`,
      mend: 'Name the objects in it that are to go, one by one.',
    };
  }
  return undefined;
}
