import https from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { LifeboatError, ServiceUnavailableError } from '../errors.ts';
import { askPatiently, judgeAnswer, type SendKubernetes } from '../kubernetes/answer.ts';
import type { Clock, KubernetesAccess, KubernetesRequest } from '../ports.ts';
import type { AwsClients } from './clients.ts';
import { type Connection, createConnections } from './kubernetes-connection.ts';

const defaultTimeoutMs = 10_000;

/**
 * Makes the transport to EKS API servers. 404 and 409 come back as values. Throws RequestRejectedError when the
 * cluster says no, ThrottledError for 429, ServiceUnavailableError for 5xx and when nothing answers in time.
 */
export function createKubernetes(options: {
  aws: AwsClients;
  clock: Clock;
  timeoutMs?: number;
}): SendKubernetes {
  const { aws, clock, timeoutMs = defaultTimeoutMs } = options;
  const { connect, bearer } = createConnections(aws, clock);

  return async (access, request) => {
    const connection = await connect(access);
    const ask = async () => exchange(connection, await bearer(connection, access), request, timeoutMs);
    const send = () => askPatiently(ask, request, wait);
    try {
      let answer = await send();
      if (answer.status === 401 && connection.token) {
        // The token may have been made with credentials that are gone; a new one decides.
        delete connection.token;
        answer = await send();
      }
      return judgeAnswer(answer, access, request);
    } catch (error) {
      throw asUnavailable(error, access, request);
    }
  };
}

function exchange(
  { endpoint, agent }: Connection,
  token: string,
  { method, path, contentType = 'application/json', body, answer }: KubernetesRequest,
  timeoutMs: number,
): Promise<{ status: number; text: string; retryAfterSeconds?: number }> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    // The API server refuses `text/plain` with 406, also for logs, which it then sends as such; kubectl asks like this.
    accept: answer === 'text' ? 'application/json, */*' : 'application/json',
    authorization: `Bearer ${token}`,
    'user-agent': 'lifeboat',
    ...(payload !== undefined && {
      'content-type': contentType,
      'content-length': Buffer.byteLength(payload),
    }),
  };
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const sent = https.request(new URL(path, endpoint), { method, headers, agent, signal }, response => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString('utf8'),
          ...retryAfterOf(response.headers['retry-after']),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(payload);
  });
}

function retryAfterOf(header: string | undefined): { retryAfterSeconds?: number } {
  return header !== undefined && /^\d+$/.test(header) ? { retryAfterSeconds: Number(header) } : {};
}

function asUnavailable(error: unknown, access: KubernetesAccess, request: KubernetesRequest): unknown {
  if (error instanceof LifeboatError || !(error instanceof Error)) return error;
  const why =
    error.name === 'TimeoutError' || error.name === 'AbortError' ? 'no answer in time' : error.message;
  return new ServiceUnavailableError(
    `${request.method} ${request.path} on cluster ${access.cluster} in ${access.region} failed: ${why}`,
    {
      nextStep: `Check that the cluster's API endpoint is reachable from the function's subnets.`,
      cause: error,
    },
  );
}
