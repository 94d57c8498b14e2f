import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { createObject, deleteObject, labelsOf, readObject, runLabel } from '../../kubernetes/object-api.ts';
import { eksCluster } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { accessOf, recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  cluster: eksCluster,
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'a DNS label, such as shop-dr-test'),
  labels: z.record(z.string(), z.string()).default({}),
});

const refTo = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', name });

/**
 * Makes a namespace and waits until it is Active. One that is there already is left as it is and never deleted; undo
 * deletes what this run made, with all that is in it.
 *
 * In the cluster the function's role needs: `get`, `create` and, for undo, `delete` on namespaces.
 */
export const action = defineAction({
  kind: 'k8s.create-namespace',
  summary: 'Makes a namespace',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: { namespace: 'Its name', made: 'Whether this step made it' },
  drill: 'isolated',
  mutates: true,
  typical: { minSeconds: 1, likelySeconds: 1, maxSeconds: 10, source: 'One request' },
  failureModes: [
    'It is left over from an earlier run, or still being deleted',
    'The role may not make namespaces',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  async prepare(context, { cluster, name }) {
    const drill = refuseProductionInDrill(context, cluster.region, `cluster ${cluster.name}`);
    if (drill) return drill;
    const found = await readObject(context, accessOf(cluster), refTo(name));
    if (!found)
      return { status: 'ready', baseline: {}, evidence: [{ what: `There is no namespace ${name}` }] };
    if (phaseOf(found) !== 'Active') {
      return refused({
        what: `Namespace ${name} is ${phaseOf(found)}: an earlier one of this name is not gone yet.`,
        mend: `Wait, or see with \`kubectl get namespace ${name} -o yaml\` which finalizer holds it; then retry.`,
      });
    }
    const outputs = { namespace: name, made: false };
    const what = `Namespace ${name} is there and Active`;
    return {
      status: 'already-done',
      baseline: {},
      outputs,
      evidence: [{ what, data: { labels: labelsOf(found) } }],
    };
  },

  async act(context, { cluster, name, labels }) {
    const access = accessOf(cluster);
    if (await readObject(context, access, refTo(name))) return;
    await recordChange(context, access, 'Create', refTo(name), `Namespace ${name} made`);
    const metadata = { name, labels: { ...labels, [runLabel]: context.run.id } };
    await createObject(context, access, { apiVersion: 'v1', kind: 'Namespace', metadata });
  },

  async observe(context, { cluster, name }) {
    const found = await readObject(context, accessOf(cluster), refTo(name));
    if (!found) return { status: 'pending', note: `namespace ${name} does not show yet` };
    if (phaseOf(found) !== 'Active')
      return { status: 'pending', note: `namespace ${name} is ${phaseOf(found)}` };
    const made = labelsOf(found)[runLabel] === context.run.id;
    const outputs = { namespace: name, made };
    return { status: 'done', outputs, evidence: [{ what: `Namespace ${name} is Active`, data: outputs }] };
  },

  async undo(context, { cluster, name }) {
    const access = accessOf(cluster);
    const found = await readObject(context, access, refTo(name));
    if (!found || labelsOf(found)[runLabel] !== context.run.id) {
      const what = found ? `Namespace ${name} was there before and stays` : `Namespace ${name} is gone`;
      return { status: 'done', outputs: {}, evidence: [{ what }] };
    }
    if (phaseOf(found) === 'Active') {
      await recordChange(
        context,
        access,
        'Delete',
        refTo(name),
        `Namespace ${name}, which this run made, deleted`,
      );
      await deleteObject(context, access, refTo(name));
    }
    return { status: 'pending', note: `namespace ${name} is going, with all that is in it` };
  },
});

function phaseOf(found: JsonObject): string {
  return z.object({ status: z.object({ phase: z.string() }) }).safeParse(found).data?.status.phase ?? 'new';
}
