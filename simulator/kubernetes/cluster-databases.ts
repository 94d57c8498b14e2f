import type { ComponentOf } from '../../shared/plan/components.ts';
import { appDependencies } from '../world/dependencies.ts';
import { dataOf, foundAt, ownServerAt } from '../world/own-servers.ts';
import type { World } from '../world/world.ts';
import { findCluster } from './cluster.ts';

/**
 * Databases that run in a cluster answer at the host name of their service while a pod of theirs is ready. Called when
 * the services have put their own look-ups into place.
 */
export function serveClusterDatabases(world: World): void {
  const dependencies = appDependencies(world);
  const others = dependencies.databaseAt;
  dependencies.databaseAt = host => {
    if (isInCluster(world, host)) return inCluster(world, host);
    return ownServerAt(world, host) ? foundAt(world, host) : others(host);
  };
  const { serverAt, serverOf } = dependencies;
  // A server in a cluster is one of the plan as well, by the name of its service.
  dependencies.serverAt = host => dataOf(world, { host }) ?? serverAt(host);
  dependencies.serverOf = id => dataOf(world, { id }) ?? serverOf(id);
  dependencies.componentAnswers.set('k8s-statefulset', component =>
    component.type === 'k8s-statefulset' ? hasReadyPod(world, component) : undefined,
  );
  for (const type of ['postgres-server', 'mysql-server'] as const) {
    dependencies.componentAnswers.set(type, component =>
      component.type === type ? dependencies.databaseAt(component.host) !== undefined : undefined,
    );
  }
}

function isInCluster(world: World, host: string): boolean {
  return Object.values(world.plan.components).some(
    component => component.type === 'k8s-statefulset' && component.database?.host === host,
  );
}

function inCluster(world: World, host: string): { writable: boolean } | undefined {
  for (const component of Object.values(world.plan.components)) {
    if (component.type !== 'k8s-statefulset' || component.database?.host !== host) continue;
    if (hasReadyPod(world, component)) return { writable: true };
  }
  return undefined;
}

type Place = Pick<ComponentOf<'k8s-statefulset'>, 'region' | 'cluster' | 'namespace' | 'name'>;

function hasReadyPod(world: World, { region, cluster, namespace, name }: Place): boolean {
  if (world.isLost(region)) return false;
  const workload = findCluster(world, cluster, region)?.deployments.find(
    one => one.namespace === namespace && one.name === name,
  );
  return workload?.pods.some(pod => pod.ready) ?? false;
}
