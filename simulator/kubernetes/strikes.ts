import type { ComponentOf } from '../../shared/plan/components.ts';
import type { Blow, World } from '../world/world.ts';
import { clustersOf, findCluster, type SimulatedCluster, type SimulatedDeployment } from './cluster.ts';
import { endPod, noticeChange, probeAgain, reconcile, resourceOf, watchRollout } from './controllers.ts';
import { emptyNamespace, findObject, removeObject } from './store.ts';

/** The kubelet starts a process again after 10 s, then after twice as long each time (Kubernetes, pod lifecycle). */
const restartSeconds = { minSeconds: 15, likelySeconds: 40, maxSeconds: 120 };
/** A control plane that EKS repairs by itself. Experience: some minutes. */
const controlPlaneSeconds = { minSeconds: 180, likelySeconds: 480, maxSeconds: 1200 };
/** Node controller: 40 s until a silent node counts as NotReady; pods are evicted 300 s after that (defaults). */
const notReadySeconds = 40;
const evictionSeconds = 300;

type Holds = () => boolean;

/** Plays what a disaster does to something in a cluster. */
export function strikeCluster(world: World, blow: Blow): Holds | undefined {
  const { component } = blow;
  switch (component.type) {
    case 'k8s-deployment':
    case 'k8s-statefulset':
      return strikeWorkload(world, blow, component);
    case 'k8s-namespace': {
      const cluster = clusterOf(world, component.cluster, component.region);
      if (blow.type !== 'loss') return undefined;
      emptyNamespace(world, cluster, component.name);
      cluster.objects = cluster.objects.filter(
        ({ plural, body }) => plural !== 'namespaces' || nameOf(body) !== component.name,
      );
      world.changed(`k8s/${cluster.name}/${component.name}`, `Namespace ${component.name} is gone`);
      return () => !cluster.deployments.some(({ namespace }) => namespace === component.name);
    }
    case 'k8s-secret':
      return strikeSecret(world, blow, component);
    case 'k8s-ingress': {
      const cluster = clusterOf(world, component.cluster, component.region);
      const find = () =>
        findObject(cluster, 'networking.k8s.io/v1', 'ingresses', component.namespace, component.name);
      const found = find();
      if (blow.type !== 'loss' || !found) return undefined;
      removeObject(world, cluster, found);
      return () => find() === undefined;
    }
    default:
      return undefined;
  }
}

/** Its processes run again and its image is good, wherever its pods are. */
export function mendWorkload(world: World, component: Blow['component']): void {
  if (component.type !== 'k8s-deployment' && component.type !== 'k8s-statefulset') return;
  const cluster = clusterOf(world, component.cluster, component.region);
  const deployment = cluster.deployments.find(
    ({ namespace, name }) => namespace === component.namespace && name === component.name,
  );
  if (!deployment) return;
  deployment.badImages = [];
  for (const pod of deployment.pods) pod.crashed = false;
  world.changed(resourceOf(cluster, deployment), `The processes of ${deployment.name} run again`);
  probeAgain(world);
}

function strikeWorkload(
  world: World,
  blow: Blow,
  component: ComponentOf<'k8s-deployment'> | ComponentOf<'k8s-statefulset'>,
): Holds | undefined {
  const cluster = clusterOf(world, component.cluster, component.region);
  const find = () =>
    cluster.deployments.find(
      ({ namespace, name }) => namespace === component.namespace && name === component.name,
    );
  const deployment = find();
  if (!deployment) return undefined;
  const served = Math.max(1, deployment.replicas);
  const unwell = () => (find()?.pods.filter(pod => pod.ready).length ?? 0) < served;
  switch (blow.type) {
    case 'loss':
      for (const pod of deployment.pods) endPod(world, cluster, deployment, pod);
      deployment.replicas = 0;
      cluster.deployments = cluster.deployments.filter(other => other !== deployment);
      world.changed(resourceOf(cluster, deployment), `${deployment.name} is gone`);
      return unwell;
    case 'failure':
      if (blow.cause === 'bad-release') releaseBadly(world, cluster, deployment);
      else crash(world, cluster, deployment, blow.selfHealing);
      return unwell;
    case 'intrusion': {
      const used = new Set(deployment.pods.map(pod => pod.name));
      world.changed(resourceOf(cluster, deployment), `Somebody is inside the pods of ${deployment.name}`);
      return () => find()?.pods.some(pod => used.has(pod.name)) ?? false;
    }
    default:
      return undefined;
  }
}

