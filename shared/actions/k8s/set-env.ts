import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { nounOf, patchTemplate, readDeployment } from '../../kubernetes/api.ts';
import { holds, inversePatch } from '../../kubernetes/object-api.ts';
import type { Deployment } from '../../kubernetes/objects.ts';
import { rolloutState } from '../../kubernetes/rollout.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';
import {
  missingContainer,
  missingWorkload,
  observeRollout,
  pausedWorkload,
  resourceOf,
  rolloutDuration,
  workloadSchema,
  workloadTypes,
} from '../k8s-workload.ts';

const parameters = z.strictObject({
  workload: workloadSchema,
  env: z
    .record(z.string().regex(/^[-._A-Za-z][-._A-Za-z0-9]*$/), z.union([z.string(), z.null()]))
    .refine(env => Object.keys(env).length > 0, 'at least one variable')
    .meta({ description: 'Variables and their values; null removes one' }),
  container: z.string().optional().meta({ description: "Container; the component's own if left out" }),
});
type Parameters = z.output<typeof parameters>;
type Variable = Deployment['spec']['template']['spec']['containers'][number]['env'][number];

const baselineSchema = z.object({
  /** The patch that takes this one back. */
  inverse: z.custom<JsonObject>(),
  previous: z.record(z.string(), z.union([z.string(), z.null()])),
});

/**
 * Sets environment variables of a workload and waits for the rollout. What was there before is kept and undo puts it
 * back, so that a setting that is meant for the emergency does not outlive it.
 *
 * In the cluster the function's role needs: `get` and `patch` on deployments.apps or statefulsets.apps, `list` on pods.
 */
export const action = defineAction({
  kind: 'k8s.set-env',
  summary: 'Sets environment variables of a workload and waits for its rollout',
  parameters,
  components: { workload: workloadTypes },
  outputs: { previous: 'Values before the step, by name', replicas: 'Pods that run with the new ones' },
  drill: 'isolated',
  mutates: true,
  typical: rolloutDuration,
  failureModes: [
    'New pods never become ready with the new values: the rollout ends with ProgressDeadlineExceeded',
    'The next deployment from Git brings the old values back',
    'A value that is meant for the emergency is forgotten there',
  ],
  permissions: ({ workload }) => [clusterPermission(workload.cluster, workload.region)],

  async prepare(context, given) {
    const { workload: component, env } = given;
    const drill = refuseProductionInDrill(
      context,
      component.region,
      `${nounOf(component)} ${component.name}`,
    );
    if (drill) return drill;
    const secrets = Object.entries(env).filter(([, value]) => value !== null && holdsPassword(value));
    if (secrets.length > 0) return refused(...secrets.map(([name]) => inClear(name)));
    const deployment = await readDeployment(context, component);
    if (!deployment) return refused(missingWorkload(component));
    if (deployment.spec.paused) return refused(pausedWorkload(component));
    const container = containerIn(deployment, given);
    if (!container) {
      const there = deployment.spec.template.spec.containers.map(({ name }) => name);
      return refused(missingContainer(component, nameOf(given), there));
    }
    const previous = Object.fromEntries(
      Object.keys(env).map(name => [name, container.env.find(other => other.name === name)?.value ?? null]),
    );
    const inverse = inversePatch(templateOf(deployment), patchFor(given), 'strategic') as JsonObject;
    const baseline = { inverse, previous };
    const evidence = [
      { what: `${component.name} will get: ${Object.keys(env).join(', ')}`, data: { previous, wanted: env } },
    ];
    if (isSet(deployment, given) && rolloutState(deployment).status === 'complete') {
      const outputs = { previous, replicas: deployment.spec.replicas };
      return { status: 'already-done', baseline, outputs, evidence };
    }
    return { status: 'ready', baseline, evidence };
  },

  act: (context, given) => change(context, given, patchFor(given), Object.keys(given.env)),

  observe(context, given, baseline) {
    const { previous } = baselineSchema.parse(baseline);
    return observeRollout(
      context,
      given.workload,
      deployment => isSet(deployment, given),
      ({ spec }) => ({ previous, replicas: spec.replicas }),
    );
  },

  async undo(context, given, baseline) {
    const { inverse, previous } = baselineSchema.parse(baseline);
    const deployment = await readDeployment(context, given.workload);
    const back = (found: Deployment) => holds(templateOf(found), inverse);
    if (deployment && !back(deployment)) {
      await change(context, given, inverse, Object.keys(previous));
      return { status: 'pending', note: 'putting the values from before back' };
    }
    return observeRollout(context, given.workload, back, () => ({}));
  },
});

const nameOf = ({ workload, container }: Parameters) => container ?? workload.container;

function containerIn(deployment: Deployment, given: Parameters) {
  return deployment.spec.template.spec.containers.find(({ name }) => name === nameOf(given));
}

/** The part of the pod template that a patch of `patchFor` and its inverse are about. */
function templateOf({ spec }: Deployment): JsonObject {
  const containers = spec.template.spec.containers.map(({ name, env }) => ({
    name,
    env: env.map(asWritten),
  }));
  return { spec: { containers } };
}

function asWritten({ name, value, valueFrom }: Variable): JsonObject {
  return { name, ...(value !== undefined && { value }), ...(valueFrom !== undefined && { valueFrom }) };
}

/** Strategic merge patch of the pod template. A variable that came from elsewhere before comes from here now. */
function patchFor(given: Parameters): JsonObject {
  const env = Object.entries(given.env).map(
    ([name, value]): JsonObject =>
      value === null ? { name, $patch: 'delete' } : { name, value, valueFrom: null },
  );
  return { spec: { containers: [{ name: nameOf(given), env }] } };
}

function isSet(deployment: Deployment, given: Parameters): boolean {
  const env = containerIn(deployment, given)?.env ?? [];
  return Object.entries(given.env).every(([name, value]) => {
    const found = env.find(other => other.name === name);
    return value === null ? found === undefined : found?.value === value && !found.valueFrom;
  });
}

async function change(
  context: ActionContext,
  { workload }: Parameters,
  patch: JsonObject,
  names: string[],
): Promise<void> {
  await context.changed({
    call: 'kubernetes.PatchDeployment',
    region: workload.region,
    resource: resourceOf(workload),
    what: `Environment of ${nounOf(workload)} ${workload.name} changed: ${names.join(', ')}`,
  });
  await patchTemplate(context, workload, patch);
}

/** A connection string with a password in it, which everybody who may read the workload would see. */
function holdsPassword(value: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i.test(value);
}

function inClear(name: string): Reason {
  return {
    what: `The value of ${name} has a password in it, and everybody who may read the workload could read it.`,
    mend: 'Put it into a Secret (secrets.put-value, k8s.create-secret) and restart the pods instead.',
  };
}
