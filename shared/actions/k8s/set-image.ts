import * as z from 'zod';
import { nounOf, patchTemplate, readDeployment, type Workload } from '../../kubernetes/api.ts';
import type { Deployment } from '../../kubernetes/objects.ts';
import { rolloutState } from '../../kubernetes/rollout.ts';
import { type ActionContext, defineAction } from '../contract.ts';
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
  image: z
    .string()
    .regex(/^[^\s@]+(:[^\s@]+)?(@sha256:[0-9a-f]{64})?$/, 'an image, such as registry/app:v1.2.3@sha256:…')
    .meta({ description: 'Image to run; with a digest it is the same wherever it is pulled' }),
  container: z.string().optional().meta({ description: "Container; the component's own if left out" }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ previousImage: z.string() });

/**
 * Puts another image into the pod template and waits until all pods run it, as `kubectl set image` and `kubectl rollout
 * status` do together. Undo puts the image from before back and waits for that.
 *
 * In the cluster the function's role needs: `get` and `patch` on deployments.apps or statefulsets.apps, `list` on pods.
 */
export const action = defineAction({
  kind: 'k8s.set-image',
  summary: 'Changes the image of a workload and waits for its rollout',
  parameters,
  components: { workload: workloadTypes },
  outputs: { previousImage: 'Image before the step', image: 'Image now', replicas: 'Pods that run it' },
  drill: 'isolated',
  mutates: true,
  typical: rolloutDuration,
  failureModes: [
    'The image can not be pulled: it does not exist, or the registry or the pull secret is in the lost region',
    'A tag that can be moved means another image than it meant when the plan was written',
    'New pods never become ready: the rollout ends with ProgressDeadlineExceeded',
    'A GitOps controller sets the image back',
  ],
  permissions: ({ workload }) => [clusterPermission(workload.cluster, workload.region)],

  async prepare(context, given) {
    const { workload: component, image } = given;
    const drill = refuseProductionInDrill(
      context,
      component.region,
      `${nounOf(component)} ${component.name}`,
    );
    if (drill) return drill;
    const deployment = await readDeployment(context, component);
    if (!deployment) return refused(missingWorkload(component));
    if (deployment.spec.paused) return refused(pausedWorkload(component));
    const previousImage = imageOf(deployment, containerOf(given));
    if (previousImage === undefined) {
      const there = deployment.spec.template.spec.containers.map(({ name }) => name);
      return refused(missingContainer(component, containerOf(given), there));
    }
    const baseline = { previousImage };
    const advice = image.includes('@sha256:')
      ? []
      : [{ what: `${image} names no digest, so nobody can say afterwards which image it was` }];
    const evidence = [{ what: `${component.name} runs ${previousImage}`, data: baseline }, ...advice];
    if (previousImage === image && rolloutState(deployment).status === 'complete') {
      const { replicas } = deployment.spec;
      return { status: 'already-done', baseline, outputs: { previousImage, image, replicas }, evidence };
    }
    return { status: 'ready', baseline, evidence };
  },

  act: (context, given, baseline) =>
    setImage(context, given, baselineSchema.parse(baseline).previousImage, given.image),

  observe(context, given, baseline) {
    const { previousImage } = baselineSchema.parse(baseline);
    return observeImage(context, given, previousImage, given.image);
  },

  async undo(context, given, baseline) {
    const { previousImage } = baselineSchema.parse(baseline);
    const deployment = await readDeployment(context, given.workload);
    const now = deployment && imageOf(deployment, containerOf(given));
    if (now !== undefined && now !== previousImage) {
      await setImage(context, given, now, previousImage);
      return { status: 'pending', note: `going back to ${previousImage}` };
    }
    return observeImage(context, given, given.image, previousImage);
  },
});

const containerOf = ({ workload, container }: Parameters) => container ?? workload.container;

function imageOf(deployment: Deployment, container: string): string | undefined {
  return deployment.spec.template.spec.containers.find(({ name }) => name === container)?.image;
}

async function setImage(context: ActionContext, given: Parameters, from: string, to: string): Promise<void> {
  const component: Workload = given.workload;
  await context.changed({
    call: 'kubernetes.PatchDeployment',
    region: component.region,
    resource: resourceOf(component),
    what: `Image of ${nounOf(component)} ${component.name} changed from ${from} to ${to}`,
  });
  await patchTemplate(context, component, {
    spec: { containers: [{ name: containerOf(given), image: to }] },
  });
}

function observeImage(context: ActionContext, given: Parameters, previousImage: string, image: string) {
  return observeRollout(
    context,
    given.workload,
    deployment => imageOf(deployment, containerOf(given)) === image,
    ({ spec }) => ({ previousImage, image, replicas: spec.replicas }),
  );
}
