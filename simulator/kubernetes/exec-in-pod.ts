import type { KubernetesExecRequest, KubernetesExecResult } from '../../shared/ports.ts';
import { sleep } from '../world/sleep.ts';
import { SimulatedAwsError, type World } from '../world/world.ts';
import type { SimulatedCluster } from './cluster.ts';
import { endOfCommand } from './commands.ts';
import { metadataOf } from './store.ts';

/** Runs a command in a pod that runs; it takes the time that the plan's rehearsal says. */
export async function execInPod(
  world: World,
  cluster: SimulatedCluster,
  { namespace, pod: name, container, command }: KubernetesExecRequest,
): Promise<KubernetesExecResult> {
  const deployment = cluster.deployments.find(
    other => other.namespace === namespace && other.pods.some(pod => pod.name === name),
  );
  const pod = deployment?.pods.find(other => other.name === name);
  if (!deployment || !pod) {
    const bare = cluster.objects.find(
      ({ plural, body }) =>
        plural === 'pods' && metadataOf(body).name === name && metadataOf(body).namespace === namespace,
    );
    if (!bare) throw new SimulatedAwsError('NotFound', `pods "${name}" not found`, 404);
  }
  if (deployment && deployment.container !== container) {
    throw new SimulatedAwsError('BadRequest', `container ${container} is not valid for pod ${name}`, 400);
  }
  if (pod && (pod.phase !== 'Running' || pod.crashed)) {
    throw new SimulatedAwsError('InternalError', 'container is not running', 500);
  }
  const place = { ready: pod?.ready ?? true, databaseHost: pod?.databaseHost };
  const { exitCode, output, error, seconds } = endOfCommand(world, command, place);
  await sleep(seconds * 1000);
  world.changed(`k8s/${cluster.name}/${namespace}/${name}`, `A command ran: ${command[0] ?? ''}`, 'lifeboat');
  return { exitCode, stdout: output, stderr: error, truncated: false };
}
