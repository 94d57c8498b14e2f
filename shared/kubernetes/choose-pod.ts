import { type KubernetesPort, listPods, readDeployment, type Workload } from './api.ts';
import { conditionHolds, type Pod } from './objects.ts';

/** A pod of the workload that is Ready, the first by name, so that a repeated call finds the same. */
export async function readyPodsOf(port: KubernetesPort, workload: Workload): Promise<Pod[]> {
  const deployment = await readDeployment(port, workload);
  if (!deployment) return [];
  const pods = await listPods(port, workload, deployment);
  return pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter(({ status }) => conditionHolds(status.conditions, 'Ready'))
    .sort((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
}
