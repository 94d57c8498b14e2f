import * as z from 'zod';
import { shortHash } from '../../aws/names.ts';
import type { JsonObject } from '../../json.ts';
import {
  createObject,
  deleteObject,
  labelsOf,
  listObjects,
  readObject,
  runLabel,
} from '../../kubernetes/object-api.ts';
import {
  apiVersion,
  covers,
  newestBackup,
  stateOf,
  type VeleroObject,
  veleroRef,
  veleroSchema,
} from '../../kubernetes/velero.ts';
import { eksCluster } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { accessOf, recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z
  .strictObject({
    cluster: eksCluster,
    namespace: z.string().meta({ description: 'Namespace of the backup that is restored' }),
    into: z.string().optional().meta({ description: 'Another namespace to restore into' }),
    backup: z.string().optional().meta({ description: 'Name of the backup' }),
    schedule: z.string().optional().meta({ description: 'Schedule whose newest complete backup is taken' }),
    before: z.string().optional().meta({ description: 'Only backups that began before this time' }),
    intoExisting: z.boolean().default(false).meta({
      description: 'Restore although workloads are there; what exists is skipped and stays as it is',
    }),
    veleroNamespace: z.string().default('velero'),
  })
  .refine(
    ({ backup, schedule }) => (backup === undefined) !== (schedule === undefined),
    'either backup or schedule',
  );
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  restore: z.string(),
  backup: z.string(),
  takenAt: z.string(),
  /** Whether the target was there before this step: then undo leaves it. */
  existed: z.boolean().default(false),
});

const targetOf = ({ namespace, into }: Parameters) => into ?? namespace;
const namespaceRef = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', name });

/**
 * Restores a namespace from a complete Velero backup. Velero skips what exists, so by default the target has to be
 * empty of workloads; PartiallyFailed is a failure. Undo deletes the target namespace if this run made it.
 *
 * In the cluster the function's role needs: `list` on backups.velero.io, `get` and `create` on restores.velero.io,
 * `get`, `create` and, for undo, `delete` on namespaces, and `list` on deployments and statefulsets.
 */
