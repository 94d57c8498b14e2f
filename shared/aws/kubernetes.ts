import https from 'node:https';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { LifeboatError, RequestRejectedError, ServiceUnavailableError } from '../errors.ts';
import { judgeAnswer, type SendKubernetes } from '../kubernetes/answer.ts';
import type { Clock, KubernetesAccess, KubernetesRequest } from '../ports.ts';
import { request as awsRequest } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { makeClusterToken, tokenLifeSeconds } from './kubernetes-token.ts';

/** A cluster's address and certificate, a connection pool that trusts it, and a token. */
type Connection = {
  endpoint: URL;
  agent: https.Agent;
  readAtMs: number;
  token?: { value: string; madeAtMs: number };
};

/** An endpoint or certificate that changes is noticed after this long. */
const connectionLifeMs = 5 * 60_000;
const tokenRenewalMs = (tokenLifeSeconds - 5 * 60) * 1000;
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
  const connections = new Map<string, Connection>();

  async function connect(access: KubernetesAccess): Promise<Connection> {
    const key = `${access.region}/${access.cluster}`;
    const known = connections.get(key);
    if (known && clock.now().getTime() - known.readAtMs < connectionLifeMs) return known;
    known?.agent.destroy();
    const made = {
      ...(await readCluster(aws, access)),
      readAtMs: clock.now().getTime(),
      token: known?.token,
    };
    connections.set(key, made);
    return made;
  }

  async function bearer(connection: Connection, { cluster, region }: KubernetesAccess): Promise<string> {
    const now = clock.now();
    const { token } = connection;
    if (token && now.getTime() - token.madeAtMs < tokenRenewalMs) return token.value;
    const value = await makeClusterToken(aws, cluster, region, now);
    connection.token = { value, madeAtMs: now.getTime() };
    return value;
  }

  return async (access, request) => {
    const connection = await connect(access);
    const send = async () => exchange(connection, await bearer(connection, access), request, timeoutMs);
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

async function readCluster(
  aws: AwsClients,
  { cluster, region }: KubernetesAccess,
): Promise<Pick<Connection, 'endpoint' | 'agent'>> {
  const client = aws.client(EKSClient, region);
  const reply = await awsRequest({ call: 'eks.DescribeCluster', region }, () =>
    client.send(new DescribeClusterCommand({ name: cluster })),
  );
  const { endpoint, certificateAuthority, status } = reply.cluster ?? {};
  if (!endpoint || !certificateAuthority?.data) {
    throw new RequestRejectedError(`Cluster ${cluster} in ${region} has no API endpoint (it is ${status}).`, {
      nextStep: 'Wait until the cluster is ACTIVE, or look at its health in the EKS console.',
    });
  }
  const ca = Buffer.from(certificateAuthority.data, 'base64').toString('utf8');
  return { endpoint: new URL(endpoint), agent: new https.Agent({ ca, keepAlive: true }) };
}

function exchange(
  { endpoint, agent }: Connection,
  token: string,
  { method, path, contentType = 'application/json', body }: KubernetesRequest,
  timeoutMs: number,
): Promise<{ status: number; text: string }> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    accept: 'application/json',
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
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    sent.on('error', reject);
    sent.end(payload);
  });
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
