import { clustersOf } from '../kubernetes/cluster.ts';
import { clusterState } from '../services/rds/clusters.ts';
import { rdsState } from '../services/rds/state.ts';
import { objectAnswers } from '../services/s3.ts';
import { appDependencies } from '../world/dependencies.ts';
import type { World } from '../world/world.ts';

/** One line for each thing that lasts: two worlds with the same lines are the same to whoever pays and serves. */
export function lastingState(world: World): string[] {
  const lines: string[] = [];
  for (const [key, instance] of rdsState(world).instances)
    lines.push(`database ${key} ${instance.shown.DBInstanceStatus}`);
  for (const [key, { shown }] of clusterState(world).clusters)
    lines.push(`db-cluster ${key} ${shown.Status}`);
  for (const cluster of clustersOf(world)) {
    const place = `${cluster.region}/${cluster.name}`;
    for (const { namespace, name, replicas } of cluster.deployments) {
      lines.push(`deployment ${place}/${namespace}/${name} has ${replicas} replicas`);
    }
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
  return lines.sort();
}
