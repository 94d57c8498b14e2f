import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { findAutoscaler, listPods, patchReplicas, readDeployment } from '../../kubernetes/api.ts';
import type { Autoscaler, Deployment } from '../../kubernetes/objects.ts';
import { podProblems, scaleState } from '../../kubernetes/rollout.ts';
import { k8sDeployment } from '../../plan/components.ts';
import {
  type ActionContext,
  defineAction,
  type Evidence,
  type Observation,
  type Reason,
} from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  deployment: k8sDeployment,
  replicas: z.number().int().nonnegative(),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  previousReplicas: z.number().int().nonnegative(),
  /** An autoscaler may go above what was asked for; without one, the number must be met exactly. */
  autoscaled: z.boolean(),
});

/**
 * Sets the number of pods of a deployment and waits until they are ready; 0 waits until none is left.
 *
 * In the cluster the function's role needs an access entry with a group that is bound to a ClusterRole (or a Role in
 * the namespace) with: `get` on deployments.apps, `patch` on deployments.apps/scale, `list` on pods, and `list` on
 * horizontalpodautoscalers.autoscaling.
 */
export const action = defineAction({
  kind: 'k8s.scale',
  summary: 'Sets the number of pods of a Kubernetes deployment',
  parameters,
  components: { deployment: 'k8s-deployment' },
  outputs: {
    previousReplicas: 'Replicas before the step',
    readyReplicas: 'Pods that are ready now',
  },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 10,
    likelySeconds: 45,
    maxSeconds: 300,
    source:
      'Experience: image pull and start of the application on nodes that are ready; to be replaced by measurement',
  },
  failureModes: [
    'A HorizontalPodAutoscaler limits the number of replicas or changes it again',
    'The nodes have no room: pods stay Unschedulable',
    'The image can not be pulled in the recovery region',
    'Pods start but are never ready, because what they depend on is not reachable',
    'A resource quota or an admission webhook refuses the pods',
  ],
  permissions: ({ deployment }) => [clusterPermission(deployment.cluster, deployment.region)],

  async prepare(context, { deployment: component, replicas }) {
    const refused = refuseProductionInDrill(context, component.region, `deployment ${component.name}`);
    if (refused) return refused;
    const deployment = await readDeployment(context, component);
    if (!deployment) return { status: 'refused', reasons: [missing(component)], evidence: [] };
    const autoscaler = await findAutoscaler(context, component);
    if (autoscaler && autoscaler.spec.maxReplicas < replicas) {
      return { status: 'refused', reasons: [limitedBy(autoscaler, replicas)], evidence: [] };
    }
    const autoscaled = autoscaler !== undefined;
    const baseline = { previousReplicas: deployment.spec.replicas, autoscaled };
    const evidence = [found(component, deployment), ...mention(autoscaler, replicas)];
    const state = scaleState(deployment, replicas, { autoscaled: false });
    if (state.status === 'complete' && (await reached(context, component, deployment, replicas))) {
      return { status: 'already-done', baseline, outputs: outputsOf(baseline, deployment), evidence };
    }
    return { status: 'ready', baseline, evidence };
  },

  async act(context, { deployment, replicas }, baseline) {
    const { previousReplicas } = baselineSchema.parse(baseline);
    await change(context, deployment, previousReplicas, replicas);
  },

  observe: (context, { deployment, replicas }, baseline) => look(context, deployment, replicas, baseline),

  async undo(context, { deployment: component }, baseline) {
    const { previousReplicas } = baselineSchema.parse(baseline);
    const deployment = await readDeployment(context, component);
    if (deployment && deployment.spec.replicas !== previousReplicas) {
      await change(context, component, deployment.spec.replicas, previousReplicas);
      return { status: 'pending', note: `set back to ${previousReplicas} replicas` };
    }
    return look(context, component, previousReplicas, baseline);
  },
});

async function change(
  context: ActionContext,
  component: Parameters['deployment'],
  from: number,
  to: number,
): Promise<void> {
  await context.changed({
    call: 'kubernetes.PatchDeploymentScale',
    region: component.region,
    resource: `${component.cluster}/${component.namespace}/${component.name}`,
    what: `Replicas of deployment ${component.name} changed from ${from} to ${to}`,
  });
  await patchReplicas(context, component, to);
}

async function look(
  context: ActionContext,
  component: Parameters['deployment'],
  replicas: number,
  baseline: JsonObject,
): Promise<Observation> {
  const deployment = await readDeployment(context, component);
  if (!deployment) return { status: 'failed', reasons: [missing(component)], evidence: [] };
  const { autoscaled } = baselineSchema.parse(baseline);
  const state = scaleState(deployment, replicas, { autoscaled });
  if (state.status === 'failed') {
    return {
      status: 'failed',
      reasons: [
        {
          what: `The cluster does not make the pods of ${component.name}: ${state.why}.`,
          mend: 'Look at the resource quotas and admission webhooks of the namespace, then retry.',
        },
      ],
      evidence: [],
    };
  }
  if (state.status === 'complete' && (await reached(context, component, deployment, replicas))) {
    const what = `Deployment ${component.name} runs ${deployment.status.readyReplicas} ready pods, ${replicas} wanted`;
    const data = { replicas, readyReplicas: deployment.status.readyReplicas };
    return { status: 'done', outputs: outputsOf(baseline, deployment), evidence: [{ what, data }] };
  }
  const problems = podProblems(await listPods(context, component, deployment));
  const left = state.status === 'pending' ? state.note : 'pods are still ending';
  return { status: 'pending', note: [left, ...problems].join('; ') };
}

/** At 0 replicas the pods' absence counts, since the deployment's status says 0 while they are still ending. */
async function reached(
  context: ActionContext,
  component: Parameters['deployment'],
  deployment: Deployment,
  replicas: number,
): Promise<boolean> {
  return replicas > 0 || (await listPods(context, component, deployment)).length === 0;
}

function outputsOf(baseline: JsonObject, deployment: Deployment): JsonObject {
  const { previousReplicas } = baselineSchema.parse(baseline);
  return { previousReplicas, readyReplicas: deployment.status.readyReplicas };
}

function found(component: Parameters['deployment'], deployment: Deployment): Evidence {
  const { replicas } = deployment.spec;
  const { readyReplicas } = deployment.status;
  return {
    what: `Deployment ${component.name} has ${replicas} replicas, ${readyReplicas} of them ready`,
    data: { replicas, readyReplicas },
  };
}

function missing({ name, namespace, cluster }: Parameters['deployment']): Reason {
  return {
    what: `There is no deployment ${name} in namespace ${namespace} of cluster ${cluster}.`,
    mend: 'Apply its manifests to that cluster (with 0 replicas while it stands by), then retry.',
  };
}

function limitedBy({ metadata, spec }: Autoscaler, replicas: number): Reason {
  return {
    what: `Autoscaler ${metadata.name} allows ${spec.maxReplicas} replicas at most, ${replicas} are wanted.`,
    mend: `Raise its maxReplicas to ${replicas} or more, then retry.`,
  };
}

function mention(autoscaler: Autoscaler | undefined, replicas: number): Evidence[] {
  // An autoscaler pauses while a deployment has 0 replicas, so isolating by 0 works.
  if (!autoscaler || replicas === 0) return [];
  const { minReplicas, maxReplicas } = autoscaler.spec;
  const what = `Autoscaler ${autoscaler.metadata.name} goes on from there, between ${minReplicas} and ${maxReplicas} replicas`;
  return [{ what, data: { minReplicas, maxReplicas } }];
}
