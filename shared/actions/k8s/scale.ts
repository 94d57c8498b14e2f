import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { findAutoscaler, listPods, nounOf, patchReplicas, readDeployment } from '../../kubernetes/api.ts';
import type { Autoscaler, Deployment } from '../../kubernetes/objects.ts';
import { nextStage, rampSchema } from '../../kubernetes/ramp.ts';
import { podProblems, scaleState } from '../../kubernetes/rollout.ts';
import {
  type ActionContext,
  defineAction,
  type Evidence,
  type Observation,
  type Reason,
} from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { clusterPermission } from '../k8s-permission.ts';
import { missingWorkload, resourceOf, workloadSchema, workloadTypes } from '../k8s-workload.ts';

const parameters = z.strictObject({
  deployment: workloadSchema.meta({ description: 'A deployment or a stateful set' }),
  replicas: z.number().int().nonnegative(),
  ramp: rampSchema.optional(),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  previousReplicas: z.number().int().nonnegative(),
  /** An autoscaler may go above what was asked for; without one, the number must be met exactly. */
  autoscaled: z.boolean(),
  /** Starts of containers before the ramp; one more while it goes on stops it. */
  restarts: z.number().default(0),
});

/**
 * Sets the number of pods of a deployment or stateful set and waits until they are ready; 0 waits until none is left.
 * With a ramp, a few more are added at a time, and the next ones only when all are ready and none was started again.
 *
 * In the cluster the function's role needs an access entry with a group that is bound to a ClusterRole (or a Role in
 * the namespace) with: `get` on deployments.apps or statefulsets.apps, `patch` on their scale, `list` on pods, and
 * `list` on horizontalpodautoscalers.autoscaling.
 */