/** A new image was rolled out and its pods replaced the old ones before it showed that they do not work. */
function releaseBadly(world: World, cluster: SimulatedCluster, deployment: SimulatedDeployment): void {
  const bad = `${(deployment.image ?? deployment.container).replace(/[:@].*$/, '')}:next`;
  deployment.image = bad;
  deployment.badImages = [...(deployment.badImages ?? []), bad];
  deployment.revision += 1;
  deployment.generation += 1;
  for (const pod of deployment.pods) {
    pod.image = bad;
    pod.revision = deployment.revision;
  }
  watchRollout(world, deployment);
  world.changed(resourceOf(cluster, deployment), `${deployment.name} runs ${bad}, which does not work`);
  noticeChange(world, cluster, deployment);
  probeAgain(world);
}

/** Processes end; with self-healing the kubelet's next start succeeds, otherwise only new pods are well. */
function crash(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
  selfHealing: boolean,
): void {
  for (const pod of deployment.pods) {
    pod.crashed = true;
    pod.restarts = (pod.restarts ?? 0) + 1;
    if (!selfHealing) continue;
    const key = `restart/${cluster.region}/${cluster.name}/${pod.name}`;
    world.after(
      world.duration(restartSeconds, key),
      resourceOf(cluster, deployment),
      `Pod ${pod.name} runs again`,
      () => {
        pod.crashed = false;
      },
    );
  }
  world.changed(resourceOf(cluster, deployment), `The processes of ${deployment.name} end`);
}

function strikeSecret(world: World, blow: Blow, component: ComponentOf<'k8s-secret'>): Holds | undefined {
  const cluster = clusterOf(world, component.cluster, component.region);
  const find = () => findObject(cluster, 'v1', 'secrets', component.namespace, component.name);
  const found = find();
  if (!found) return undefined;
  const resource = `k8s/${cluster.name}/${component.namespace}/secrets/${component.name}`;
  if (blow.type === 'loss') {
    removeObject(world, cluster, found);
    return () => find() === undefined;
  }
  if (blow.type !== 'intrusion') return undefined;
  // A deleted Secret changes nothing at the issuer: the old value works until another one has taken its place.
  const leaked = JSON.stringify(found.body.data);
  world.changed(resource, `The values of ${component.name} are known outside`);
  return () => {
    const now = find();
    return now === undefined || JSON.stringify(now.body.data) === leaked;
  };
}

/** The API server stops answering; what runs goes on. */
export function silence(world: World, cluster: SimulatedCluster, selfHealing: boolean): Holds {
  const resource = `k8s/${cluster.name}`;
  cluster.silent = true;
  world.changed(resource, `The API server of ${cluster.name} stops answering`);
  if (selfHealing) {
    const key = `control-plane/${cluster.region}/${cluster.name}`;
    world.after(world.duration(controlPlaneSeconds, key), resource, 'The API server answers again', () => {
      cluster.silent = false;
    });
  }
  return () => cluster.silent;
}

/** Nodes go silent; their pods are moved after as long as Kubernetes waits by default. */
export function failNodes(
  world: World,
  cluster: SimulatedCluster,
  which: (node: SimulatedCluster['nodes'][number]) => boolean,
): Holds {
  const nodes = cluster.nodes.filter(which);
  const resource = `k8s/${cluster.name}/nodes`;
  world.after(notReadySeconds, resource, `${nodes.length} nodes are NotReady`, () => {
    for (const node of nodes) node.ready = false;
  });
  world.after(notReadySeconds + evictionSeconds, resource, 'Pods of silent nodes are moved', () => {
    for (const deployment of cluster.deployments) {
      for (const pod of [...deployment.pods]) {
        const on = nodes.some(node => node.name === pod.node && !node.ready);
        if (on) endPod(world, cluster, deployment, pod);
      }
    }
    reconcile(world, cluster);
  });
  world.changed(resource, `${nodes.length} nodes stop answering`);
  return () => nodes.some(node => cluster.nodes.includes(node) && !node.ready);
}

/** Nodes of a zone fall silent in all clusters of the region. */
export function loseZoneNodes(world: World, region: string, zone: string): Holds | undefined {
  const hit = clustersOf(world).filter(
    cluster => cluster.region === region && cluster.nodes.some(node => node.zone === `${region}${zone}`),
  );
  if (hit.length === 0) return undefined;
  const holds = hit.map(cluster => failNodes(world, cluster, node => node.zone === `${region}${zone}`));
  return () => holds.some(each => each());
}

function clusterOf(world: World, name: string, region: string): SimulatedCluster {
  const cluster = findCluster(world, name, region);
  if (!cluster) throw new Error(`There is no cluster ${name} in ${region}`);
  return cluster;
}

function nameOf(body: { metadata?: unknown }): unknown {
  return (body.metadata as { name?: unknown } | undefined)?.name;
}
