import { RequestRejectedError, ServiceUnavailableError, ThrottledError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { KubernetesAccess, KubernetesRequest } from '../ports.ts';

export type KubernetesResponse = { status: number; body: Json };
export type SendKubernetes = (
  access: KubernetesAccess,
  request: KubernetesRequest,
) => Promise<KubernetesResponse>;

/** How often a request is made that the API server has no room for, and how long is waited at most in between. */
const attempts = 3;
const longestWaitSeconds = 5;

type Answer = { status: number; text: string; retryAfterSeconds?: number };

/**
 * Asks again after 429, which the API server says before it has looked at the request, so that nothing happens twice.
 * The Eviction API says 429 for a disruption budget, which no repetition changes.
 */
export async function askPatiently(
  send: () => Promise<Answer>,
  { path }: KubernetesRequest,
  wait: (ms: number) => Promise<void>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send();
    if (answer.status !== 429 || attempt === attempts || path.endsWith('/eviction')) return answer;
    await wait(Math.min(answer.retryAfterSeconds ?? attempt, longestWaitSeconds) * 1000);
  }
}

/**
 * An API server's answer as a value, or the error that it stands for: 404 and 409 are values, since actions decide
 * what they mean. Used by the real transport and by the simulated one.
 */
export function judgeAnswer(
  { status, text }: { status: number; text: string },
  access: KubernetesAccess,
  request: KubernetesRequest,
): KubernetesResponse {
  const where = `${request.method} ${request.path} on cluster ${access.cluster}`;
  if ((status >= 200 && status < 300) || status === 404 || status === 409) {
    return { status, body: request.answer === 'text' ? text : parseBody(text, where) };
  }
  const said = `${where} was answered with ${status} (${messageOf(text)})`;
  if (status === 429) {
    throw new ThrottledError(said, { nextStep: 'Nothing: the step tries again.' });
  }
  if (status >= 500) {
    throw new ServiceUnavailableError(said, { nextStep: 'Nothing at first: the step tries again.' });
  }
  throw new RequestRejectedError(said, { nextStep: nextStepFor(status, access) });
}

function nextStepFor(status: number, { cluster, region }: KubernetesAccess): string {
  if (status === 401) {
    return `Make an access entry for the function's role: aws eks create-access-entry --cluster-name ${cluster} --region ${region} --kubernetes-groups lifeboat --principal-arn with the role's ARN.`;
  }
  if (status === 403) {
    return `Bind the group of the role's access entry in ${cluster} to a ClusterRole that allows this request; the action's reference page lists the rights.`;
  }
  return 'Read the message and mend the object in the cluster or the value in the plan.';
}

function parseBody(text: string, where: string): Json {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServiceUnavailableError(`${where} was answered with something that is not JSON.`, {
      nextStep: 'Check whether a proxy stands between the function and the cluster.',
      cause,
    });
  }
}

/** The `message` of a Kubernetes Status object, or the beginning of whatever came. */
function messageOf(text: string): string {
  try {
    const status: unknown = JSON.parse(text);
    if (status && typeof status === 'object' && 'message' in status) return String(status.message);
  } catch {
    // Not from the API server itself; its first characters say more than nothing.
  }
  return text.slice(0, 200);
}
