import { builtInKinds } from '../../shared/kubernetes/resources.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import type { World } from '../world/world.ts';
import {
  clustersOf,
  ensureCluster,
  type SimulatedCluster,
  type SimulatedDeployment,
  standsFromStart,
} from './cluster.ts';
import { podName, podsPerNode } from './controllers.ts';
import { databaseHostOf, readEnvironment } from './pod-health.ts';
import { findObject, storeObject } from './store.ts';
import { archive, makeNamespace } from './velero.ts';

/** Pods of a workload in the primary region before the outage, if the plan does not say. */
const primaryReplicas = 3;

/** Makes what the plan says there is in its clusters. */
export function arrangeClusters(world: World, plan: Plan): void {
  arrangeWorkloads(world, plan);
  arrangeNodes(world, plan);
  arrangeObjects(world, plan);
  for (const cluster of clustersOf(world)) startedPods(world, cluster);
  arrangeBackups(world, plan);
}

/** Workloads run in the primary region and wait with 0 replicas in the recovery region, unless the plan says more. */
function arrangeWorkloads(world: World, plan: Plan): void {
  for (const component of Object.values(plan.components)) {
    if (component.type !== 'k8s-deployment' && component.type !== 'k8s-statefulset') continue;
    if (!standsFromStart(plan, component)) continue;
    const cluster = ensureCluster(world, component.cluster, component.region);
    const { namespace, name, container, image, id } = component;
    const usual = component.type === 'k8s-statefulset' ? 1 : primaryReplicas;
    const replicas = component.replicas ?? (component.region === plan.regions.primary ? usual : 0);
    const deployment: SimulatedDeployment = {
      kind: component.type === 'k8s-statefulset' ? 'StatefulSet' : 'Deployment',
      namespace,
      name,
      container,
      image,
      component: id,
      replicas,
      annotations: {},
      generation: 1,
      observedGeneration: 1,
      revision: 1,
      pods: [],
      podsMade: replicas,
      stuck: false,
    };
    cluster.deployments.push(deployment);
    if (component.autoscaler) {
      const { min: minReplicas, max: maxReplicas } = component.autoscaler;
      cluster.autoscalers.push({ namespace, name, deployment: name, minReplicas, maxReplicas });
    }
    for (let number = 1; number <= replicas; number++) {
      const node = roomFor(cluster);
      deployment.pods.push({
        name: podName(deployment, number),
        ip: `10.0.0.${number + 1}`,
        image,
        revision: 1,
        node,
        phase: 'Running',
        ready: true,
      });
    }
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

const zones = ['a', 'b', 'c'];

function addNode(cluster: SimulatedCluster): string {
  const number = cluster.nodes.length;
  const name = `${cluster.name}-node-${number + 1}`;
  const zone = `${cluster.region}${zones[number % zones.length]}`;
  cluster.nodes.push({ name, nodegroup: 'default', ready: true, leaving: false, zone });
  return name;
}

/** A node with room, made when there is none: what ran before the outage had its nodes. */
function roomFor(cluster: SimulatedCluster): string {
  const used = (node: string) =>
    cluster.deployments.flatMap(({ pods }) => pods).filter(pod => pod.node === node).length;
  const free = cluster.nodes.find(({ name }) => used(name) < podsPerNode);
  return free ? free.name : addNode(cluster);
}

function arrangeObjects(world: World, plan: Plan): void {
  const ensureNamespace = (cluster: SimulatedCluster, name: string) => {
    if (!findObject(cluster, 'v1', 'namespaces', '', name)) makeNamespace(world, cluster, name);
  };
  for (const component of Object.values(plan.components)) {
    if ('cluster' in component && !standsFromStart(plan, component)) continue;
    if (component.type === 'k8s-namespace') {
      if (component.onDemand) continue;
      ensureNamespace(ensureCluster(world, component.cluster, component.region), component.name);
    }
    if (!('namespace' in component)) continue;
    const cluster = ensureCluster(world, component.cluster, component.region);
    const metadata = { name: component.name, namespace: component.namespace };
    ensureNamespace(cluster, component.namespace);
    switch (component.type) {
      case 'k8s-statefulset':
        if (component.service === undefined) break;
        storeObject(world, cluster, 'services', {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { ...metadata, name: component.service },
          spec: { selector: { app: component.name } },
        });
        break;
      case 'k8s-secret': {
        const keys = component.keys ?? ['value'];
        const stringData = Object.fromEntries(keys.map(key => [key, `first-${key}`]));
        const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', stringData };
        storeObject(world, cluster, 'secrets', body);
        break;
      }
      case 'k8s-object': {
        const { apiVersion, kind, content } = component;
        const plural = builtInKinds[apiVersion]?.[kind]?.plural ?? `${kind.toLowerCase()}s`;
        storeObject(world, cluster, plural, { apiVersion, kind, metadata, ...content });
        break;
      }
      case 'k8s-ingress':
        storeObject(world, cluster, 'ingresses', {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'Ingress',
          metadata,
          spec: { ingressClassName: 'alb', rules: [] },
        });
        break;
      case 'k8s-cronjob':
        storeObject(world, cluster, 'cronjobs', {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          metadata,
          spec: {
            schedule: '0 2 * * *',
            suspend: false,
            jobTemplate: {
              spec: {
                template: {
                  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: component.name }] },
                },
              },
            },
          },
        });
        break;
    }
  }
}

