import { appDependencies } from '../world/dependencies.ts';
import type { World } from '../world/world.ts';
import { findCluster } from './cluster.ts';

/**
 * Databases that run in a cluster answer at the host name of their service while a pod of theirs is ready. Called when
 * the services have put their own look-ups into place.
 */
export function serveClusterDatabases(world: World): void {
  const dependencies = appDependencies(world);
  const others = dependencies.databaseAt;
  dependencies.databaseAt = host => (isInCluster(world, host) ? inCluster(world, host) : others(host));
  dependencies.componentAnswers.set('k8s-statefulset', component =>
    'database' in component && typeof component.database === 'object'
      ? inCluster(world, component.database.host) !== undefined
      : undefined,
  );
}

function isInCluster(world: World, host: string): boolean {
  return Object.values(world.plan.components).some(
    component => component.type === 'k8s-statefulset' && component.database?.host === host,
  );
}

function inCluster(world: World, host: string): { writable: boolean } | undefined {
  for (const component of Object.values(world.plan.components)) {
    if (component.type !== 'k8s-statefulset' || component.database?.host !== host) continue;
    if (world.isLost(component.region)) continue;
    const workload = findCluster(world, component.cluster, component.region)?.deployments.find(
      ({ namespace, name }) => namespace === component.namespace && name === component.name,
    );
    if (workload?.pods.some(pod => pod.ready)) return { writable: true };
  }
  return undefined;
}
