import * as z from 'zod';
import { listPods, nounOf, readDeployment } from '../../kubernetes/api.ts';
import { deleteObject } from '../../kubernetes/object-api.ts';
import { conditionHolds, type Pod } from '../../kubernetes/objects.ts';
import { podProblems } from '../../kubernetes/rollout.ts';
import { defineAction, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';
import { missingWorkload, workloadSchema, workloadTypes } from '../k8s-workload.ts';

const parameters = z.strictObject({
  workload: workloadSchema,
  pod: z.string().default('not-ready').meta({
    description: 'Name of a pod, or not-ready for all that are not Ready, or one for any single pod',
  }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ pods: z.array(z.object({ name: z.string(), uid: z.string() })) });

/**
 * Deletes pods of a workload so that its controller makes them anew, and waits until the workload has all its pods
 * Ready again. A pod that no controller owns is refused: nothing would bring it back.
 *
 * In the cluster the function's role needs: `get` on deployments.apps or statefulsets.apps, `list` and `delete` on pods.
 */
export const action = defineAction({
  kind: 'k8s.delete-pod',
  summary: 'Deletes pods so that they are made anew, and waits until they are Ready',
  parameters,
  components: { workload: workloadTypes },
  outputs: { deleted: 'Pods that were deleted', readyReplicas: 'Pods that are ready now' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 10,
    likelySeconds: 45,
    maxSeconds: 180,
    source: 'Experience: 10 to 120 s until a replacement is Ready',
  },
  failureModes: [
    'The replacement is no better than the pod was',
    'A bare pod is never made again',
    'Logs of the old pod are gone with it',
  ],
  permissions: ({ workload }) => [clusterPermission(workload.cluster, workload.region)],

  async prepare(context, { workload, pod }) {
    const drill = refuseProductionInDrill(context, workload.region, `${nounOf(workload)} ${workload.name}`);
    if (drill) return drill;
    const deployment = await readDeployment(context, workload);
    if (!deployment) return refused(missingWorkload(workload));
    const pods = (await listPods(context, workload, deployment)).filter(living);
    const chosen = choose(pods, pod);
    const bare = chosen.filter(({ metadata }) => !metadata.ownerReferences.some(owner => owner.controller));
    if (bare.length > 0) return refused(...bare.map(({ metadata }) => nothingRemakes(metadata.name)));
    const baseline = { pods: chosen.map(({ metadata: { name, uid } }) => ({ name, uid })) };
    const names = chosen.map(({ metadata }) => metadata.name);
    if (chosen.length > 0) {
      const what = `${names.join(', ')} will be deleted, of ${pods.length} pods of ${workload.name}`;
      return { status: 'ready', baseline, evidence: [{ what, data: { names } }] };
    }
    if (pod !== 'not-ready') return refused(notThere(workload, pod));
    const outputs = { deleted: [], readyReplicas: deployment.status.readyReplicas };
    const what = `No pod of ${workload.name} is without the condition Ready`;
    return { status: 'already-done', baseline, outputs, evidence: [{ what }] };
  },

  async act(context, { workload }, baseline) {
    for (const { name, uid } of baselineSchema.parse(baseline).pods) {
      const ref = { apiVersion: 'v1', kind: 'Pod', namespace: workload.namespace, name };
      await recordChange(context, workload, 'Delete', ref, `Pod ${name} of ${workload.name} deleted`);
      // With the uid, a pod that has taken the name since is left alone.
      await deleteObject(context, workload, ref, { uid });
    }
  },

  async observe(context, { workload }, baseline) {
    const { pods: deleted } = baselineSchema.parse(baseline);
    const deployment = await readDeployment(context, workload);
    if (!deployment) return { status: 'failed', reasons: [missingWorkload(workload)], evidence: [] };
    const pods = await listPods(context, workload, deployment);
    const left = pods.filter(({ metadata }) => deleted.some(({ uid }) => uid === metadata.uid)).length;
    if (left > 0) return { status: 'pending', note: `${left} of ${deleted.length} pods are still ending` };
    const { readyReplicas } = deployment.status;
    const { replicas } = deployment.spec;
    if (readyReplicas < replicas || pods.filter(isReady).length < replicas) {
      return {
        status: 'pending',
        note: [`${readyReplicas} of ${replicas} pods ready`, ...podProblems(pods)].join('; '),
      };
    }
    const names = deleted.map(({ name }) => name);
    const what = `${names.join(', ')} were deleted; all ${replicas} pods of ${workload.name} are Ready`;
    const outputs = { deleted: names, readyReplicas };
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },
});

const living = ({ metadata }: Pod) => metadata.deletionTimestamp === undefined;
const isReady = ({ status }: Pod) => conditionHolds(status.conditions, 'Ready');

function choose(pods: readonly Pod[], which: string): Pod[] {
  if (which === 'not-ready') return pods.filter(pod => !isReady(pod));
  if (which === 'one') return pods.slice(0, 1);
  return pods.filter(({ metadata }) => metadata.name === which);
}

function nothingRemakes(name: string): Reason {
  return {
    what: `No controller owns pod ${name}, so nothing would make it again.`,
    mend: 'Look at the pod itself, or make it again from its manifest (k8s.apply).',
  };
}

function notThere({ name, namespace }: Parameters['workload'], pod: string): Reason {
  return {
    what: `There is no pod ${pod} of ${name} in namespace ${namespace}.`,
    mend: `Take a name from \`kubectl get pods -n ${namespace}\`, then retry.`,
  };
}
