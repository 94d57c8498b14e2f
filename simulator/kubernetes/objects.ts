import type {
  V1Deployment,
  V1DeploymentCondition,
  V1Node,
  V1Pod,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import type { SimulatedAutoscaler, SimulatedDeployment, SimulatedNode, SimulatedPod } from './cluster.ts';
import { isComplete, podsPerNode } from './controllers.ts';

/** Simulated state as the objects that an API server shows, held to the types of the Kubernetes client. */

export function deploymentObject(deployment: SimulatedDeployment): V1Deployment {
  const { namespace, name, container, replicas, annotations, generation, observedGeneration } = deployment;
  const living = deployment.pods.filter(pod => pod.phase !== 'Ending');
  const ready = living.filter(pod => pod.ready).length;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, generation },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations },
        spec: { containers: [{ name: container }] },
      },
    },
    status: {
      observedGeneration,
      // An API server leaves out counts that are zero.
      ...(living.length > 0 && { replicas: living.length }),
      ...positive('updatedReplicas', living.filter(pod => pod.revision === deployment.revision).length),
      ...positive('readyReplicas', ready),
      ...positive('availableReplicas', ready),
      conditions: deploymentConditions(deployment, ready),
    },
  };
}

function positive<Key extends string>(key: Key, count: number): { [K in Key]?: number } {
  const counted: { [K in Key]?: number } = {};
  if (count > 0) counted[key] = count;
  return counted;
}

function deploymentConditions(deployment: SimulatedDeployment, ready: number): V1DeploymentCondition[] {
  const available = {
    type: 'Available',
    status: ready >= deployment.replicas ? 'True' : 'False',
    reason: ready >= deployment.replicas ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
  };
  if (deployment.stuck) {
    const message = `Deployment "${deployment.name}" has exceeded its progress deadline.`;
    return [available, { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }];
  }
  const rollingOut = deployment.rolloutProgressAtMs !== undefined && !isComplete(deployment);
  const reason = rollingOut ? 'ReplicaSetUpdated' : 'NewReplicaSetAvailable';
  return [available, { type: 'Progressing', status: 'True', reason }];
}

export function podObject(deployment: SimulatedDeployment, pod: SimulatedPod, now: Date): V1Pod {
  const { name, ip, node, phase, ready } = pod;
  const scheduled = node !== undefined;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: deployment.namespace,
      labels: { app: deployment.name },
      ...(phase === 'Ending' && { deletionTimestamp: now }),
    },
    spec: { containers: [{ name: deployment.container }], nodeName: node },
    status: {
      phase: phase === 'Running' || phase === 'Ending' ? 'Running' : 'Pending',
      ...(phase === 'Running' && { podIP: ip }),
      conditions: [
        scheduled
          ? { type: 'PodScheduled', status: 'True' }
          : {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: `no node has room for more than ${podsPerNode} pods`,
            },
        ready
          ? { type: 'Ready', status: 'True' }
          : {
              type: 'Ready',
              status: 'False',
              reason: 'ContainersNotReady',
              message: `containers with unready status: [${deployment.container}]`,
            },
      ],
      ...(phase === 'Starting' && {
        containerStatuses: [
          {
            name: deployment.container,
            image: deployment.container,
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'ContainerCreating' } },
          },
        ],
      }),
    },
  };
}

export function nodeObject({ name, nodegroup, ready }: SimulatedNode): V1Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'eks.amazonaws.com/nodegroup': nodegroup } },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

export function autoscalerObject(autoscaler: SimulatedAutoscaler): V2HorizontalPodAutoscaler {
  const { namespace, name, deployment, minReplicas, maxReplicas } = autoscaler;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment },
      minReplicas,
      maxReplicas,
    },
  };
}
