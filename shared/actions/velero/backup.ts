import * as z from 'zod';
import { shortHash } from '../../aws/names.ts';
import type { JsonObject } from '../../json.ts';
import { createObject, readObject, runLabel } from '../../kubernetes/object-api.ts';
import { stateOf, veleroRef, veleroSchema } from '../../kubernetes/velero.ts';
import { eksCluster } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { accessOf, recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  cluster: eksCluster,
  namespaces: z.array(z.string()).min(1),
  name: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    .max(40)
    .meta({ description: 'Begin of its name' }),
  keepFor: z
    .string()
    .regex(/^\d+h$/, 'hours as Velero takes them, such as 720h')
    .default('720h')
    .meta({ description: 'After this Velero deletes the backup' }),
  veleroNamespace: z.string().default('velero'),
});

const baselineSchema = z.object({ backup: z.string() });

/**
 * Backs namespaces up with the Velero that runs in the cluster, and waits until the backup is Completed. Velero deletes
 * it when its time is up; nothing else has to be tidied away.
 *
 * In the cluster the function's role needs: `get` and `create` on backups.velero.io, and `get` on namespaces.
 */
export const action = defineAction({
  kind: 'velero.backup',
  summary: 'Backs namespaces up with Velero',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: { backup: 'Name of the backup', items: 'Objects in it' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 30,
    likelySeconds: 180,
    maxSeconds: 3600,
    source: 'Experience: minutes for objects and snapshots; hours for volumes that are copied file by file',
  },
  failureModes: [
    'PartiallyFailed: some objects or volumes are not in it',
    'The storage location does not answer, or lies in the lost region',
    'Velero is not installed, or its pod does not run',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  async prepare(context, { cluster, namespaces, name }) {
    const drill = refuseProductionInDrill(context, cluster.region, `cluster ${cluster.name}`);
    if (drill) return drill;
    for (const namespace of namespaces) {
      const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
      if (await readObject(context, accessOf(cluster), ref)) continue;
      return refused({
        what: `There is no namespace ${namespace} in cluster ${cluster.name}, so a backup of it would be empty.`,
        mend: 'Correct the namespace in the plan.',
      });
    }
    const occasion = shortHash(`${context.step.id}/${context.clock.now().toISOString()}`, 5);
    const backup = context.names.resource(`${name}-${occasion}`, 63);
    const what = `${namespaces.join(', ')} will be backed up as ${backup}`;
    return { status: 'ready', baseline: { backup }, evidence: [{ what }] };
  },

  async act(context, { cluster, namespaces, keepFor, veleroNamespace }, baseline) {
    const { backup } = baselineSchema.parse(baseline);
    const access = accessOf(cluster);
    const ref = veleroRef('Backup', veleroNamespace, backup);
    if (await readObject(context, access, ref)) return;
    await recordChange(
      context,
      access,
      'Create',
      ref,
      `Velero backup ${backup} of ${namespaces.join(', ')} begun`,
    );
    const body: JsonObject = {
      apiVersion: ref.apiVersion,
      kind: ref.kind,
      metadata: { name: backup, namespace: veleroNamespace, labels: { [runLabel]: context.run.id } },
      spec: { includedNamespaces: namespaces, ttl: keepFor, snapshotVolumes: true },
    };
    await createObject(context, access, body);
  },

  async observe(context, { cluster, veleroNamespace }, baseline) {
    const { backup } = baselineSchema.parse(baseline);
    const found = await readObject(context, accessOf(cluster), veleroRef('Backup', veleroNamespace, backup));
    if (!found) return { status: 'pending', note: `backup ${backup} does not show yet` };
    const parsed = veleroSchema.parse(found);
    const state = stateOf(parsed);
    if (state.status === 'pending') return { status: 'pending', note: `backup ${backup} is ${state.phase}` };
    if (state.status === 'failed') {
      const mend = `Read \`velero backup logs ${backup}\`, mend the cause, then retry.`;
      return { status: 'failed', reasons: [{ what: `Backup ${backup}: ${state.why}.`, mend }], evidence: [] };
    }
    const outputs = { backup, items: parsed.status.progress.itemsBackedUp };
    const what = `Backup ${backup} is Completed, with ${outputs.items} objects`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },
});
