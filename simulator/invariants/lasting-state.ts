import { shortHash } from '../../shared/aws/names.ts';
import { clustersOf, type SimulatedCluster } from '../kubernetes/cluster.ts';
import { metadataOf } from '../kubernetes/store.ts';
import { elasticacheState } from '../services/elasticache/state.ts';
import { clusterState } from '../services/rds/clusters.ts';
import { rdsState } from '../services/rds/state.ts';
import { objectsOfRuns } from '../services/s3/state.ts';
import { objectAnswers } from '../services/s3.ts';
import { appDependencies } from '../world/dependencies.ts';
import { madeDatabases } from '../world/sql-journal.ts';
import type { World } from '../world/world.ts';
import { awsLines } from './aws-lines.ts';

/** One line for each thing that lasts: two worlds with the same lines are the same to whoever pays and serves. */
export function lastingState(world: World): string[] {
  const lines: string[] = [];
  for (const [key, instance] of rdsState(world).instances)
    lines.push(`database ${key} ${instance.shown.DBInstanceStatus}`);
  for (const [key, { shown }] of elasticacheState(world).groups) lines.push(`cache ${key} ${shown.Status}`);
  for (const { region, shown } of elasticacheState(world).snapshots) {
    lines.push(`cache snapshot ${region}/${shown.SnapshotName}`);
  }
  for (const [key, { shown }] of clusterState(world).clusters) {
    const { MinCapacity, MaxCapacity } = shown.ServerlessV2ScalingConfiguration ?? {};
    const range = MinCapacity === undefined ? '' : ` ${MinCapacity} to ${MaxCapacity} ACU`;
    lines.push(`db-cluster ${key} ${shown.Status}${range}`);
  }
  for (const { region, shown } of rdsState(world).snapshots) {
    if (shown.SnapshotType === 'manual') lines.push(`snapshot ${region}/${shown.DBSnapshotIdentifier}`);
  }
  for (const { region, source, status } of rdsState(world).backups) {
    if (region !== source.region) lines.push(`backups of ${source.identifier} in ${region} are ${status}`);
  }
  for (const cluster of clustersOf(world)) {
    const place = `${cluster.region}/${cluster.name}`;
    for (const { namespace, name, replicas, image } of cluster.deployments) {
      const of = image === undefined ? '' : ` of ${image}`;
      lines.push(`deployment ${place}/${namespace}/${name} has ${replicas} replicas${of}`);
    }
    lines.push(...clusterObjects(cluster, place));
    const staying = cluster.nodes.filter(node => !node.leaving).length;
    lines.push(`cluster ${place} has ${staying} nodes`);
  }
  for (const [id, component] of Object.entries(world.plan.components)) {
    if (component.type === 'secret') {
      lines.push(
        `secret ${id} ${appDependencies(world).secretValue(component.name, component.region) ?? 'is absent'}`,
      );
    }
    if (component.type === 'dns-name') {
      const open = objectAnswers(world, component.gate.bucket, component.gate.key);
      lines.push(`gate ${id} is ${open ? 'written' : 'absent'}`);
    }
  }
  for (const object of objectsOfRuns(world)) lines.push(`object ${object} of a run`);
  for (const database of madeDatabases(world)) lines.push(`database ${database} was made`);
  return [...lines, ...awsLines(world)].sort();
}

/** Events and what Velero keeps are records; everything else in a cluster lasts. Values are told by a hash only. */
function clusterObjects({ objects, autoscalers, nodes }: SimulatedCluster, place: string): string[] {
  const lasting = objects.filter(({ body }) => body.apiVersion !== 'velero.io/v1');
  const stored = lasting.map(({ plural, body }) => {
    const { namespace, name } = metadataOf(body);
    const { status: _, metadata: __, ...rest } = body;
    return `object ${place}/${namespace}/${plural}/${name} ${shortHash(JSON.stringify(rest), 12)}`;
  });
  const limits = autoscalers.map(
    ({ namespace, name, minReplicas, maxReplicas }) =>
      `autoscaler ${place}/${namespace}/${name} ${minReplicas} to ${maxReplicas}`,
  );
  const closed = nodes
    .filter(node => node.unschedulable)
    .map(({ name }) => `node ${place}/${name} is cordoned`);
  return [...stored, ...limits, ...closed];
}