/** What ran before the outage had read its environment. Database hosts are left open: they answered all the while. */
function startedPods(world: World, cluster: SimulatedCluster): void {
  for (const deployment of cluster.deployments) {
    for (const pod of deployment.pods) {
      pod.env = readEnvironment(cluster, deployment).env;
      pod.startedAtMs = world.outageStartedAtMs - 86_400_000;
    }
  }
}

/** Fills in the databases that running pods are connected to, once every service has made what it has. */
export function connectPods(world: World): void {
  for (const cluster of clustersOf(world)) {
    for (const deployment of cluster.deployments.filter(({ component }) => usesOf(world, component))) {
      for (const pod of deployment.pods) {
        pod.databaseHost ??= databaseHostOf(world, cluster, deployment, pod.env ?? {});
      }
    }
  }
}

function usesOf(world: World, component: string | undefined): boolean {
  const own = component === undefined ? undefined : world.plan.components[component];
  return own !== undefined && 'uses' in own && own.uses !== undefined;
}

/** The last nightly backup of each namespace that Velero takes care of. */
function arrangeBackups(world: World, plan: Plan): void {
  const day = new Date(world.outageStartedAtMs);
  const at = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate(), 2));
  if (at.getTime() > world.outageStartedAtMs) at.setUTCDate(at.getUTCDate() - 1);
  for (const component of Object.values(plan.components)) {
    if (component.type !== 'k8s-namespace' || component.veleroSchedule === undefined) continue;
    if (!standsFromStart(plan, component)) continue;
    const cluster = ensureCluster(world, component.cluster, component.region);
    const stamp = at.toISOString().replaceAll(/\D/g, '').slice(0, 14);
    const name = `${component.veleroSchedule}-${stamp}`;
    const items = archive(world, cluster, name, [component.name]);
    // Backups are listed in every cluster that shares the storage.
    for (const other of clustersOf(world)) {
      storeObject(world, other, 'backups', {
        apiVersion: 'velero.io/v1',
        kind: 'Backup',
        metadata: {
          name,
          namespace: 'velero',
          labels: { 'velero.io/schedule-name': component.veleroSchedule },
        },
        spec: { includedNamespaces: [component.name] },
        status: {
          phase: 'Completed',
          startTimestamp: at.toISOString(),
          completionTimestamp: new Date(at.getTime() + 120_000).toISOString(),
          progress: { totalItems: items, itemsBackedUp: items },
        },
      });
    }
  }
}
