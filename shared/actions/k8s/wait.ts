import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { listObjects, manifestSchema, readObject } from '../../kubernetes/object-api.ts';
import { conditionHolds, conditionSchema } from '../../kubernetes/objects.ts';
import { eksCluster } from '../../plan/components.ts';
import { type ActionContext, defineAction } from '../contract.ts';
import { accessOf } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z
  .strictObject({
    cluster: eksCluster,
    apiVersion: z.string().default('v1'),
    kind: z.string().default('Pod'),
    namespace: z.string().optional(),
    name: z.string().optional(),
    labels: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'All objects with these labels' }),
    condition: z.string().default('Ready').meta({ description: 'Type of a status condition that must hold' }),
    atLeast: z.number().int().positive().default(1).meta({ description: 'Objects that there must be' }),
  })
  .refine(({ name, labels }) => (name === undefined) !== (labels === undefined), 'either name or labels');
type Parameters = z.output<typeof parameters>;

/**
 * Waits until a condition holds for one object or for all that carry labels. What is not there yet is waited for:
 * `kubectl wait` right after an apply finds nothing and fails.
 *
 * In the cluster the function's role needs: `get` or `list` on the kind.
 */
export const action = defineAction({
  kind: 'k8s.wait',
  summary: 'Waits until a condition holds for Kubernetes objects',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: { count: 'Objects for which it holds' },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 1,
    likelySeconds: 30,
    maxSeconds: 600,
    source: 'The documents that plans are made from give such waits 300 to 600 s',
  },
  failureModes: [
    'The objects never appear',
    'The condition never holds',
    'The cluster does not know the kind',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  prepare: async () => ({ status: 'ready', baseline: {}, evidence: [] }),

  async observe(context, given) {
    const { kind, condition, atLeast } = given;
    const objects = (await find(context, given)).filter(object => !isEnding(object));
    const holding = objects.filter(object => holdsFor(object, condition)).length;
    if (objects.length < atLeast) {
      return {
        status: 'pending',
        note: `${objects.length} of at least ${atLeast} ${kind} objects are there`,
      };
    }
    if (holding < objects.length) {
      return {
        status: 'pending',
        note: `${condition} holds for ${holding} of ${objects.length} ${kind} objects`,
      };
    }
    const what = `${condition} holds for all ${holding} ${kind} objects`;
    return { status: 'done', outputs: { count: holding }, evidence: [{ what, data: { count: holding } }] };
  },
});

async function find(context: ActionContext, given: Parameters): Promise<JsonObject[]> {
  const { cluster, apiVersion, kind, namespace, name, labels } = given;
  const access = accessOf(cluster);
  if (name !== undefined) {
    const found = await readObject(context, access, { apiVersion, kind, namespace, name });
    return found ? [found] : [];
  }
  return (await listObjects(context, access, { apiVersion, kind, namespace, labels })) ?? [];
}

function isEnding(object: JsonObject): boolean {
  return manifestSchema.safeParse(object).data?.metadata.deletionTimestamp !== undefined;
}

const statusSchema = z.object({ status: z.object({ conditions: z.array(conditionSchema).default([]) }) });

function holdsFor(object: JsonObject, condition: string): boolean {
  return conditionHolds(statusSchema.safeParse(object).data?.status.conditions ?? [], condition);
}
