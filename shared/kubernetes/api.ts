import type * as z from 'zod';
import { ConflictError, RequestRejectedError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { ComponentOf } from '../plan/components.ts';
import type { KubernetesAccess, KubernetesRequest } from '../ports.ts';
import {
  type Autoscaler,
  autoscalerListSchema,
  type Deployment,
  deploymentSchema,
  type Node,
  nodeListSchema,
  type Pod,
  podListSchema,
} from './objects.ts';

/** What these functions need of an action's context. */
export type KubernetesPort = {
  kubernetes(access: KubernetesAccess, request: KubernetesRequest): Promise<{ status: number; body: Json }>;
};

/** What runs pods: a Deployment or a StatefulSet. */
export type Workload = ComponentOf<'k8s-deployment'> | ComponentOf<'k8s-statefulset'>;

/** `undefined` when there is no such deployment. */
export async function readDeployment(
  port: KubernetesPort,
  component: Workload,
): Promise<Deployment | undefined> {
  const path = deploymentPath(component);
  const { status, body } = await port.kubernetes(component, { method: 'GET', path });
  if (status === 404) return undefined;
  return parse(deploymentSchema, body, path);
}

/** Sets the number of replicas through the scale subresource, so that nothing else of the deployment is touched. */
export function patchReplicas(port: KubernetesPort, component: Workload, replicas: number): Promise<void> {
  return patch(port, component, {
    method: 'PATCH',
    path: `${deploymentPath(component)}/scale`,
    contentType: 'application/merge-patch+json',
    body: { spec: { replicas } },
  });
}

/** Adds annotations to the pod template; any change of it makes the deployment replace its pods. */
export function patchTemplateAnnotations(
  port: KubernetesPort,
  component: Workload,
  annotations: Record<string, string>,
): Promise<void> {
  return patchTemplate(port, component, { metadata: { annotations } });
}

/** Changes the pod template; containers and their environment are merged by name. */
export function patchTemplate(
  port: KubernetesPort,
  component: Workload,
  template: JsonObject,
): Promise<void> {
  return patch(port, component, {
    method: 'PATCH',
    path: deploymentPath(component),
    contentType: 'application/strategic-merge-patch+json',
    body: { spec: { template } },
  });
}

/** All pods that the deployment's selector matches, those that are going away included. */
export async function listPods(
  port: KubernetesPort,
  component: Workload,
  deployment: Deployment,
): Promise<Pod[]> {
  const labels = Object.entries(deployment.spec.selector.matchLabels).map(
    ([key, value]) => `${key}=${value}`,
  );
  const path = `/api/v1/namespaces/${segment(component.namespace)}/pods?labelSelector=${encodeURIComponent(labels.join(','))}`;
  const { body } = await port.kubernetes(component, { method: 'GET', path });
  return parse(podListSchema, body, path).items;
}

/** The HorizontalPodAutoscaler that steers this deployment, if there is one. */
export async function findAutoscaler(
  port: KubernetesPort,
  component: Workload,
): Promise<Autoscaler | undefined> {
  const path = `/apis/autoscaling/v2/namespaces/${segment(component.namespace)}/horizontalpodautoscalers`;
  const { body } = await port.kubernetes(component, { method: 'GET', path });
  return parse(autoscalerListSchema, body, path).items.find(
    ({ spec }) =>
      spec.scaleTargetRef.kind === kindOfWorkload(component) && spec.scaleTargetRef.name === component.name,
  );
}

/** Nodes of an EKS managed node group, by the label that EKS puts on them. */
export async function listNodes(
  port: KubernetesPort,
  nodegroup: ComponentOf<'eks-nodegroup'>,
): Promise<Node[]> {
  const selector = encodeURIComponent(`eks.amazonaws.com/nodegroup=${nodegroup.name}`);
  const path = `/api/v1/nodes?labelSelector=${selector}`;
  const { body } = await port.kubernetes(nodegroup, { method: 'GET', path });
  return parse(nodeListSchema, body, path).items;
}

function deploymentPath({ namespace, name, type }: Workload): string {
  const plural = type === 'k8s-deployment' ? 'deployments' : 'statefulsets';
  return `/apis/apps/v1/namespaces/${segment(namespace)}/${plural}/${segment(name)}`;
}

export const kindOfWorkload = ({ type }: Pick<Workload, 'type'>) =>
  type === 'k8s-deployment' ? 'Deployment' : 'StatefulSet';

/** `deployment` or `stateful set`, for sentences. */
export const nounOf = ({ type }: Pick<Workload, 'type'>) =>
  type === 'k8s-deployment' ? 'deployment' : 'stateful set';

const segment = encodeURIComponent;

async function patch(port: KubernetesPort, component: Workload, request: KubernetesRequest): Promise<void> {
  const { status } = await port.kubernetes(component, request);
  const what = `${nounOf(component)} ${component.namespace}/${component.name} in cluster ${component.cluster}`;
  if (status === 404) {
    throw new RequestRejectedError(`There is no ${what}.`, {
      nextStep: 'Apply its manifest to the cluster, then retry this step.',
    });
  }
  if (status === 409) {
    throw new ConflictError(`The ${what} was changed by somebody else at the same time.`, {
      nextStep: 'Nothing: the request is made again.',
    });
  }
}

export function parse<Schema extends z.ZodType>(schema: Schema, body: Json, path: string): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RequestRejectedError(
    `The cluster answered ${path} with an object that Lifeboat can't read: ${issue?.path.join('.')}: ${issue?.message}`,
    { nextStep: 'Check the Kubernetes version of the cluster; apps/v1 and autoscaling/v2 are needed.' },
  );
}
