import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AwsClients, ClientConstructor } from '../../shared/aws/clients.ts';
import { createKubernetes } from '../../shared/aws/kubernetes.ts';
import type { KubernetesRequest } from '../../shared/ports.ts';
import { mockClient } from '../support/mock-client.ts';
import { makeSelfSigned } from '../support/self-signed.ts';

const access = { cluster: 'shop-dr', region: 'ap-southeast-4' };
const list: KubernetesRequest = { method: 'GET', path: '/api/v1/nodes?labelSelector=a%3Db' };
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' };
const aws: AwsClients = {
  client: <C extends { destroy(): void }>(Client: ClientConstructor<C>, region: string) =>
    new Client({ region, credentials } as never),
};

type Seen = { method?: string; url?: string; headers: IncomingMessage['headers']; body: string };

describe('createKubernetes', () => {
  const certificate = makeSelfSigned();
  let server: https.Server;
  let endpoint: string;
  let answer: (request: Seen, response: ServerResponse) => void;
  let seen: Seen[];
  let now: Date;
  let eks: ReturnType<typeof mockEks>;
  const mockEks = () => mockClient(EKSClient);

  beforeAll(async () => {
    server = https.createServer(certificate, async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { method, url, headers } = request;
      seen.push({ method, url, headers, body });
      answer({ method, url, headers, body }, response);
    });
    server.listen(0, 'localhost');
    await once(server, 'listening');
    endpoint = `https://localhost:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    seen = [];
    now = new Date('2026-03-10T16:42:00Z');
    answer = (_request, response) => response.end('{"items":[]}');
    eks = mockEks();
    givenCluster(certificate.cert);
  });
  afterEach(() => eks.restore());

  function givenCluster(ca: string): void {
    const data = Buffer.from(ca).toString('base64');
    eks.on(DescribeClusterCommand).resolves({ cluster: { endpoint, certificateAuthority: { data } } });
  }

  function kubernetes(timeoutMs?: number) {
    return createKubernetes({ aws, clock: { now: () => now }, timeoutMs });
  }

  function answerWith(status: number, message: string): void {
    answer = (_request, response) =>
      response.writeHead(status, { 'retry-after': '0' }).end(JSON.stringify({ message }));
  }

  it('takes a log in whatever form it comes, since an API server answers text/plain with 406', async () => {
    answer = (request, response) => {
      const taken = /\*\/\*/.test(request.headers.accept ?? '');
      response.writeHead(taken ? 200 : 406).end('a line\n');
    };
    const reply = await kubernetes()(access, { method: 'GET', path: '/api/v1/pods/a/log', answer: 'text' });
    expect(reply).toEqual({ status: 200, body: 'a line\n' });
  });

  it('sends the request to the endpoint that EKS names and returns the JSON', async () => {
    answer = (_request, response) => response.end('{"items":[{"metadata":{"name":"node-1"}}]}');
    const reply = await kubernetes()(access, list);
    expect(reply).toEqual({ status: 200, body: { items: [{ metadata: { name: 'node-1' } }] } });
    expect(seen).toMatchObject([{ method: 'GET', url: '/api/v1/nodes?labelSelector=a%3Db' }]);
    expect(eks.commandCalls(DescribeClusterCommand)[0]?.args[0].input).toEqual({ name: 'shop-dr' });
  });

  it('sends a patch with its content type', async () => {
    await kubernetes()(access, {
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/app/scale',
      contentType: 'application/merge-patch+json',
      body: { spec: { replicas: 3 } },
    });
    expect(seen[0]).toMatchObject({ method: 'PATCH', body: '{"spec":{"replicas":3}}' });
    expect(seen[0]?.headers['content-type']).toBe('application/merge-patch+json');
  });

  it('identifies itself by a presigned STS request for this cluster', async () => {
    await kubernetes()(access, list);
    const token = seen[0]?.headers.authorization?.replace('Bearer k8s-aws-v1.', '') ?? '';
    const url = new URL(Buffer.from(token, 'base64url').toString('utf8'));
    expect(`${url.protocol}//${url.host}${url.pathname}`).toBe('https://sts.ap-southeast-4.amazonaws.com/');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Date': '20260310T164200Z',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Security-Token': 'session',
      'X-Amz-Credential': 'AKIDEXAMPLE/20260310/ap-southeast-4/sts/aws4_request',
      // Signed with botocore 1.43.11, which the AWS CLI's `eks get-token` uses, for the same input.
      'X-Amz-Signature': 'e7f6dd9117ec0dbf7a6eadf04c92d07c78338c6afa15f37d4211cb37f6b51508',
    });
  });

  it('reads the cluster and makes the token once for many requests', async () => {
    const send = kubernetes();
    await send(access, list);
    now = new Date(now.getTime() + 4 * 60_000);
    await send(access, list);
    expect(eks.commandCalls(DescribeClusterCommand)).toHaveLength(1);
    expect(seen[1]?.headers.authorization).toBe(seen[0]?.headers.authorization);
  });

  it('renews the token before EKS stops taking it after 15 minutes', async () => {
    const send = kubernetes();
    for (const minutes of [0, 9, 11, 22]) {
      now = new Date(Date.parse('2026-03-10T16:42:00Z') + minutes * 60_000);
      await send(access, list);
    }
    const tokens = seen.map(({ headers }) => headers.authorization);
    expect(tokens[1]).toBe(tokens[0]);
    expect(new Set(tokens).size).toBe(3);
  });

  it('tries a new token when the cluster does not take the old one', async () => {
    const send = kubernetes();
    await send(access, list);
    now = new Date(now.getTime() + 60_000);
    const old = seen[0]?.headers.authorization;
    answer = ({ headers }, response) =>
      response.writeHead(headers.authorization === old ? 401 : 200).end('{}');
    expect(await send(access, list)).toEqual({ status: 200, body: {} });
  });

  it.each([404, 409])('returns %i as a value', async status => {
    answerWith(status, 'it is so');
    expect(await kubernetes()(access, list)).toEqual({ status, body: { message: 'it is so' } });
  });

  it.each([
    [401, 'RequestRejectedError', 'Unauthorized', 'aws eks create-access-entry --cluster-name shop-dr'],
    [403, 'RequestRejectedError', 'nodes is forbidden', 'ClusterRole'],
    [422, 'RequestRejectedError', 'replicas: Invalid value', 'mend'],
    [429, 'ThrottledError', 'slow down', 'tries again'],
    [503, 'ServiceUnavailableError', 'etcd is away', 'tries again'],
  ])('throws for %i', async (status, name, message, nextStep) => {
    answerWith(status, message);
    await expect(kubernetes()(access, list)).rejects.toMatchObject({
      name,
      message: expect.stringContaining(`${status} (${message})`),
      nextStep: expect.stringContaining(nextStep),
    });
  });

  it('asks again when the API server has no room, but not when a disruption budget holds a pod', async () => {
    answer = (_request, response) =>
      seen.length < 3
        ? response.writeHead(429, { 'retry-after': '0' }).end('{}')
        : response.writeHead(200).end('{}');
    expect(await kubernetes()(access, list)).toMatchObject({ status: 200 });
    expect(seen).toHaveLength(3);
    answer = (_request, response) => response.writeHead(429, { 'retry-after': '0' }).end('{}');
    const eviction = { method: 'POST', path: '/api/v1/namespaces/shop/pods/a/eviction', body: {} } as const;
    await expect(kubernetes()(access, eviction)).rejects.toMatchObject({ name: 'ThrottledError' });
    expect(seen).toHaveLength(4);
  });

  it('gives up on a server that does not answer', async () => {
    answer = () => {};
    await expect(kubernetes(100)(access, list)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('no answer in time'),
    });
  });

  it('does not talk to a server that the cluster authority did not sign', async () => {
    givenCluster(makeSelfSigned().cert);
    await expect(kubernetes()(access, list)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    expect(seen).toEqual([]);
  });

  it('throws ServiceUnavailableError when an answer is cut off or no JSON', async () => {
    answer = (_request, response) => response.end('<html>');
    await expect(kubernetes()(access, list)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{');
      setTimeout(() => response.destroy(), 20);
    };
    await expect(kubernetes()(access, list)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  });

  it('says so when the cluster has no endpoint yet', async () => {
    eks.on(DescribeClusterCommand).resolves({ cluster: { status: 'CREATING' } });
    await expect(kubernetes()(access, list)).rejects.toMatchObject({
      name: 'RequestRejectedError',
      message: 'Cluster shop-dr in ap-southeast-4 has no API endpoint (it is CREATING).',
    });
  });
});
