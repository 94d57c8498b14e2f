import type { JsonObject } from '../../shared/json.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { componentsOf } from '../world/addresses.ts';
import type { World } from '../world/world.ts';

/** State of the simulated clusters. `simulator/services/eks.ts` owns nodes, `simulator/services/kubernetes.ts` the rest. */

export type SimulatedNode = {
  name: string;
  nodegroup: string;
  ready: boolean;
  leaving: boolean;
  /** Letter of its Availability Zone. */
  zone?: string;
  /** Cordoned: nothing new is put on it. */
  unschedulable?: boolean;
};

export type SimulatedPod = {
  name: string;
  ip: string;
  /** Counts up with each change of the pod template; pods of an old revision are replaced. */
  revision: number;
  node?: string;
  phase: 'Pending' | 'Starting' | 'Running' | 'Ending';
  /** Host of the database that the application read from its secret when it started. */
  databaseHost?: string;
  ready: boolean;
  uid?: string;
  /** Image that it runs. */
  image?: string;
  /** Environment as it was when the pod started; a later change reaches it by a restart only. */
  env?: Record<string, string>;
  /** Its process ends again and again. */
  crashed?: boolean;
  /** What its readiness probe misses, as it was looked at last. */
  lacks?: string | undefined;
  /** A Secret that it reads does not exist, so its container can't be made. */
  missingSecret?: string;
  restarts?: number;
  startedAtMs?: number;
};

export type SimulatedDeployment = {
  namespace: string;
  name: string;
  container: string;
  replicas: number;
  annotations: Record<string, string>;
  generation: number;
  observedGeneration: number;
  revision: number;
  pods: SimulatedPod[];
  podsMade: number;
  /** When the running rollout last got on, in virtual ms; undefined when none is running. */
  rolloutProgressAtMs?: number;
  stuck: boolean;
  /** A Deployment unless it says otherwise; a StatefulSet's pods are called <name>-0, <name>-1 and so on. */
  kind?: 'Deployment' | 'StatefulSet';
  /** Everything else of the object, as it was applied: labels, containers, volumes. */
  manifest?: JsonObject;
  /** Image of the container, as the pod template has it. */
  image?: string;
  /** Images whose pods never become Ready. */
  badImages?: string[];
  /** Id of the plan's component, if it is one. */
  component?: string;
};

/** An object that no controller of its own is simulated for, or whose controller works on the body itself. */
export type SimulatedObject = { plural: string; body: JsonObject };

/** Something that a cluster said about an object. Events live for an hour. */
export type SimulatedEvent = {
  atMs: number;
  namespace: string;
  kind: string;
  name: string;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
};

export type SimulatedAutoscaler = {
  namespace: string;
  name: string;
  deployment: string;
  minReplicas: number;
  maxReplicas: number;
  /** The object as it was written, with its annotations and the metrics that it goes by. */
  written?: JsonObject;
};

export type SimulatedCluster = {
  name: string;
  region: string;
  nodes: SimulatedNode[];
  deployments: SimulatedDeployment[];
  autoscalers: SimulatedAutoscaler[];
  objects: SimulatedObject[];
  events: SimulatedEvent[];
  /** Counts up with every write, for resourceVersion. */
  writes: number;
  /** The API server does not answer; what runs goes on running. */
  silent: boolean;
};

/** All clusters of the world. */
export function clustersOf(world: World): SimulatedCluster[] {
  return world.state<SimulatedCluster[]>('k8s-clusters', () => []);
}

export function findCluster(world: World, name: string, region: string): SimulatedCluster | undefined {
  return clustersOf(world).find(cluster => cluster.name === name && cluster.region === region);
}

/** The cluster with this name and region, made when it is not there yet. */
export function ensureCluster(world: World, name: string, region: string): SimulatedCluster {
  const known = findCluster(world, name, region);
  if (known) return known;
  const made: SimulatedCluster = {
    name,
    region,
    nodes: [],
    deployments: [],
    autoscalers: [],
    objects: [],
    events: [],
    writes: 0,
    silent: false,
  };
  clustersOf(world).push(made);
  return made;
}

/** Whether production runs in a cluster, and no tests. */
export function isProduction(
  plan: Plan,
  { name, region }: Pick<SimulatedCluster, 'name' | 'region'>,
): boolean {
  return !componentsOf(plan, 'eks-cluster').some(
    one => one.name === name && one.region === region && one.test,
  );
}

type Place = { cluster: string; region: string; namespace?: string };

/** Whether a cluster, or a namespace of it, is there before anything has happened; others are made by a run. */
export function standsFromStart(plan: Plan, { cluster, region, namespace }: Place): boolean {
  const clusters = componentsOf(plan, 'eks-cluster').filter(
    one => one.name === cluster && one.region === region,
  );
  const namespaces = componentsOf(plan, 'k8s-namespace').filter(
    one => one.cluster === cluster && one.region === region && one.name === namespace,
  );
  return ![...clusters, ...namespaces].some(one => one.onDemand);
}

/** Which pods of a deployment are ready, by their addresses; told whenever that changes. */
export type ReadyPods = {
  region: string;
  cluster: string;
  namespace: string;
  deployment: string;
  addresses: string[];
};
export type ReadyHook = (ready: ReadyPods) => void;

/** Registers a hook, such as the one that puts pods into target groups, and tells it the present state at once. */
export function onPodsReady(world: World, hook: ReadyHook): void {
  readyHooks(world).push(hook);
  for (const cluster of clustersOf(world)) {
    for (const deployment of cluster.deployments) hook(readyPods(cluster, deployment));
  }
}

/** Tells all hooks which pods of a deployment are ready. */
export function publishReady(world: World, cluster: SimulatedCluster, deployment: SimulatedDeployment): void {
  for (const hook of readyHooks(world)) hook(readyPods(cluster, deployment));
}

/** Notes what a controller, the scheduler or a kubelet says about an object. */
export function say(
  world: World,
  cluster: SimulatedCluster,
  about: Omit<SimulatedEvent, 'atMs' | 'type'> & { type?: SimulatedEvent['type'] },
): void {
  cluster.events.push({ type: 'Normal', ...about, atMs: world.nowMs() });
}

function readyHooks(world: World): ReadyHook[] {
  return world.state<ReadyHook[]>('k8s-ready-hooks', () => []);
}

function readyPods(cluster: SimulatedCluster, { namespace, name, pods }: SimulatedDeployment): ReadyPods {
  return {
    region: cluster.region,
    cluster: cluster.name,
    namespace,
    deployment: name,
    addresses: pods.filter(pod => pod.ready).map(pod => pod.ip),
  };
}
