import type { World } from '../world/world.ts';
import {
  clustersOf,
  publishReady,
  type SimulatedCluster,
  type SimulatedDeployment,
  type SimulatedPod,
  say,
} from './cluster.ts';
import { databaseHostOf, isHealthy, readEnvironment } from './pod-health.ts';

/**
 * What the controllers, the scheduler and the kubelets of a cluster do after something has changed. Each function
 * brings the state one step nearer to what is wanted and sets off what takes time.
 */

/** Pods of the application that one node has room for. */
export const podsPerNode = 2;

/** Seconds that the application's image takes to pull and the process to start. Experience; images of 200 to 500 MB. */
const podStart = { minSeconds: 10, likelySeconds: 25, maxSeconds: 60 };
/** The default terminationGracePeriodSeconds is 30; most processes end before. */
const podEnd = { minSeconds: 2, likelySeconds: 5, maxSeconds: 30 };
/** periodSeconds of a readiness probe is 10 by default, failureThreshold 3 (Kubernetes API reference, Probe). */
const probeSeconds = 10;
const probeFailures = 3;
/** progressDeadlineSeconds of a deployment by default (Kubernetes API reference, DeploymentSpec). */
const progressDeadlineSeconds = 600;
/** How long the deployment controller takes to notice a change. */
const noticeSeconds = 1;

/** Call after the wanted state of a deployment was changed: the controller takes it up a moment later. */
export function noticeChange(world: World, cluster: SimulatedCluster, deployment: SimulatedDeployment): void {
  world.after(noticeSeconds, resourceOf(cluster, deployment), 'The deployment controller takes it up', () => {
    deployment.observedGeneration = deployment.generation;
    reconcile(world, cluster);
  });
}

/** Brings all deployments of a cluster nearer to what is wanted. */
export function reconcile(world: World, cluster: SimulatedCluster): void {
  const nodes = new Set(cluster.nodes.filter(node => !node.leaving).map(node => node.name));
  for (const deployment of cluster.deployments) {
    for (const pod of deployment.pods) {
      if (pod.node !== undefined && !nodes.has(pod.node)) endPod(world, cluster, deployment, pod);
    }
    removeSurplus(world, cluster, deployment);
    addMissing(deployment);
    concludeRollout(deployment);
  }
  schedule(world, cluster);
}

/** Whether all pods are of the newest revision, ready, and as many as wanted. */
export function isComplete({ pods, replicas, revision }: SimulatedDeployment): boolean {
  return pods.length === replicas && pods.every(pod => pod.ready && pod.revision === revision);
}

function addMissing(deployment: SimulatedDeployment): void {
  const { replicas, revision } = deployment;
  const living = deployment.pods.filter(pod => pod.phase !== 'Ending');
  const current = living.filter(pod => pod.revision === revision);
  if (deployment.kind === 'StatefulSet') {
    addOrdinals(deployment);
    return;
  }
  // maxSurge is 25 % by default, rounded up.
  const mostPods = living.length === current.length ? replicas : replicas + Math.ceil(replicas * 0.25);
  const missing = Math.min(replicas - current.length, mostPods - living.length);
  for (let count = 0; count < missing; count++) addPod(deployment);
}

/** A StatefulSet has no pod too many: a new one comes when the old one of its number is gone. */
function addOrdinals(deployment: SimulatedDeployment): void {
  for (let count = deployment.pods.length; count < deployment.replicas; count++) addPod(deployment);
}

function addPod(deployment: SimulatedDeployment): void {
  deployment.podsMade += 1;
  const number = deployment.podsMade;
  deployment.pods.push({
    name: podName(deployment, number),
    uid: `${deployment.namespace}-${deployment.name}-${number}`,
    image: deployment.image,
    ip: `10.0.${Math.floor(number / 250)}.${(number % 250) + 1}`,
    revision: deployment.revision,
    phase: 'Pending',
    ready: false,
  });
}

