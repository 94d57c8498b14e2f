import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AwsClients, ClientConstructor } from '../../shared/aws/clients.ts';
import { createKubernetesExec } from '../../shared/aws/kubernetes-exec.ts';
import { mostExecBytes } from '../../shared/kubernetes/exec.ts';
import type { KubernetesExecRequest } from '../../shared/ports.ts';
import { mockClient } from '../support/mock-client.ts';
import { makeSelfSigned } from '../support/self-signed.ts';

const access = { cluster: 'shop-dr', region: 'ap-southeast-4' };
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const aws: AwsClients = {
  client: <C extends { destroy(): void }>(Client: ClientConstructor<C>, region: string) =>
    new Client({ region, credentials } as never),
};
const request: KubernetesExecRequest = {
  namespace: 'shop',
  pod: 'app-1',
  container: 'app',
  command: ['sh', '-c', 'echo "$HOME"'],
  timeoutMs: 2000,
};

const success = Buffer.from('\u0003{"status":"Success"}');
const exit = (code: number) =>
  Buffer.from(
    `\u0003${JSON.stringify({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      message: `command terminated with non-zero exit code: exit status ${code}`,
      details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
    })}`,
  );

describe('createKubernetesExec', () => {
  const certificate = makeSelfSigned();
  const eks = mockClient(EKSClient);
  let server: https.Server;
  let protocols: string[];
  let asked: { url: string; authorization?: string };
  let serve: (socket: WebSocket) => void;
  let refuse: { status: number; message: string } | undefined;

  beforeAll(async () => {
    server = https.createServer(certificate);
    const sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: offered => protocols.find(protocol => offered.has(protocol)) ?? false,
    });
    server.on('upgrade', (upgrade, socket, head) => {
      asked = { url: upgrade.url ?? '', authorization: upgrade.headers.authorization };
      if (refuse) {
        const body = JSON.stringify({ kind: 'Status', message: refuse.message });
        socket.end(
          `HTTP/1.1 ${refuse.status} No\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
        );
        return;
      }
      sockets.handleUpgrade(upgrade, socket, head, connected => serve(connected));
    });
    server.listen(0, 'localhost');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    protocols = ['v5.channel.k8s.io'];
    refuse = undefined;
    const endpoint = `https://localhost:${(server.address() as AddressInfo).port}`;
    const data = Buffer.from(certificate.cert).toString('base64');
    eks.on(DescribeClusterCommand).resolves({ cluster: { endpoint, certificateAuthority: { data } } });
  });
  afterEach(() => eks.reset());

  const exec = (changes: Partial<KubernetesExecRequest> = {}) =>
    createKubernetesExec({ aws, clock: { now: () => new Date() } })(access, { ...request, ...changes });

  it('asks for the command word by word, without a terminal, with the token of the cluster', async () => {
    serve = socket => {
      socket.send(Buffer.from('\u0001/home/app\n'));
      socket.send(Buffer.from('\u0002a warning\n'));
      socket.send(success);
      socket.close();
    };
    expect(await exec()).toEqual({
      exitCode: 0,
      stdout: '/home/app\n',
      stderr: 'a warning\n',
      truncated: false,
    });
    const url = new URL(asked.url, 'https://cluster');
    expect(url.pathname).toBe('/api/v1/namespaces/shop/pods/app-1/exec');
    expect(url.searchParams.getAll('command')).toEqual(['sh', '-c', 'echo "$HOME"']);
    expect(url.searchParams.get('tty')).toBe('false');
    expect(url.searchParams.get('stdin')).toBeNull();
    expect(asked.authorization).toMatch(/^Bearer k8s-aws-v1\./);
  });

  it('reads the exit code from the status channel, whatever was printed', async () => {
    serve = socket => {
      socket.send(Buffer.from('\u0001all is well\n'));
      socket.send(exit(3));
      socket.close();
    };
    expect(await exec()).toMatchObject({ exitCode: 3, stdout: 'all is well\n' });
  });

  it('does not take a connection that ends without a status for a success', async () => {
    serve = socket => {
      socket.send(Buffer.from('\u0001half of'));
      socket.close();
    };
    await expect(exec()).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('the connection ended before the command did'),
    });
  });

  it.each([
    ['v5.channel.k8s.io', 2],
    ['v4.channel.k8s.io', 1],
  ])('hands over standard input in %s, and ends it where that is possible', async (protocol, messages) => {
    protocols = [protocol];
    const received: Buffer[] = [];
    serve = socket => {
      socket.on('message', data => {
        received.push(data as Buffer);
        if (received.length < messages) return;
        socket.send(success);
        socket.close();
      });
    };
    await exec({ stdin: 'SELECT 1' });
    expect(received[0]).toEqual(Buffer.from('\u0000SELECT 1'));
    if (messages === 2) expect(received[1]).toEqual(Buffer.from([255, 0]));
  });

  it('gives up on a command that does not end', async () => {
    serve = () => {};
    await expect(exec({ timeoutMs: 100 })).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('no end within 0.1 s'),
    });
  });

  it('cuts off output that would fill the memory', async () => {
    serve = socket => {
      for (let part = 0; part < 5; part++) socket.send(Buffer.from(`\u0001${'x'.repeat(100_000)}`));
      socket.send(success);
      socket.close();
    };
    const { stdout, truncated } = await exec();
    expect([stdout.length, truncated]).toEqual([mostExecBytes, true]);
  });

  it.each([
    [403, 'pods "app-1" is forbidden', 'RequestRejectedError', 'ClusterRole'],
    [500, 'container not found', 'ServiceUnavailableError', 'tries again'],
    [404, 'pods "app-1" not found', 'ServiceUnavailableError', 'pod still runs'],
  ])('says what an answer of %i means', async (status, message, name, nextStep) => {
    refuse = { status, message };
    const error = await exec().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name, nextStep: expect.stringContaining(nextStep) });
    // The command may hold what is nobody's business.
    expect(String(error)).not.toContain('command=');
  });

  it('does not talk to a server that the cluster authority did not sign', async () => {
    const data = Buffer.from(makeSelfSigned().cert).toString('base64');
    const endpoint = `https://localhost:${(server.address() as AddressInfo).port}`;
    eks.on(DescribeClusterCommand).resolves({ cluster: { endpoint, certificateAuthority: { data } } });
    await expect(exec()).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  });
});
