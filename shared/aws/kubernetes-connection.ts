import https from 'node:https';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { RequestRejectedError } from '../errors.ts';
import type { Clock, KubernetesAccess } from '../ports.ts';
import { request as awsRequest } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { makeClusterToken, tokenLifeSeconds } from './kubernetes-token.ts';

/** A cluster's address and certificate, a connection pool that trusts it, and a token. */
export type Connection = {
  endpoint: URL;
  /** Certificate authority of the cluster, PEM. */
  ca: string;
  agent: https.Agent;
  readAtMs: number;
  token?: { value: string; madeAtMs: number };
};

/** An endpoint or certificate that changes is noticed after this long. */
const connectionLifeMs = 5 * 60_000;
const tokenRenewalMs = (tokenLifeSeconds - 5 * 60) * 1000;

/** Keeps what is known about clusters, so that EKS is asked once in five minutes and a token is made once in ten. */
export function createConnections(aws: AwsClients, clock: Clock) {
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

  return { connect, bearer };
}

async function readCluster(
  aws: AwsClients,
  { cluster, region }: KubernetesAccess,
): Promise<Pick<Connection, 'endpoint' | 'ca' | 'agent'>> {
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
  return { endpoint: new URL(endpoint), ca, agent: new https.Agent({ ca, keepAlive: true }) };
}
