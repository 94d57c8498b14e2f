import { RequestRejectedError, ServiceUnavailableError } from '../../shared/errors.ts';
import { askPatiently, judgeAnswer, type SendKubernetes } from '../../shared/kubernetes/answer.ts';
import type { KubernetesExec, KubernetesExecResult } from '../../shared/ports.ts';
import { sleep } from '../world/sleep.ts';
import { SimulatedAwsError, type World } from '../world/world.ts';
import type { KubernetesReply } from './reply.ts';
import { routeOf } from './routes.ts';

/** The real transport's time-out. */
const timeoutMs = 10_000;

/**
 * The Runtime's `kubernetes` port of a rehearsal. Calls go through `world.call` as service `kubernetes`, with
 * operations such as `GetDeployment`, `PatchDeploymentScale`, `ListPods` and `ListNodes`, so faults name them so.
 * Answers become values and errors as they do in the real transport.
 */
export function simulateKubernetes(world: World): SendKubernetes {
  return async (access, request) => {
    const { cluster, region } = access;
    const route = routeOf(request);
    const operation = route?.operation ?? 'Unknown';
    const call = { service: 'kubernetes', operation, region, input: { cluster, route, request } };
    const ask = () => {
      const timedOut = sleep(timeoutMs).then(() => {
        throw new ServiceUnavailableError(
          `${request.method} ${request.path} on cluster ${cluster} in ${region} failed: no answer in time`,
          { nextStep: `Check that the cluster's API endpoint is reachable from the function's subnets.` },
        );
      });
      // Only one of the two is waited for; the other must not end the process when it rejects later.
      timedOut.catch(() => {});
      return Promise.race([send(world, call), timedOut]);
    };
    const answer = await askPatiently(ask, request, sleep);
    return judgeAnswer(answer, access, request);
  };
}

async function send(world: World, call: Parameters<World['call']>[0]): Promise<KubernetesReply> {
  try {
    return (await world.call(call)) as KubernetesReply;
  } catch (error) {
    if (!(error instanceof SimulatedAwsError)) throw error;
    if (error.name === 'ResourceNotFoundException') {
      throw new RequestRejectedError(`eks.DescribeCluster in ${call.region} was refused (${error.message})`, {
        nextStep: `Check the cluster's name in the plan and that it exists in ${call.region}.`,
        cause: error,
      });
    }
    return { status: error.$metadata.httpStatusCode, text: error.message };
  }
}

/** The Runtime's `kubernetesExec` port of a rehearsal: `kubernetes.ExecPod` to faults and counts. */
export function simulateKubernetesExec(world: World): KubernetesExec {
  return async ({ cluster, region }, exec) => {
    const call = { service: 'kubernetes', operation: 'ExecPod', region, input: { cluster, exec } };
    const where = `The command in pod ${exec.namespace}/${exec.pod} of cluster ${cluster} in ${region}`;
    const unknownEnd = (why: string) =>
      new ServiceUnavailableError(`${where} has no known end: ${why}`, {
        nextStep: 'Look in the pod whether it ran; what takes longer belongs into a Job (k8s.run).',
      });
    const timedOut = sleep(exec.timeoutMs).then(() => {
      throw unknownEnd(`no end within ${exec.timeoutMs / 1000} s`);
    });
    timedOut.catch(() => {});
    try {
      return (await Promise.race([world.call(call), timedOut])) as KubernetesExecResult;
    } catch (error) {
      if (!(error instanceof SimulatedAwsError)) throw error;
      const status = error.$metadata.httpStatusCode;
      if (status >= 500 || status === 404) throw unknownEnd(error.message);
      judgeAnswer({ status, text: error.message }, { cluster, region }, { method: 'GET', path: '/exec' });
      throw error;
    }
  };
}