export const action = defineAction({
  kind: 'velero.restore',
  summary: 'Restores a namespace from a Velero backup',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: {
    restore: 'Name of the restore',
    backup: 'Backup that it is from',
    takenAt: 'When that was begun: what was written later is not in it',
    items: 'Objects that were restored',
    skipped: 'Warnings, such as objects that existed and were left as they are',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['brings-data'],
  typical: {
    minSeconds: 60,
    likelySeconds: 300,
    maxSeconds: 7200,
    source: 'Experience: 2 min for objects alone, hours for volumes that are copied file by file',
  },
  failureModes: [
    'PartiallyFailed: some objects or volumes were not restored',
    'Objects exist and are skipped, and volumes keep the damaged data',
    'The backup is older than the RPO, or itself incomplete',
    'The storage location does not answer, or lies in the lost region',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  async prepare(context, given) {
    const { cluster } = given;
    const drill = refuseProductionInDrill(context, cluster.region, `cluster ${cluster.name}`);
    if (drill) return drill;
    const chosen = await choose(context, given);
    if ('what' in chosen) return refused(chosen);
    const [workloads, namespace] = await Promise.all([
      workloadsIn(context, given),
      readObject(context, accessOf(cluster), namespaceRef(targetOf(given))),
    ]);
    const taken = workloads.length > 0 && !given.intoExisting ? notEmpty(given, workloads) : undefined;
    // While all is well the namespace is full: a dry run says what a recovery would refuse, and looks at the rest.
    if (taken && context.run.mode !== 'dry-run') return refused(taken);
    const occasion = shortHash(`${context.step.id}/${context.clock.now().toISOString()}`, 5);
    const takenAt = chosen.status.startTimestamp ?? '';
    const baseline = {
      restore: context.names.resource(`restore-${occasion}`, 63),
      backup: chosen.metadata.name,
      takenAt,
      existed: namespace !== undefined,
    };
    const what = `Backup ${baseline.backup}, begun at ${takenAt}, will be restored into ${targetOf(given)}`;
    const note = taken ? [{ what: `A recovery would refuse as things are: ${taken.what}` }] : [];
    return { status: 'ready', baseline, evidence: [{ what, data: { takenAt } }, ...note] };
  },

  async act(context, given, baseline) {
    const { restore, backup } = baselineSchema.parse(baseline);
    const access = accessOf(given.cluster);
    const ref = veleroRef('Restore', given.veleroNamespace, restore);
    if (await readObject(context, access, ref)) return;
    await ensureNamespace(context, given);
    const target = targetOf(given);
    await recordChange(context, access, 'Create', ref, `Velero restore of ${backup} into ${target} begun`);
    const body: JsonObject = {
      apiVersion: ref.apiVersion,
      kind: ref.kind,
      metadata: { name: restore, namespace: given.veleroNamespace, labels: { [runLabel]: context.run.id } },
      spec: {
        backupName: backup,
        includedNamespaces: [given.namespace],
        restorePVs: true,
        ...(given.into !== undefined && { namespaceMapping: { [given.namespace]: given.into } }),
      },
    };
    await createObject(context, access, body);
  },

  async observe(context, given, baseline) {
    const { restore, backup, takenAt } = baselineSchema.parse(baseline);
    const ref = veleroRef('Restore', given.veleroNamespace, restore);
    const found = await readObject(context, accessOf(given.cluster), ref);
    if (!found) return { status: 'pending', note: `restore ${restore} does not show yet` };
    const parsed = veleroSchema.parse(found);
    const state = stateOf(parsed);
    if (state.status === 'pending')
      return { status: 'pending', note: `restore ${restore} is ${state.phase}` };
    if (state.status === 'failed') {
      const mend = `Read \`velero restore logs ${restore}\`; mend the cause, empty the namespace, then retry.`;
      return {
        status: 'failed',
        reasons: [{ what: `Restore ${restore}: ${state.why}.`, mend }],
        evidence: [],
      };
    }
    const { itemsRestored } = parsed.status.progress;
    const outputs = { restore, backup, takenAt, items: itemsRestored, skipped: parsed.status.warnings };
    const skipped = outputs.skipped > 0 ? `; ${outputs.skipped} warnings, such as objects that existed` : '';
    const what = `${itemsRestored} objects of ${backup} were restored into ${targetOf(given)}${skipped}; whether their pods are well is for the next step`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },

  async undo(context, given, baseline): Promise<Observation> {
    const access = accessOf(given.cluster);
    const target = targetOf(given);
    const found = await readObject(context, access, namespaceRef(target));
    if (!found) return { status: 'done', outputs: {}, evidence: [{ what: `Namespace ${target} is gone` }] };
    if (labelsOf(found)[runLabel] !== context.run.id || baselineSchema.parse(baseline).existed) {
      const what = `Namespace ${target} was there before; what was restored into it stays`;
      return { status: 'done', outputs: {}, evidence: [{ what }] };
    }
    const phase = z.object({ status: z.object({ phase: z.string() }) }).safeParse(found).data?.status.phase;
    if (phase !== 'Terminating') {
      const what = `Namespace ${target}, which this run made, deleted`;
      await recordChange(context, access, 'Delete', namespaceRef(target), what);
      await deleteObject(context, access, namespaceRef(target));
    }
    return { status: 'pending', note: `namespace ${target} is going` };
  },
});

async function choose(context: ActionContext, given: Parameters): Promise<VeleroObject | Reason> {
  const { cluster, backup, schedule, namespace, before, veleroNamespace } = given;
  const access = accessOf(cluster);
  if (backup !== undefined) {
    const found = await readObject(context, access, veleroRef('Backup', veleroNamespace, backup));
    if (!found) return noBackup(given, `There is no Velero backup ${backup}`);
    const parsed = veleroSchema.parse(found);
    const { phase } = parsed.status;
    if (phase !== 'Completed') return noBackup(given, `Velero backup ${backup} is ${phase}, not Completed`);
    if (!covers(parsed.spec.includedNamespaces, [namespace])) {
      return noBackup(given, `Velero backup ${backup} does not hold namespace ${namespace}`);
    }
    return parsed;
  }
  const all = await listObjects(context, access, { apiVersion, kind: 'Backup', namespace: veleroNamespace });
  const newest = newestBackup(all ?? [], { schedule, namespaces: [namespace], before });
  return (
    newest ??
    noBackup(given, `No complete Velero backup of schedule ${schedule} holds namespace ${namespace}`)
  );
}

/** The target is made ahead of the restore, so that it carries the label of the run; Velero leaves it as it is. */
async function ensureNamespace(context: ActionContext, given: Parameters): Promise<void> {
  const access = accessOf(given.cluster);
  const ref = namespaceRef(targetOf(given));
  if (await readObject(context, access, ref)) return;
  await recordChange(context, access, 'Create', ref, `Namespace ${ref.name} made`);
  const metadata = { name: ref.name, labels: { [runLabel]: context.run.id } };
  await createObject(context, access, { apiVersion: 'v1', kind: 'Namespace', metadata });
}

async function workloadsIn(context: ActionContext, given: Parameters): Promise<string[]> {
  const names: string[] = [];
  for (const kind of ['Deployment', 'StatefulSet']) {
    const found = await listObjects(context, accessOf(given.cluster), {
      apiVersion: 'apps/v1',
      kind,
      namespace: targetOf(given),
    });
    names.push(...(found ?? []).map(({ metadata }) => `${kind} ${(metadata as { name?: string }).name}`));
  }
  return names;
}

function noBackup({ cluster, veleroNamespace }: Parameters, what: string): Reason {
  return {
    what: `${what} in cluster ${cluster.name}.`,
    mend: `Look at \`velero backup get -n ${veleroNamespace}\`; the storage location of the backups has to be known to this cluster.`,
  };
}

function notEmpty(given: Parameters, workloads: string[]): Reason {
  return {
    what: `Namespace ${targetOf(given)} has ${workloads.join(', ')}; Velero would skip them and leave their volumes as they are.`,
    mend: 'Restore into another namespace (into), or set intoExisting if only what is missing is to come back.',
  };
}
