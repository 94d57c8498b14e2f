import type {
  V1ContainerStatus,
  V1Deployment,
  V1DeploymentCondition,
  V1Node,
  V1Pod,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import { type JsonObject, objectOrEmpty } from '../../shared/json.ts';
import type { SimulatedAutoscaler, SimulatedDeployment, SimulatedNode, SimulatedPod } from './cluster.ts';
import { isComplete, podsPerNode } from './controllers.ts';
import { metadataOf } from './store.ts';
import { workloadSpec } from './workloads.ts';

/** Simulated state as the objects that an API server shows, held to the types of the Kubernetes client. */

/** An object as it crosses the wire: times are texts there, and what has no value is left out. */
export function shown(object: object): JsonObject {
  return JSON.parse(JSON.stringify(object)) as JsonObject;
}

/** The spec is what was applied, whatever that is. */
export function deploymentObject(
  deployment: SimulatedDeployment,
): Omit<V1Deployment, 'spec'> & { spec: JsonObject } {
  const { namespace, name, generation, observedGeneration, kind = 'Deployment', manifest } = deployment;
  const living = deployment.pods.filter(pod => pod.phase !== 'Ending');
  const ready = living.filter(pod => pod.ready).length;
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { ...shownMetadata(manifest), name, namespace, generation },
    spec: workloadSpec(deployment),
    status: {
      observedGeneration,
      // An API server leaves out counts that are zero.
      ...(living.length > 0 && { replicas: living.length }),
      ...positive('updatedReplicas', living.filter(pod => pod.revision === deployment.revision).length),
      ...positive('readyReplicas', ready),
      ...positive('availableReplicas', ready),
      ...(kind === 'Deployment'
        ? { conditions: deploymentConditions(deployment, ready) }
        : {
            currentRevision: `${name}-${isComplete(deployment) ? deployment.revision : deployment.revision - 1}`,
            updateRevision: `${name}-${deployment.revision}`,
          }),
    },
  };
}

function shownMetadata(manifest: SimulatedDeployment['manifest']): object {
  if (!manifest) return {};
  const { labels, annotations } = metadataOf(manifest);
  return {
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
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
  const { container, namespace, kind = 'Deployment' } = deployment;
  const owner = kind === 'Deployment' ? 'ReplicaSet' : kind;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: pod.uid ?? name,
      labels: { ...templateLabels(deployment), app: deployment.name },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: owner, name: deployment.name, uid: '', controller: true },
      ],
      ...(pod.startedAtMs !== undefined && { creationTimestamp: new Date(pod.startedAtMs) }),
      ...(phase === 'Ending' && { deletionTimestamp: now }),
    },
    spec: {
      containers: [{ name: container, ...(pod.image !== undefined && { image: pod.image }) }],
      // Every pod has one: the token of its service account.
      volumes: [{ name: 'kube-api-access', projected: { defaultMode: 420 } }],
      nodeName: node,
    },
    status: {
      phase: phase === 'Running' || phase === 'Ending' ? 'Running' : 'Pending',
      ...(phase === 'Running' && { podIP: ip }),
      conditions: [
        node === undefined
          ? {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: `no node has room for more than ${podsPerNode} pods`,
            }
          : { type: 'PodScheduled', status: 'True' },
        ready
          ? { type: 'Ready', status: 'True' }
          : {
              type: 'Ready',
              status: 'False',
              reason: 'ContainersNotReady',
              message: `containers with unready status: [${container}]${pod.lacks === undefined ? '' : `; readiness probe: ${pod.lacks}`}`,
            },
      ],
      ...containerStatuses(deployment, pod),
    },
  };
}

function templateLabels({ manifest }: SimulatedDeployment): Record<string, string> {
  const { template } = objectOrEmpty(manifest?.spec);
  return metadataOf(objectOrEmpty(template)).labels;
}

/** What the kubelet says about the container. */
function containerStatuses(
  { container, badImages }: SimulatedDeployment,
  { phase, image, crashed, missingSecret, ready, restarts = 0 }: SimulatedPod,
): { containerStatuses?: V1ContainerStatus[] } {
  if (phase === 'Pending') return {};
  const crashing = crashed || badImages?.includes(image ?? '');
  const state = {
    name: container,
    image: image ?? container,
    imageID: image?.includes('@') ? image : '',
    ready,
    restartCount: crashing ? Math.max(restarts, 5) : restarts,
  };
  const waiting = (reason: string, message?: string) => ({
    containerStatuses: [{ ...state, state: { waiting: { reason, message } } }],
  });
  if (missingSecret !== undefined) {
    return waiting('CreateContainerConfigError', `secret "${missingSecret}" not found`);
  }
  if (phase === 'Starting') return waiting('ContainerCreating');
  if (crashing) return waiting('CrashLoopBackOff', 'back-off 5m0s restarting failed container');
  return { containerStatuses: [{ ...state, state: { running: {} } }] };
}

export function nodeObject({ name, nodegroup, ready, zone, unschedulable }: SimulatedNode): V1Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'eks.amazonaws.com/nodegroup': nodegroup,
        ...(zone !== undefined && { 'topology.kubernetes.io/zone': zone }),
      },
    },
    spec: unschedulable ? { unschedulable } : {},
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

export function autoscalerObject(
  autoscaler: SimulatedAutoscaler,
  workload: SimulatedDeployment | undefined,
): V2HorizontalPodAutoscaler {
  const { namespace, name, deployment, minReplicas, maxReplicas, written } = autoscaler;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { ...(written?.metadata as object), name, namespace },
    spec: {
      ...(written?.spec as object),
      scaleTargetRef: { apiVersion: 'apps/v1', kind: workload?.kind ?? 'Deployment', name: deployment },
      minReplicas,
      maxReplicas,
    },
    status: {
      currentReplicas: workload?.pods.filter(pod => pod.phase !== 'Ending').length ?? 0,
      desiredReplicas: workload?.replicas ?? 0,
      conditions: [
        workload?.replicas
          ? { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' }
          : { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled' },
      ],
    },
  };
}
