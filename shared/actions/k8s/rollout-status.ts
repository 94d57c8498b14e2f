import * as z from 'zod';
import { listPods, nounOf, readDeployment } from '../../kubernetes/api.ts';
import { podProblems, rolloutState } from '../../kubernetes/rollout.ts';
import { defineAction } from '../contract.ts';
import { clusterPermission } from '../k8s-permission.ts';
import { missingWorkload, stuckRollout, workloadSchema, workloadTypes } from '../k8s-workload.ts';

const parameters = z.strictObject({ workload: workloadSchema });

/**
 * Waits until the rollout of a workload has ended, with the same tests as `kubectl rollout status`. A workload that is
 * not there yet is waited for.
 *
 * In the cluster the function's role needs: `get` on deployments.apps or statefulsets.apps, `list` on pods.
 */
export const action = defineAction({
  kind: 'k8s.rollout-status',
  summary: 'Waits until the rollout of a workload has ended',
  parameters,
  components: { workload: workloadTypes },
  outputs: { replicas: 'Pods that are wanted', readyReplicas: 'Pods that are ready' },
  drill: 'same',
  mutates: false,
  traits: ['looks'],
  typical: {
    minSeconds: 1,
    likelySeconds: 60,
    maxSeconds: 600,
    source: 'The upper end is the default progressDeadlineSeconds of 600 (Kubernetes API)',
  },
  failureModes: ['The rollout ends with ProgressDeadlineExceeded', 'The workload was never applied'],
  permissions: ({ workload }) => [clusterPermission(workload.cluster, workload.region)],

  prepare: async () => ({ status: 'ready', baseline: {}, evidence: [] }),

  async observe(context, { workload }) {
    const deployment = await readDeployment(context, workload);
    if (!deployment) return { status: 'pending', note: missingWorkload(workload).what };
    const state = rolloutState(deployment);
    if (state.status === 'complete') {
      const { replicas } = deployment.spec;
      const { readyReplicas } = deployment.status;
      const what = `The rollout of ${nounOf(workload)} ${workload.name} has ended: ${readyReplicas} of ${replicas} pods ready`;
      const data = { replicas, readyReplicas };
      return { status: 'done', outputs: data, evidence: [{ what, data }] };
    }
    const problems = podProblems(await listPods(context, workload, deployment));
    if (state.status === 'failed') {
      return { status: 'failed', reasons: [stuckRollout(workload, state.why, problems)], evidence: [] };
    }
    return { status: 'pending', note: [state.note, ...problems].join('; ') };
  },
});
