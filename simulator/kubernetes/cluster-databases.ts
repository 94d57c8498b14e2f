import type { ComponentOf } from '../../shared/plan/components.ts';
import { componentsOf } from '../world/addresses.ts';
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
  dependencies.databaseAt = host =>
    isInCluster(world, host) ? inCluster(world, host) : (others(host) ?? onItsOwn(world, host));
  dependencies.componentAnswers.set('k8s-statefulset', component =>
    component.type === 'k8s-statefulset' ? hasReadyPod(world, component) : undefined,
  );
  for (const type of ['postgres-server', 'mysql-server'] as const) {
    dependencies.componentAnswers.set(type, component =>
      component.type === type ? dependencies.databaseAt(component.host) !== undefined : undefined,
    );
  }
}

/** A server outside of any cluster, such as on an instance of EC2, answers as long as its region does. */
function onItsOwn(world: World, host: string): { writable: boolean; engine?: string } | undefined {
  const server = [
    ...componentsOf(world.plan, 'postgres-server'),
    ...componentsOf(world.plan, 'mysql-server'),
  ].find(one => one.host === host);
  if (server === undefined || world.isLost(server.region)) return undefined;
  return { writable: true, ...('engine' in server && { engine: server.engine }) };
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
