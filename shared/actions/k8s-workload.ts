import * as z from 'zod';
import type { JsonObject } from '../json.ts';
import { listPods, nounOf, readDeployment, type Workload } from '../kubernetes/api.ts';
import type { Deployment } from '../kubernetes/objects.ts';
import { podProblems, rolloutState } from '../kubernetes/rollout.ts';
import { k8sDeployment, k8sStatefulset } from '../plan/components.ts';
import type { ActionContext, Observation, Reason, TypicalDuration } from './contract.ts';

/** What the actions on Deployments and StatefulSets have in common. */

/** From a change of the pod template until its pods are all replaced and ready. */
export const rolloutDuration: TypicalDuration = {
  minSeconds: 12,
  likelySeconds: 90,
  maxSeconds: 600,
  source:
    'Experience for three pods; the upper end is the default progressDeadlineSeconds of 600 (Kubernetes API)',
};

export const workloadSchema = z.discriminatedUnion('type', [k8sDeployment, k8sStatefulset]);
export const workloadTypes = ['k8s-deployment', 'k8s-statefulset'] as const;

/** A read may be behind a write; after this long a change must show, or something has overwritten it. */
const visibleWithinSeconds = 60;

export function resourceOf({ cluster, namespace, name }: Workload): string {
  return `${cluster}/${namespace}/${name}`;
}

/**
 * Waits for the rollout of a change to the pod template, as `kubectl rollout status` does. `isOurs` tells whether the
 * template still says what this step made of it.
 */
export async function observeRollout(
  context: ActionContext,
  component: Workload,
  isOurs: (deployment: Deployment) => boolean,
  outputs: (deployment: Deployment) => JsonObject,
): Promise<Observation> {
  const deployment = await readDeployment(context, component);
  if (!deployment) return { status: 'failed', reasons: [missingWorkload(component)], evidence: [] };
  if (!isOurs(deployment)) {
    if (context.elapsedSeconds < visibleWithinSeconds) {
      return { status: 'pending', note: 'the cluster does not show the change yet' };
    }
    return { status: 'failed', reasons: [overwritten(component)], evidence: [] };
  }
  const state = rolloutState(deployment);
  if (state.status === 'complete') {
    const { replicas } = deployment.spec;
    const what =
      replicas === 0
        ? `The ${nounOf(component)} ${component.name} has the change; it has 0 replicas, so no pod has shown that it works`
        : `All ${replicas} pods of ${nounOf(component)} ${component.name} run with the change and are available`;
    return { status: 'done', outputs: outputs(deployment), evidence: [{ what, data: { replicas } }] };
  }
  const problems = podProblems(await listPods(context, component, deployment));
  if (state.status === 'failed') {
    return { status: 'failed', reasons: [stuckRollout(component, state.why, problems)], evidence: [] };
  }
  return { status: 'pending', note: [state.note, ...problems].join('; ') };
}

export function missingWorkload(component: Workload): Reason {
  const { name, namespace, cluster } = component;
  return {
    what: `There is no ${nounOf(component)} ${name} in namespace ${namespace} of cluster ${cluster}.`,
    mend: 'Apply its manifests to that cluster, then retry.',
  };
}

export function pausedWorkload(component: Workload): Reason {
  const { name, namespace } = component;
  return {
    what: `The ${nounOf(component)} ${name} is paused, so it would take no rollout.`,
    mend: `Run \`kubectl rollout resume deployment/${name} -n ${namespace}\`, then retry.`,
  };
}

export function missingContainer(component: Workload, container: string, there: string[]): Reason {
  return {
    what: `The pods of ${component.name} have no container ${container}; they have: ${there.join(', ') || 'none'}.`,
    mend: 'Correct the container in the plan.',
  };
}

function overwritten(component: Workload): Reason {
  return {
    what: `Something replaced the pod template of ${nounOf(component)} ${component.name} after it was changed.`,
    mend: 'Look whether a GitOps controller or a deployment pipeline is at work there; stop it, then retry.',
  };
}

export function stuckRollout(component: Workload, why: string, problems: string[]): Reason {
  const details = problems.length > 0 ? ` (${problems.join('; ')})` : '';
  return {
    what: `The rollout of ${nounOf(component)} ${component.name} does not get on: ${why}${details}.`,
    mend: `Look at \`kubectl describe pods -n ${component.namespace}\`, mend what they lack, then retry.`,
  };
}
