import type { BackupOf } from '../../shared/plan/schema.ts';
import { ensureCluster } from '../kubernetes/cluster.ts';
import { storeObject } from '../kubernetes/store.ts';
import type { World } from '../world/world.ts';

/** Velero's Schedule, and a Backup that it has made. */
export function addVelero(
  world: World,
  { cluster: id, namespace, veleroSchedule }: BackupOf<'velero'>,
  atMs: number,
): void {
  const component = world.plan.components[id];
  if (component?.type !== 'eks-cluster') return;
  const cluster = ensureCluster(world, component.name, component.region);
  const apiVersion = 'velero.io/v1';
  const template = { includedNamespaces: ['*'] };
  storeObject(world, cluster, 'schedules', {
    apiVersion,
    kind: 'Schedule',
    metadata: { name: veleroSchedule, namespace },
    spec: { template },
  });
  const startTimestamp = new Date(atMs).toISOString();
  storeObject(world, cluster, 'backups', {
    apiVersion,
    kind: 'Backup',
    metadata: {
      name: `${veleroSchedule}-${startTimestamp.replaceAll(/\D/g, '').slice(0, 14)}`,
      namespace,
      labels: { 'velero.io/schedule-name': veleroSchedule },
    },
    spec: template,
    status: { phase: 'Completed', startTimestamp },
  });
}
