import * as z from 'zod';
import type { Plan } from '../../shared/plan/schema.ts';
import type { KubernetesRequest } from '../../shared/ports.ts';
import {
  clustersOf,
  ensureCluster,
  findCluster,
  type SimulatedCluster,
  type SimulatedDeployment,
} from '../kubernetes/cluster.ts';
import {
  noticeChange,
  podsPerNode,
  probeAgain,
  resourceOf,
  watchRollout,
} from '../kubernetes/controllers.ts';
import { mergePatch } from '../kubernetes/merge-patch.ts';
import { autoscalerObject, deploymentObject, nodeObject, podObject } from '../kubernetes/objects.ts';
import type { Route } from '../kubernetes/routes.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

/** Pods of a deployment in the primary region before the outage. */
const primaryReplicas = 3;

/** What `simulateKubernetes` puts into a call, and what an operation answers. */
export type KubernetesCallInput = { cluster: string; route: Route; request: KubernetesRequest };
export type KubernetesReply = { status: number; text: string };

type Target = { world: World; cluster: SimulatedCluster; route: Route; request: KubernetesRequest };

/** The API servers of the simulated clusters. Calls come from `simulateKubernetes`, not from an AWS client. */
export const service: SimulatedService = {
  name: 'kubernetes',
  operations: {
    GetDeployment: onDeployment((_target, deployment) => reply(200, deploymentObject(deployment))),
    PatchDeployment: onDeployment(patchDeployment),
    GetDeploymentScale: onDeployment((_target, deployment) => reply(200, scaleObject(deployment))),
    PatchDeploymentScale: onDeployment(patchScale),
    ListDeployments: inNamespace(({ cluster, route }) =>
      cluster.deployments.filter(({ namespace }) => namespace === route.namespace).map(deploymentObject),
    ),
    ListPods: inNamespace(({ world, cluster, route }) =>
      cluster.deployments
        .filter(({ namespace, name }) => namespace === route.namespace && (route.labels.app ?? name) === name)
        .flatMap(deployment => deployment.pods.map(pod => podObject(deployment, pod, world.now()))),
    ),
    ListNodes: inNamespace(({ cluster, route }) => {
      const nodegroup = route.labels['eks.amazonaws.com/nodegroup'];
      return cluster.nodes.filter(node => (nodegroup ?? node.nodegroup) === node.nodegroup).map(nodeObject);
    }),
    ListHorizontalPodAutoscalers: inNamespace(({ cluster, route }) =>
      cluster.autoscalers.filter(({ namespace }) => namespace === route.namespace).map(autoscalerObject),
    ),
  },
  arrange(world, plan) {
    arrangeDeployments(world, plan);
    arrangeNodes(world, plan);
    keepHistory(world, 'kubernetes', () => clustersOf(world));
    world.onChange(() => probeAgain(world));
  },
  returnRegion: scaleAllDown,
};

/** Nothing of the old side may work on the old data when its region answers again. */
function scaleAllDown(world: World, region: string): void {
  for (const cluster of clustersOf(world)) {
    if (cluster.region !== region) continue;
    for (const deployment of cluster.deployments) {
      deployment.replicas = 0;
      deployment.pods = [];
      world.changed(
        resourceOf(cluster, deployment),
        'Scaled to 0 before its region answered again',
        'person',
      );
    }
  }
}

/** Deployments run in the primary region and wait with 0 replicas in the recovery region. */
function arrangeDeployments(world: World, plan: Plan): void {
  for (const component of Object.values(plan.components)) {
    if (component.type !== 'k8s-deployment') continue;
    const cluster = ensureCluster(world, component.cluster, component.region);
    const { namespace, name, container } = component;
    const replicas = component.region === plan.regions.primary ? primaryReplicas : 0;
    const deployment: SimulatedDeployment = {
      namespace,
      name,
      container,
      replicas,
      annotations: {},
      generation: 1,
      observedGeneration: 1,
      revision: 1,
      pods: [],
      podsMade: replicas,
      stuck: false,
    };
    for (let number = 1; number <= replicas; number++) {
      deployment.pods.push({
        name: `${name}-1-${number}`,
        ip: `10.0.0.${number + 1}`,
        revision: 1,
        node: roomFor(cluster),
        phase: 'Running',
        ready: true,
      });
    }
    cluster.deployments.push(deployment);
  }
}

/** Clusters whose node groups the plan does not name have room for their deployments all the same. */
function arrangeNodes(world: World, plan: Plan): void {
  for (const cluster of clustersOf(world)) {
    const named = Object.values(plan.components).some(
      component => component.type === 'eks-nodegroup' && component.cluster === cluster.name,
    );
    if (named || cluster.nodes.length > 0) continue;
    const wanted = Math.ceil((cluster.deployments.length * primaryReplicas) / podsPerNode);
    for (let count = 0; count < wanted; count++) addNode(cluster);
  }
}

