import * as z from 'zod';
import { type JsonObject, objectOrEmpty } from '../../shared/json.ts';
import type { World } from '../world/world.ts';
import type { SimulatedCluster, SimulatedDeployment } from './cluster.ts';
import { endPod, noticeChange, resourceOf, watchRollout } from './controllers.ts';
import { strategicPatch } from './patches.ts';
import { metadataOf } from './store.ts';

/** Deployments and StatefulSets: what a write to their object means for their pods. */

const texts = z.record(z.string(), z.string());
const bodySchema = z.object({
  spec: z.object({
    replicas: z.number().int().nonnegative().default(1),
    template: z.object({
      metadata: z.object({ annotations: texts.default({}) }).prefault({}),
      spec: z
        .looseObject({
          containers: z.array(z.looseObject({ name: z.string(), image: z.string().optional() })),
        })
        .optional(),
    }),
  }),
});

/** Takes over what an object says now. False for a body that is no workload. */
export function updateWorkload(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
  body: JsonObject,
): boolean {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return false;
  const { template, replicas } = parsed.data.spec;
  const before = templateOf(deployment);
  const [container] = template.spec?.containers.filter(({ name }) => name === deployment.container) ?? [];
  deployment.manifest = withoutStatus(body);
  deployment.annotations = template.metadata.annotations;
  if (container?.image !== undefined) deployment.image = container.image;
  if (templateOf(deployment) !== before) {
    deployment.revision += 1;
    deployment.generation += 1;
    watchRollout(world, deployment);
    world.changed(resourceOf(cluster, deployment), 'Pod template changed', 'lifeboat');
    noticeChange(world, cluster, deployment);
  }
  setReplicas(world, cluster, deployment, replicas);
  return true;
}

const templateOf = (deployment: SimulatedDeployment) => JSON.stringify(workloadSpec(deployment).template);

export function setReplicas(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
  replicas: number,
  by: 'lifeboat' | 'aws' = 'lifeboat',
): void {
  if (deployment.replicas === replicas) return;
  deployment.replicas = replicas;
  deployment.generation += 1;
  world.changed(resourceOf(cluster, deployment), `Replicas set to ${replicas}`, by);
  noticeChange(world, cluster, deployment);
}

/** Whether a body can be a workload: it has a pod template with a container. */
export function isWorkload(body: JsonObject): boolean {
  return (bodySchema.safeParse(body).data?.spec.template.spec?.containers.length ?? 0) > 0;
}

/** A workload that was applied for the first time, or again after it was deleted. False for a body that is none. */
export function createWorkload(
  world: World,
  cluster: SimulatedCluster,
  kind: 'Deployment' | 'StatefulSet',
  body: JsonObject,
): boolean {
  const parsed = bodySchema.safeParse(body);
  const [container] = parsed.data?.spec.template.spec?.containers ?? [];
  if (!parsed.success || !container) return false;
  const { name, namespace } = metadataOf(body);
  const component = Object.values(world.plan.components).find(
    other =>
      (other.type === 'k8s-deployment' || other.type === 'k8s-statefulset') &&
      other.region === cluster.region &&
      other.cluster === cluster.name &&
      other.namespace === namespace &&
      other.name === name,
  );
  const made: SimulatedDeployment = {
    kind,
    namespace,
    name,
    container: container.name,
    image: container.image,
    replicas: parsed.data.spec.replicas,
    annotations: parsed.data.spec.template.metadata.annotations,
    manifest: withoutStatus(body),
    generation: 1,
    observedGeneration: 0,
    revision: 1,
    pods: [],
    podsMade: 0,
    stuck: false,
    component: component?.id,
  };
  cluster.deployments.push(made);
  watchRollout(world, made);
  world.changed(resourceOf(cluster, made), `${kind} ${name} is made`, 'lifeboat');
  noticeChange(world, cluster, made);
  return true;
}

export function deleteWorkload(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
): void {
  deployment.replicas = 0;
  for (const pod of deployment.pods) endPod(world, cluster, deployment, pod);
  cluster.deployments = cluster.deployments.filter(other => other !== deployment);
  world.changed(resourceOf(cluster, deployment), `${deployment.name} is deleted`, 'lifeboat');
}

function withoutStatus({ status: _, ...body }: JsonObject): JsonObject {
  return body;
}

/** The manifest with what has its own field, as the API server shows it. */
export function workloadSpec(deployment: SimulatedDeployment): JsonObject {
  const { name, container, replicas, annotations, image, manifest } = deployment;
  const own: JsonObject = {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: container, ...(image !== undefined && { image }) }] },
    },
  };
  const merged = objectOrEmpty(strategicPatch(own, { ...objectOrEmpty(manifest?.spec), replicas }));
  const template = objectOrEmpty(merged.template);
  return {
    ...merged,
    template: { ...template, metadata: { ...objectOrEmpty(template.metadata), annotations } },
  };
}