/** A StatefulSet's pods keep their numbers; those of a Deployment never had one before. */
export function podName({ kind, name, revision, pods }: SimulatedDeployment, number: number): string {
  if (kind !== 'StatefulSet') return `${name}-${revision}-${number}`;
  const taken = new Set(pods.map(pod => pod.name));
  for (let ordinal = 0; ; ordinal++) {
    if (!taken.has(`${name}-${ordinal}`)) return `${name}-${ordinal}`;
  }
}

/** Old pods go as new ones become ready; with 25 % maxUnavailable, rounded down, small deployments keep all. */
function removeSurplus(world: World, cluster: SimulatedCluster, deployment: SimulatedDeployment): void {
  const { replicas, revision } = deployment;
  const living = deployment.pods.filter(pod => pod.phase !== 'Ending');
  const current = living.filter(pod => pod.revision === revision);
  const unready = (pod: SimulatedPod) => (pod.ready ? 1 : 0);
  const surplus = [...current]
    .sort((one, other) => unready(one) - unready(other))
    .slice(0, Math.max(0, current.length - replicas));
  const leastPods = replicas - Math.floor(replicas * 0.25);
  const newUnready = current.filter(pod => !pod.ready).length;
  const mayGo =
    deployment.kind === 'StatefulSet'
      ? Number(newUnready === 0 && deployment.pods.length >= replicas)
      : Math.max(0, living.length - surplus.length - leastPods - newUnready);
  const old = living
    .filter(pod => pod.revision !== revision)
    .sort((one, other) => unready(one) - unready(other));
  for (const pod of [...surplus, ...(replicas === 0 ? old : old.slice(0, mayGo))]) {
    endPod(world, cluster, deployment, pod);
  }
}

export function endPod(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
  pod: SimulatedPod,
): void {
  if (pod.phase === 'Ending') return;
  const wasReady = pod.ready;
  pod.phase = 'Ending';
  pod.ready = false;
  if (wasReady) publishReady(world, cluster, deployment);
  sayOfPod(world, cluster, deployment, pod, 'Killing', `Stopping container ${deployment.container}`);
  const key = podKey(cluster, pod);
  world.after(
    world.duration(podEnd, `pod-end/${key}`),
    resourceOf(cluster, deployment),
    `Pod ${pod.name} is gone`,
    () => {
      deployment.pods = deployment.pods.filter(other => other !== pod);
      reconcile(world, cluster);
    },
  );
}

function schedule(world: World, cluster: SimulatedCluster): void {
  for (const deployment of cluster.deployments) {
    for (const pod of deployment.pods) {
      if (pod.phase !== 'Pending') continue;
      const node = cluster.nodes.find(
        ({ name, ready, leaving, unschedulable }) =>
          ready && !leaving && !unschedulable && podsOn(cluster, name) < podsPerNode,
      );
      if (!node) continue;
      pod.node = node.name;
      pod.phase = 'Starting';
      sayOfPod(world, cluster, deployment, pod, 'Scheduled', `Assigned ${pod.name} to ${node.name}`);
      const key = podKey(cluster, pod);
      world.after(
        world.duration(podStart, `pod-start/${key}`),
        resourceOf(cluster, deployment),
        `Pod ${pod.name} started`,
        () => {
          startPod(world, cluster, deployment, pod);
        },
      );
    }
  }
}

