import * as z from 'zod';
import { listPods, nounOf, patchTemplateAnnotations, readDeployment } from '../../kubernetes/api.ts';
import { podProblems, rolloutState } from '../../kubernetes/rollout.ts';
import type { Run, Step } from '../../runbook/contract.ts';
import { defineAction, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { clusterPermission } from '../k8s-permission.ts';
import { rolloutDuration, workloadSchema, workloadTypes } from '../k8s-workload.ts';

const parameters = z.strictObject({ deployment: workloadSchema });
type Parameters = z.output<typeof parameters>;

/** The annotation that `kubectl rollout restart` sets. */
const restartedAtAnnotation = 'kubectl.kubernetes.io/restartedAt';
/** Says which step of which run asked, so that two restarts at the same moment are told apart. */
const askedByAnnotation = 'lifeboat/restarted-by';

/** A read may be behind a write; after this long the restart must show, or something has overwritten it. */
const visibleWithinSeconds = 60;

/** The time of the restart is fixed in prepare: a repeated act changes nothing, a person's retry restarts again. */
const baselineSchema = z.object({ replicas: z.number(), restartedAt: z.string() });

/**
 * Replaces all pods of a deployment or stateful set, such as after the secret that they read at start was changed, and waits for the
 * rollout as `kubectl rollout status` does.
 *
 * In the cluster the function's role needs an access entry with a group that is bound to a ClusterRole (or a Role in
 * the namespace) with: `get` and `patch` on deployments.apps, and `list` on pods.
 */
export const action = defineAction({
  kind: 'k8s.rollout-restart',
  summary: 'Restarts all pods of a Kubernetes deployment or stateful set, a few at a time',
  parameters,
  components: { deployment: workloadTypes },
  outputs: { replicas: 'Pods that were replaced and are available' },
  drill: 'isolated',
  mutates: true,
  typical: rolloutDuration,
  failureModes: [
    'New pods never become ready: the rollout ends with ProgressDeadlineExceeded',
    'A paused deployment takes no rollout',
    'Logs of the old pods are gone with them',
  ],
  permissions: ({ deployment }) => [clusterPermission(deployment.cluster, deployment.region)],

  async prepare(context, { deployment: component }) {
    const refused = refuseProductionInDrill(
      context,
      component.region,
      `${nounOf(component)} ${component.name}`,
    );
    if (refused) return refused;
    const deployment = await readDeployment(context, component);
    if (!deployment) return { status: 'refused', reasons: [missing(component)], evidence: [] };
    if (deployment.spec.paused) return { status: 'refused', reasons: [paused(component)], evidence: [] };
    const { replicas } = deployment.spec;
    if (replicas === 0) return { status: 'refused', reasons: [nothingRuns(component)], evidence: [] };
    const evidence = [{ what: `Deployment ${component.name} has ${replicas} replicas`, data: { replicas } }];
    return {
      status: 'ready',
      baseline: { replicas, restartedAt: context.clock.now().toISOString() },
      evidence,
    };
  },

  async act(context, { deployment: component }, baseline) {
    await context.changed({
      call: 'kubernetes.PatchDeployment',
      region: component.region,
      resource: `${component.cluster}/${component.namespace}/${component.name}`,
      what: `Restart of all pods of ${nounOf(component)} ${component.name} asked for`,
    });
    await patchTemplateAnnotations(context, component, {
      [restartedAtAnnotation]: baselineSchema.parse(baseline).restartedAt,
      [askedByAnnotation]: askedBy(context.run, context.step),
    });
  },

  async observe(context, { deployment: component }, baseline) {
    const deployment = await readDeployment(context, component);
    if (!deployment) return { status: 'failed', reasons: [missing(component)], evidence: [] };
    const { annotations } = deployment.spec.template.metadata;
    const ours =
      annotations[restartedAtAnnotation] === baselineSchema.parse(baseline).restartedAt &&
      annotations[askedByAnnotation] === askedBy(context.run, context.step);
    if (!ours) {
      if (context.elapsedSeconds < visibleWithinSeconds) {
        return { status: 'pending', note: 'the cluster does not show the restart yet' };
      }
      return { status: 'failed', reasons: [overwritten(component)], evidence: [] };
    }
    const state = rolloutState(deployment);
    switch (state.status) {
      case 'complete': {
        const { replicas } = deployment.spec;
        const what = `All ${replicas} pods of ${nounOf(component)} ${component.name} were replaced and are available`;
        return { status: 'done', outputs: { replicas }, evidence: [{ what, data: { replicas } }] };
      }
      case 'failed': {
        const problems = podProblems(await listPods(context, component, deployment));
        return { status: 'failed', reasons: [stuck(component, state.why, problems)], evidence: [] };
      }
      case 'pending': {
        const problems = podProblems(await listPods(context, component, deployment));
        return { status: 'pending', note: [state.note, ...problems].join('; ') };
      }
    }
  },
});

function askedBy(run: Run, step: Step): string {
  return `${run.id}/${step.id}`;
}

function missing(component: Parameters['deployment']): Reason {
  const { name, namespace, cluster } = component;
  return {
    what: `There is no ${nounOf(component)} ${name} in namespace ${namespace} of cluster ${cluster}.`,
    mend: 'Apply its manifests to that cluster, then retry.',
  };
}

/** A restart of nothing would be reported as done, and nothing would run. */
function nothingRuns(component: Parameters['deployment']): Reason {
  return {
    what: `The ${nounOf(component)} ${component.name} has 0 replicas, so there is nothing to restart.`,
    mend: 'Start it with k8s.scale instead.',
  };
}

function paused({ name, namespace }: Parameters['deployment']): Reason {
  return {
    what: `Deployment ${name} is paused, so it would take no restart.`,
    mend: `Run \`kubectl rollout resume deployment/${name} -n ${namespace}\`, then retry.`,
  };
}

function overwritten(component: Parameters['deployment']): Reason {
  return {
    what: `Something replaced the pod template of ${nounOf(component)} ${component.name} after the restart was asked for.`,
    mend: 'Look whether a GitOps controller or a deployment pipeline is at work there; stop it, then retry.',
  };
}

function stuck(component: Parameters['deployment'], why: string, problems: string[]): Reason {
  const { name, namespace } = component;
  const details = problems.length > 0 ? ` (${problems.join('; ')})` : '';
  return {
    what: `The restart of ${nounOf(component)} ${name} does not get on: ${why}${details}.`,
    mend: `Look at \`kubectl describe pods -n ${namespace}\`, mend what they lack, then retry.`,
  };
}