function addNode(cluster: SimulatedCluster): string {
  const name = `${cluster.name}-node-${cluster.nodes.length + 1}`;
  cluster.nodes.push({ name, nodegroup: 'default', ready: true, leaving: false });
  return name;
}

/** A node with room, made when there is none: what ran before the outage had its nodes. */
function roomFor(cluster: SimulatedCluster): string {
  const used = (node: string) =>
    cluster.deployments.flatMap(({ pods }) => pods).filter(pod => pod.node === node).length;
  const free = cluster.nodes.find(({ name }) => used(name) < podsPerNode);
  return free ? free.name : addNode(cluster);
}

function onDeployment(
  answer: (target: Target, deployment: SimulatedDeployment) => KubernetesReply,
): (world: World, call: Call) => KubernetesReply {
  return (world, call) => {
    const target = targetOf(world, call);
    if (call.operation.startsWith('Get')) target.cluster = seen(target);
    const { namespace, name } = target.route;
    const found = target.cluster.deployments.find(
      deployment => deployment.namespace === namespace && deployment.name === name,
    );
    return found ? answer(target, found) : reply(404, status(404, `deployments.apps "${name}" not found`));
  };
}

function inNamespace(list: (target: Target) => unknown[]): (world: World, call: Call) => KubernetesReply {
  return (world, call) => {
    const target = targetOf(world, call);
    const items = list({ ...target, cluster: seen(target) });
    return reply(200, { apiVersion: 'v1', kind: 'List', items });
  };
}

/** The cluster as a read sees it, which is the past while reads are stale. */
function seen({ world, cluster }: Target): SimulatedCluster {
  const clusters = seenState(world, 'kubernetes', clustersOf(world));
  return clusters.find(({ name, region }) => name === cluster.name && region === cluster.region) ?? cluster;
}

function targetOf(world: World, call: Call): Target {
  const { cluster: name, route, request } = call.input as KubernetesCallInput;
  const cluster = findCluster(world, name, call.region);
  if (!cluster) {
    // What the real transport hears from EKS when it asks for the cluster's address.
    throw new SimulatedAwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404);
  }
  return { world, cluster, route, request };
}

const scalePatch = z.object({ spec: z.object({ replicas: z.number().int().nonnegative() }) });

function patchScale({ world, cluster, request }: Target, deployment: SimulatedDeployment): KubernetesReply {
  const patch = scalePatch.safeParse(request.body);
  if (!patch.success) return reply(400, status(400, 'the body of the request was not a scale'));
  setReplicas(world, cluster, deployment, patch.data.spec.replicas);
  return reply(200, scaleObject(deployment));
}

const deploymentPatch = z.object({
  spec: z.object({
    replicas: z.number().int().nonnegative(),
    template: z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) }),
  }),
});

function patchDeployment(
  { world, cluster, request }: Target,
  deployment: SimulatedDeployment,
): KubernetesReply {
  const { replicas, annotations } = deployment;
  const current = { spec: { replicas, template: { metadata: { annotations } } } };
  const body = z.json().safeParse(request.body);
  const patched = deploymentPatch.safeParse(body.success ? mergePatch(current, body.data) : undefined);
  if (!patched.success) return reply(400, status(400, 'the body of the request was not a deployment'));
  const { spec } = patched.data;
  if (JSON.stringify(spec.template.metadata.annotations) !== JSON.stringify(annotations)) {
    deployment.annotations = spec.template.metadata.annotations;
    deployment.revision += 1;
    deployment.generation += 1;
    watchRollout(world, deployment);
    world.changed(resourceOf(cluster, deployment), 'Pod template changed', 'lifeboat');
    noticeChange(world, cluster, deployment);
  }
  setReplicas(world, cluster, deployment, spec.replicas);
  return reply(200, deploymentObject(deployment));
}

function setReplicas(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
  replicas: number,
): void {
  if (deployment.replicas === replicas) return;
  deployment.replicas = replicas;
  deployment.generation += 1;
  world.changed(resourceOf(cluster, deployment), `Replicas set to ${replicas}`, 'lifeboat');
  noticeChange(world, cluster, deployment);
}

function scaleObject({ namespace, name, replicas, pods }: SimulatedDeployment): object {
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace },
    spec: { replicas },
    status: { replicas: pods.filter(pod => pod.phase !== 'Ending').length },
  };
}

function status(code: number, message: string): object {
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', message, code };
}

function reply(code: number, body: object): KubernetesReply {
  return { status: code, text: JSON.stringify(body) };
}
