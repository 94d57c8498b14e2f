import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, rootCertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../shared/errors.ts';
import { inspectTls } from '../../shared/network/tls.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
const servers: Server[] = [];
const sockets: Socket[] = [];

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', socket => sockets.push(socket));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const withCertificate = (name: string) =>
  listen(createTlsServer({ key: fixture(`${name}.key`), cert: fixture(`${name}.pem`) }));

const target = (port: number, serverName = 'app.lifeboat.test') => ({
  host: '127.0.0.1',
  port,
  serverName,
  timeoutMs: 2000,
});

beforeEach(() => setDefaultCACertificates([...rootCertificates, fixture('ca.pem').toString()]));
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

describe('inspectTls', () => {
  it('accepts a certificate whose chain and name are right, and says when it ends', async () => {
    const result = await inspectTls(target(await withCertificate('good')));
    expect(result).toEqual({ authorized: true, subject: 'good', validTo: '2120-01-01T00:00:00.000Z' });
  });

  it('gives a certificate that has ended as a result, with the reason', async () => {
    const result = await inspectTls(target(await withCertificate('expired')));
    expect(result).toMatchObject({
      authorized: false,
      authorizationError: 'CERT_HAS_EXPIRED',
      validTo: '2021-01-01T00:00:00.000Z',
    });
  });

  it('does not accept a certificate for another name', async () => {
    const result = await inspectTls(target(await withCertificate('good'), 'other.lifeboat.test'));
    expect(result).toMatchObject({ authorized: false, authorizationError: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('does not accept an authority that the system does not trust', async () => {
    setDefaultCACertificates(rootCertificates);
    const result = await inspectTls(target(await withCertificate('good')));
    expect(result.authorized).toBe(false);
    expect(result.authorizationError).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('rejects when the handshake does not end in time', async () => {
    const port = await listen(createServer(() => {}));
    const inspected = inspectTls({ ...target(port), timeoutMs: 150 });
    await expect(inspected).rejects.toThrow(ServiceUnavailableError);
    await expect(inspected).rejects.toThrow('nothing within 150 ms');
  });

  it('rejects when nothing listens', async () => {
    const port = await listen(createServer());
    await new Promise(resolve => servers.splice(0)[0]?.close(resolve));
    await expect(inspectTls(target(port))).rejects.toThrow(/ECONNREFUSED/);
  });

  it('rejects when the server does not speak TLS', async () => {
    const port = await listen(createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    await expect(inspectTls(target(port))).rejects.toThrow(ServiceUnavailableError);
  });
});
