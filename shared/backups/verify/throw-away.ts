import { readCluster } from '../../aws/rds-cluster-reader.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import type { Runtime } from '../../runtime.ts';
import { listClusters, memberName, observeCluster, removeCluster, startCluster } from './cluster.ts';
import { listInstances, observeInstance, removeInstance, startInstance } from './instance.ts';
import type { Point } from './points.ts';
import type { Target } from './steps.ts';
import type { Found, Started } from './throw-away-state.ts';
import { isThrowAway, type Tags } from './throw-away-tags.ts';

/** What a verification makes and removes again: an instance, or a cluster with its instance. */

type Port = Pick<Runtime, 'aws'>;
export function startThrowAway(
  port: Port,
  target: Target,
  name: string,
  point: Point,
  tags: Tags,
): Promise<Started> {
  return target.type === 'rds-cluster-restore-target'
    ? startCluster(port, target, name, point, tags)
    : startInstance(port, target, name, point, tags);
}

/** What has become of it. A cluster is brought on: it gets its instance and its password. */
export function observeThrowAway(port: Port, target: Target, name: string, tags: Tags): Promise<Found> {
  return target.type === 'rds-cluster-restore-target'
    ? observeCluster(port, target, name, tags)
    : observeInstance(port, target, name);
}

/** Removes it if this verification has made it. `gone` also when there is nothing of that name. */
export async function removeThrowAway(
  { aws }: Port,
  target: Target,
  name: string,
  verification: string,
): Promise<'gone' | 'going'> {
  const { region } = target;
  if (target.type === 'rds-cluster-restore-target') {
    const cluster = await readCluster(aws, region, name);
    if (cluster) return isThrowAway(cluster, verification) ? removeCluster({ aws }, region, cluster) : 'gone';
  }
  // The cluster may be gone while its instance is still on its way out.
  const instance = await readInstance(
    aws,
    region,
    target.type === 'rds-cluster-restore-target' ? memberName(name) : name,
  );
  return instance && isThrowAway(instance, verification) ? removeInstance({ aws }, region, instance) : 'gone';
}

/** Everything in a region that a verification has made, whichever. The instance of a cluster goes with it. */
export async function listThrowAways(port: Port, region: string, kinds: readonly Target['type'][]) {
  const withClusters = kinds.includes('rds-cluster-restore-target');
  const clusters = withClusters ? await listClusters(port, region) : [];
  const known = new Set(clusters.map(({ DBClusterIdentifier }) => DBClusterIdentifier));
  const instances = (await listInstances(port, region)).filter(
    one => !known.has(one.DBClusterIdentifier ?? ''),
  );
  return [
    ...clusters.map(cluster => ({
      name: cluster.DBClusterIdentifier ?? '',
      TagList: cluster.TagList,
      remove: () => removeCluster(port, region, cluster),
    })),
    ...instances.map(instance => ({
      name: instance.DBInstanceIdentifier ?? '',
      TagList: instance.TagList,
      remove: () => removeInstance(port, region, instance),
    })),
  ].filter(one => isThrowAway(one));
}