function startPod(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
  pod: SimulatedPod,
): void {
  if (pod.phase !== 'Starting') return;
  // The application reads its environment and its secrets once; a later change reaches it by a restart only.
  const read = readEnvironment(cluster, deployment);
  pod.missingSecret = read.missing;
  if (read.missing !== undefined) {
    const message = `secret "${read.missing}" not found`;
    sayOfPod(world, cluster, deployment, pod, 'Failed', message, 'Warning');
    // The kubelet tries again until it is there.
    const again = () => startPod(world, cluster, deployment, pod);
    world.after(probeSeconds, resourceOf(cluster, deployment), `Pod ${pod.name} looks for its secret`, again);
    return;
  }
  pod.phase = 'Running';
  pod.env = read.env;
  pod.startedAtMs = world.nowMs();
  pod.databaseHost = databaseHostOf(world, cluster, deployment, pod.env);
  sayOfPod(world, cluster, deployment, pod, 'Started', `Started container ${deployment.container}`);
  if (isHealthy(world, cluster, deployment, pod)) setReady(world, cluster, deployment, pod, true);
}

/**
 * Looks at all readiness probes again. Called after anything in the world has changed, so that no timer needs to run
 * every ten seconds: a probe that would answer differently now does so after as long as the kubelet takes to tell.
 */
export function probeAgain(world: World): void {
  for (const cluster of clustersOf(world)) {
    if (world.isLost(cluster.region)) continue;
    for (const deployment of cluster.deployments) {
      for (const pod of deployment.pods) probe(world, cluster, deployment, pod);
    }
  }
}

function probe(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
  pod: SimulatedPod,
): void {
  const due = world.state<Set<SimulatedPod>>('k8s-probes-due', () => new Set());
  const healthyNow = isHealthy(world, cluster, deployment, pod);
  if (pod.phase !== 'Running' || healthyNow === pod.ready || due.has(pod)) return;
  due.add(pod);
  const seconds = pod.ready ? probeSeconds * probeFailures : probeSeconds;
  setTimeout(() => {
    due.delete(pod);
    const healthy = isHealthy(world, cluster, deployment, pod);
    if (pod.phase === 'Running' && healthy !== pod.ready) setReady(world, cluster, deployment, pod, healthy);
  }, seconds * 1000);
}

function setReady(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
  pod: SimulatedPod,
  ready: boolean,
): void {
  pod.ready = ready;
  if (!ready) sayOfPod(world, cluster, deployment, pod, 'Unhealthy', 'Readiness probe failed', 'Warning');
  world.changed(resourceOf(cluster, deployment), `Pod ${pod.name} is ${ready ? 'ready' : 'no longer ready'}`);
  publishReady(world, cluster, deployment);
  if (deployment.rolloutProgressAtMs !== undefined) watchRollout(world, deployment);
  reconcile(world, cluster);
}

/** Begins or goes on with a rollout: without progress for as long as the deadline it counts as stuck. */
export function watchRollout(world: World, deployment: SimulatedDeployment): void {
  const progressAtMs = world.nowMs();
  deployment.rolloutProgressAtMs = progressAtMs;
  deployment.stuck = false;
  setTimeout(() => {
    if (deployment.rolloutProgressAtMs === progressAtMs) deployment.stuck = true;
  }, progressDeadlineSeconds * 1000);
}

function concludeRollout(deployment: SimulatedDeployment): void {
  if (deployment.rolloutProgressAtMs === undefined || !isComplete(deployment)) return;
  deployment.rolloutProgressAtMs = undefined;
  deployment.stuck = false;
}

function podsOn(cluster: SimulatedCluster, node: string): number {
  return cluster.deployments.flatMap(deployment => deployment.pods).filter(pod => pod.node === node).length;
}

function sayOfPod(
  world: World,
  cluster: SimulatedCluster,
  { namespace }: SimulatedDeployment,
  { name }: SimulatedPod,
  reason: string,
  message: string,
  type: 'Normal' | 'Warning' = 'Normal',
): void {
  say(world, cluster, { namespace, kind: 'Pod', name, reason, message, type });
}

function podKey(cluster: SimulatedCluster, pod: SimulatedPod): string {
  return `${cluster.region}/${cluster.name}/${pod.name}`;
}

export function resourceOf(cluster: SimulatedCluster, { namespace, name }: SimulatedDeployment): string {
  return `k8s/${cluster.name}/${namespace}/${name}`;
}
