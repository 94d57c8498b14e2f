import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { findAutoscaler, kindOfWorkload, nounOf } from '../../kubernetes/api.ts';
import { patchObject } from '../../kubernetes/object-api.ts';
import type { Autoscaler } from '../../kubernetes/objects.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';
import { workloadSchema, workloadTypes } from '../k8s-workload.ts';

const limit = z.number().int().positive().optional();
const parameters = z
  .strictObject({
    workload: workloadSchema,
    min: limit.meta({ description: 'minReplicas; left as it is without' }),
    max: limit.meta({ description: 'maxReplicas; left as it is without' }),
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min is above max');
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ name: z.string(), min: z.number(), max: z.number() });

/**
 * Sets the limits of the HorizontalPodAutoscaler that steers a workload, and waits until it has as many pods as it
 * wants, between the limits. Without limits it only waits. Undo sets the limits from before.
 *
 * In the cluster the function's role needs: `list` and `patch` on horizontalpodautoscalers.autoscaling.
 */
export const action = defineAction({
  kind: 'k8s.autoscale',
  summary: 'Sets the limits of an autoscaler and waits until it has the pods that it wants',
  parameters,
  components: { workload: workloadTypes },
  outputs: {
    previousMin: 'minReplicas before the step',
    previousMax: 'maxReplicas before the step',
    replicas: 'Pods now',
  },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 15,
    likelySeconds: 60,
    maxSeconds: 420,
    source: 'The autoscaler looks every 15 s by default; then pods have to start, perhaps on new nodes',
  },
  failureModes: [
    'There are no metrics, so the autoscaler wants nothing',
    'The nodes or the database connections do not suffice for so many pods',
    'The workload has 0 replicas: autoscalers leave it alone then',
  ],
  permissions: ({ workload }) => [clusterPermission(workload.cluster, workload.region)],

  async prepare(context, given) {
    const { workload } = given;
    const drill = refuseProductionInDrill(context, workload.region, `${nounOf(workload)} ${workload.name}`);
    if (drill) return drill;
    const autoscaler = await findAutoscaler(context, workload);
    if (!autoscaler) return refused(none(given));
    const { minReplicas: min, maxReplicas: max } = autoscaler.spec;
    const wanted = limitsOf(given, { min, max });
    if (wanted.min > wanted.max) return refused(crossed(autoscaler, wanted));
    const baseline = { name: autoscaler.metadata.name, min, max };
    const what = `Autoscaler ${autoscaler.metadata.name} holds ${workload.name} between ${min} and ${max} replicas`;
    const evidence = [{ what, data: { min, max, ...autoscaler.status } }];
    if (hasLimits(autoscaler, wanted) && isSettled(autoscaler)) {
      const outputs = outputsOf(baseline, autoscaler);
      return { status: 'already-done', baseline, outputs, evidence };
    }
    return { status: 'ready', baseline, evidence };
  },

  async act(context, given, baseline) {
    const before = baselineSchema.parse(baseline);
    await setLimits(context, given, before, limitsOf(given, before));
  },

  observe(context, given, baseline) {
    return look(context, given, baseline, limitsOf(given, baselineSchema.parse(baseline)));
  },

  async undo(context, given, baseline) {
    const before = baselineSchema.parse(baseline);
    const autoscaler = await findAutoscaler(context, given.workload);
    if (!autoscaler || hasLimits(autoscaler, before)) {
      const what = `Autoscaler ${before.name} has its limits from before`;
      return { status: 'done', outputs: {}, evidence: [{ what }] };
    }
    await setLimits(context, given, before, before);
    return { status: 'pending', note: `going back to ${before.min} to ${before.max} replicas` };
  },
});

type Limits = { min: number; max: number };

const limitsOf = ({ min, max }: Parameters, before: Limits): Limits => ({
  min: min ?? before.min,
  max: max ?? Math.max(before.max, min ?? 0),
});

const hasLimits = ({ spec }: Autoscaler, { min, max }: Limits) =>
  spec.minReplicas === min && spec.maxReplicas === max;

function isSettled({ status, spec }: Autoscaler): boolean {
  const { currentReplicas, desiredReplicas } = status;
  return currentReplicas === desiredReplicas && currentReplicas >= spec.minReplicas;
}

async function setLimits(
  context: ActionContext,
  { workload }: Parameters,
  { name }: { name: string },
  { min, max }: Limits,
): Promise<void> {
  const ref = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    namespace: workload.namespace,
    name,
  };
  const autoscaler = await findAutoscaler(context, workload);
  if (autoscaler && hasLimits(autoscaler, { min, max })) return;
  await recordChange(context, workload, 'Patch', ref, `Autoscaler ${name} set to ${min} to ${max} replicas`);
  await patchObject(context, workload, ref, { spec: { minReplicas: min, maxReplicas: max } });
}

async function look(
  context: ActionContext,
  given: Parameters,
  baseline: JsonObject,
  limits: Limits,
): Promise<Observation> {
  const autoscaler = await findAutoscaler(context, given.workload);
  if (!autoscaler) return { status: 'failed', reasons: [none(given)], evidence: [] };
  if (!hasLimits(autoscaler, limits)) return { status: 'pending', note: 'the limits do not show yet' };
  const { currentReplicas, desiredReplicas, conditions } = autoscaler.status;
  const active = conditions.find(({ type }) => type === 'ScalingActive');
  if (active?.reason === 'ScalingDisabled') {
    return { status: 'failed', reasons: [idle(given)], evidence: [] };
  }
  // A new autoscaler wants nothing yet, and one without metrics wants nothing until the pods leave its limits.
  if (desiredReplicas === 0) {
    const why = active?.message ? `: ${active.message}` : '';
    return { status: 'pending', note: `${currentReplicas} pods; the autoscaler wants nothing yet${why}` };
  }
  if (!isSettled(autoscaler)) {
    return {
      status: 'pending',
      note: `${currentReplicas} pods, ${desiredReplicas} wanted, at least ${limits.min}`,
    };
  }
  const what = `${given.workload.name} has the ${currentReplicas} pods that its autoscaler wants`;
  const outputs = outputsOf(baseline, autoscaler);
  return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
}

function outputsOf(baseline: JsonObject, { status }: Autoscaler): JsonObject {
  const { min, max } = baselineSchema.parse(baseline);
  return { previousMin: min, previousMax: max, replicas: status.currentReplicas };
}

function none({ workload }: Parameters): Reason {
  return {
    what: `No HorizontalPodAutoscaler steers ${kindOfWorkload(workload)} ${workload.name} in ${workload.namespace}.`,
    mend: 'Apply one, or set the number of pods with k8s.scale.',
  };
}

function crossed({ metadata }: Autoscaler, { min, max }: Limits): Reason {
  return {
    what: `Autoscaler ${metadata.name} would have at least ${min} and at most ${max} replicas.`,
    mend: 'Give both limits in the plan.',
  };
}

function idle({ workload }: Parameters): Reason {
  return {
    what: `${workload.name} has 0 replicas, and an autoscaler leaves such a workload alone.`,
    mend: 'Start it with k8s.scale first.',
  };
}
