import * as z from 'zod';
import { listObjects, patchObject } from '../../kubernetes/object-api.ts';
import { eksCluster } from '../../plan/components.ts';
import type { KubernetesAccess } from '../../ports.ts';
import { type ActionContext, defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { accessOf, recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  cluster: eksCluster,
  namespace: z.string(),
  names: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({ description: 'CronJobs; all of the namespace without' }),
  suspend: z.boolean().default(true).meta({ description: 'false: let them run again' }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ changing: z.array(z.string()) });
const cronJobSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ suspend: z.boolean().default(false) }),
  status: z.object({ active: z.array(z.object({ name: z.string() })).default([]) }).prefault({}),
});
type CronJob = z.output<typeof cronJobSchema>;

/**
 * Suspends CronJobs, which go on writing while the workloads beside them have 0 replicas, or lets them run again. Undo
 * sets those back that this step changed. Jobs that run already are waited for.
 *
 * In the cluster the function's role needs: `list` and `patch` on cronjobs.batch.
 */
export const action = defineAction({
  kind: 'k8s.suspend-cronjobs',
  summary: 'Suspends CronJobs, or lets them run again',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: { changed: 'CronJobs that were changed; a later step can set them back' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 2,
    maxSeconds: 600,
    source: 'One request each; a Job that runs may take minutes to end',
  },
  failureModes: ['A Job that runs never ends', 'They are forgotten and stay suspended after the incident'],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  async prepare(context, given) {
    const { cluster, names, suspend } = given;
    const drill = refuseProductionInDrill(context, cluster.region, `cluster ${cluster.name}`);
    if (drill) return drill;
    const all = await read(context, given);
    const unknown = (names ?? []).filter(name => !all.some(({ metadata }) => metadata.name === name));
    if (unknown.length > 0) {
      return refused({
        what: `There is no CronJob ${unknown.join(', ')} in namespace ${given.namespace}.`,
        mend: 'Correct the names in the plan.',
      });
    }
    const changing = chosen(all, given).filter(({ spec }) => spec.suspend !== suspend);
    const baseline = { changing: changing.map(({ metadata }) => metadata.name) };
    const running = chosen(all, given).some(({ status }) => status.active.length > 0);
    if (changing.length === 0 && !(suspend && running)) {
      const what = `No CronJob of ${given.namespace} has to be ${suspend ? 'suspended' : 'resumed'}`;
      return { status: 'already-done', baseline, outputs: { changed: [] }, evidence: [{ what }] };
    }
    const what = `${suspend ? 'To be suspended' : 'To run again'}: ${baseline.changing.join(', ') || 'none; Jobs still run'}`;
    return { status: 'ready', baseline, evidence: [{ what }] };
  },

  act: (context, given, baseline) =>
    setAll(context, given, baselineSchema.parse(baseline).changing, given.suspend),

  async observe(context, given, baseline) {
    const { changing } = baselineSchema.parse(baseline);
    const all = chosen(await read(context, given), given);
    const other = all.filter(
      ({ metadata, spec }) => changing.includes(metadata.name) && spec.suspend !== given.suspend,
    );
    if (other.length > 0) return { status: 'pending', note: `${other.length} CronJobs do not show it yet` };
    const active = given.suspend ? all.flatMap(({ status }) => status.active.map(({ name }) => name)) : [];
    if (active.length > 0) return { status: 'pending', note: `Jobs still run: ${active.join(', ')}` };
    const what = `${given.suspend ? 'Suspended' : 'Running again'}: ${changing.join(', ')}`;
    return { status: 'done', outputs: { changed: changing }, evidence: [{ what }] };
  },

  async undo(context, given, baseline) {
    const { changing } = baselineSchema.parse(baseline);
    const wrong = (await read(context, given)).filter(
      ({ metadata, spec }) => changing.includes(metadata.name) && spec.suspend === given.suspend,
    );
    if (wrong.length === 0) {
      return { status: 'done', outputs: {}, evidence: [{ what: 'The CronJobs are as they were before' }] };
    }
    await setAll(
      context,
      given,
      wrong.map(({ metadata }) => metadata.name),
      !given.suspend,
    );
    return { status: 'pending', note: `${wrong.length} CronJobs are being set back` };
  },
});

async function read(context: ActionContext, { cluster, namespace }: Parameters): Promise<CronJob[]> {
  const kind = { apiVersion: 'batch/v1', kind: 'CronJob', namespace };
  return z.array(cronJobSchema).parse((await listObjects(context, accessOf(cluster), kind)) ?? []);
}

function chosen(all: readonly CronJob[], { names }: Parameters): CronJob[] {
  return all.filter(({ metadata }) => names === undefined || names.includes(metadata.name));
}

async function setAll(
  context: ActionContext,
  { cluster, namespace }: Parameters,
  names: readonly string[],
  suspend: boolean,
): Promise<void> {
  const access: KubernetesAccess = accessOf(cluster);
  for (const name of names) {
    const ref = { apiVersion: 'batch/v1', kind: 'CronJob', namespace, name };
    await recordChange(context, access, 'Patch', ref, `CronJob ${name} ${suspend ? 'suspended' : 'resumed'}`);
    await patchObject(context, access, ref, { spec: { suspend } });
  }
}