export const action = defineAction({
  kind: 'k8s.scale',
  summary: 'Sets the number of pods of a Kubernetes deployment or stateful set',
  parameters,
  components: { deployment: workloadTypes },
  outputs: {
    previousReplicas: 'Replicas before the step; a later step can scale back to them',
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
    'CronJobs and other workloads go on while this one has 0 replicas',
  ],
  permissions: ({ deployment }) => [clusterPermission(deployment.cluster, deployment.region)],

  async prepare(context, given) {
    const { deployment: component, replicas } = given;
    const what = `${nounOf(component)} ${component.name}`;
    const refused = refuseProductionInDrill(context, component.region, what);
    if (refused) return refused;
    const deployment = await readDeployment(context, component);
    if (!deployment) return { status: 'refused', reasons: [missing(component)], evidence: [] };
    const autoscaler = await findAutoscaler(context, component);
    if (autoscaler && autoscaler.spec.maxReplicas < replicas) {
      return { status: 'refused', reasons: [limitedBy(autoscaler, replicas)], evidence: [] };
    }
    const baseline = {
      previousReplicas: deployment.spec.replicas,
      autoscaled: autoscaler !== undefined,
      restarts: given.ramp ? await countRestarts(context, component, deployment) : 0,
    };
    const evidence = [found(component, deployment), ...mention(autoscaler, replicas)];
    const state = scaleState(deployment, replicas, { autoscaled: false });
    if (state.status === 'complete' && (await reached(context, component, deployment, replicas))) {
      return { status: 'already-done', baseline, outputs: outputsOf(baseline, deployment), evidence };
    }
    return { status: 'ready', baseline, evidence };
  },

  async act(context, { deployment, replicas, ramp }, baseline) {
    const { previousReplicas } = baselineSchema.parse(baseline);
    if (!ramp || replicas <= previousReplicas) {
      await change(context, deployment, previousReplicas, replicas);
      return;
    }
    const first = nextStage(ramp, previousReplicas, replicas, 0);
    const now = await readDeployment(context, deployment);
    // A repeated call must not take back what the ramp has reached meanwhile.
    if (now && now.spec.replicas < first) await change(context, deployment, previousReplicas, first);
  },

  async observe(context, { deployment: component, replicas, ramp }, baseline) {
    const { previousReplicas } = baselineSchema.parse(baseline);
    if (!ramp || replicas <= previousReplicas) return look(context, component, replicas, baseline);
    return climb(context, { component, replicas, ramp }, baseline);
  },

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

type Component = Parameters['deployment'];

/** One look of a ramp: the stage that is reached is judged, and the next one begun when its time has come. */
async function climb(
  context: ActionContext,
  {
    component,
    replicas,
    ramp,
  }: { component: Component; replicas: number; ramp: z.output<typeof rampSchema> },
  baseline: JsonObject,
): Promise<Observation> {
  const { previousReplicas, restarts } = baselineSchema.parse(baseline);
  const deployment = await readDeployment(context, component);
  if (!deployment) return { status: 'failed', reasons: [missing(component)], evidence: [] };
  const restarted = (await countRestarts(context, component, deployment)) - restarts;
  if (restarted > 0) {
    return { status: 'failed', reasons: [restartedDuring(component, restarted, deployment)], evidence: [] };
  }
  const stage = Math.min(replicas, deployment.spec.replicas);
  const seen = await look(context, component, stage, baseline);
  if (seen.status !== 'done' || stage >= replicas) return seen;
  const next = nextStage(ramp, previousReplicas, replicas, context.elapsedSeconds);
  if (next <= stage) {
    return {
      status: 'pending',
      note: `${stage} pods ready; the next ${ramp.step} come after ${ramp.every} s`,
    };
  }
  await change(context, component, stage, Math.min(next, stage + ramp.step));
  return {
    status: 'pending',
    note: `${stage} of ${replicas} pods ready; ${ramp.step} more are on their way`,
  };
}

async function countRestarts(
  context: ActionContext,
  component: Component,
  deployment: Deployment,
): Promise<number> {
  const pods = await listPods(context, component, deployment);
  return pods
    .flatMap(({ status }) => status.containerStatuses)
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
}

async function change(context: ActionContext, component: Component, from: number, to: number): Promise<void> {
  await context.changed({
    call: 'kubernetes.PatchDeploymentScale',
    region: component.region,
    resource: resourceOf(component),
    what: `Replicas of ${nounOf(component)} ${component.name} changed from ${from} to ${to}`,
  });
  await patchReplicas(context, component, to);
}

async function look(
  context: ActionContext,
  component: Component,
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
    const { readyReplicas } = deployment.status;
    const what = `${capital(nounOf(component))} ${component.name} runs ${readyReplicas} ready pods, ${replicas} wanted`;
    return {
      status: 'done',
      outputs: outputsOf(baseline, deployment),
      evidence: [{ what, data: { replicas, readyReplicas } }],
    };
  }
  const problems = podProblems(await listPods(context, component, deployment));
  const left = state.status === 'pending' ? state.note : 'pods are still ending';
  return { status: 'pending', note: [left, ...problems].join('; ') };
}

/** At 0 replicas the pods' absence counts, since the deployment's status says 0 while they are still ending. */
async function reached(
  context: ActionContext,
  component: Component,
  deployment: Deployment,
  replicas: number,
): Promise<boolean> {
  return replicas > 0 || (await listPods(context, component, deployment)).length === 0;
}

function outputsOf(baseline: JsonObject, deployment: Deployment): JsonObject {
  const { previousReplicas } = baselineSchema.parse(baseline);
  return { previousReplicas, readyReplicas: deployment.status.readyReplicas };
}

function found(component: Component, deployment: Deployment): Evidence {
  const { replicas } = deployment.spec;
  const { readyReplicas } = deployment.status;
  return {
    what: `${capital(nounOf(component))} ${component.name} has ${replicas} replicas, ${readyReplicas} of them ready`,
    data: { replicas, readyReplicas },
  };
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function missing(component: Component): Reason {
  return {
    what: missingWorkload(component).what,
    mend: 'Apply its manifests to that cluster (with 0 replicas while it stands by), then retry.',
  };
}

function limitedBy({ metadata, spec }: Autoscaler, replicas: number): Reason {
  return {
    what: `Autoscaler ${metadata.name} allows ${spec.maxReplicas} replicas at most, ${replicas} are wanted.`,
    mend: `Raise its maxReplicas to ${replicas} or more (k8s.autoscale), then retry.`,
  };
}

function restartedDuring({ name, namespace }: Component, restarted: number, { spec }: Deployment): Reason {
  return {
    what: `Containers of ${name} were started again ${restarted} times while it grew; it stays at ${spec.replicas} replicas.`,
    mend: `Look at \`kubectl logs --previous -n ${namespace}\` of its pods; retry goes on from there.`,
  };
}

function mention(autoscaler: Autoscaler | undefined, replicas: number): Evidence[] {
  // An autoscaler pauses while a deployment has 0 replicas, so isolating by 0 works.
  if (!autoscaler || replicas === 0) return [];
  const { minReplicas, maxReplicas } = autoscaler.spec;
  const what = `Autoscaler ${autoscaler.metadata.name} goes on from there, between ${minReplicas} and ${maxReplicas} replicas`;
  return [{ what, data: { minReplicas, maxReplicas } }];
}
