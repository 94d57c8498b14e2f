import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { rootCertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError, ServiceUnavailableError } from '../../shared/errors.ts';
import { sendHttp } from '../../shared/network/http.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
const servers: http.Server[] = [];

/** Starts a server on a free port of the loopback and gives the port. */
async function serve(listener: http.RequestListener, tls?: https.ServerOptions): Promise<number> {
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(() => setDefaultCACertificates([...rootCertificates, fixture('ca.pem').toString()]));
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

describe('sendHttp', () => {
  it('gives status, headers, body and latency', async () => {
    const port = await serve((_, response) => {
      response.writeHead(201, { 'x-test': 'yes' }).end('{"status":"ok"}');
    });
    const answer = await sendHttp({ url: `http://127.0.0.1:${port}/api/health?x=1`, timeoutMs: 2000 });
    expect(answer).toMatchObject({ status: 201, body: '{"status":"ok"}' });
    expect(answer.headers['x-test']).toBe('yes');
    expect(answer.latencyMs).toBeGreaterThanOrEqual(0);
  });

  it('sends method, path, headers and body as they were given', async () => {
    let seen = '';
    const port = await serve((request, response) => {
      request.on('data', chunk => {
        seen += `${request.method} ${request.url} ${request.headers['x-run']} ${chunk}`;
      });
      request.on('end', () => response.end());
    });
    const url = `http://127.0.0.1:${port}/hook?a=b`;
    await sendHttp({ url, method: 'POST', headers: { 'x-run': 'r1' }, body: 'hello', timeoutMs: 2000 });
    expect(seen).toBe('POST /hook?a=b r1 hello');
  });

  it('connects elsewhere and keeps the Host header, the SNI and the certificate name of the URL', async () => {
    let host: string | undefined;
    let sni: string | false | null | undefined;
    const port = await serve(
      (request, response) => {
        host = request.headers.host;
        sni = (request.socket as TLSSocket & { servername?: string | false }).servername;
        response.end('here');
      },
      { key: fixture('good.key'), cert: fixture('good.pem') },
    );
    const answer = await sendHttp({
      url: `https://app.lifeboat.test:${port}/`,
      connectTo: '127.0.0.1',
      timeoutMs: 2000,
    });
    expect(answer.body).toBe('here');
    expect(host).toBe(`app.lifeboat.test:${port}`);
    expect(sni).toBe('app.lifeboat.test');
  });

  it.each([
    ['of another name', 'other.lifeboat.test', 'good'],
    ['that has ended', 'app.lifeboat.test', 'expired'],
  ])('counts a certificate %s as no answer', async (_, name, certificate) => {
    const port = await serve((_request, response) => response.end(), {
      key: fixture(`${certificate}.key`),
      cert: fixture(`${certificate}.pem`),
    });
    const sent = sendHttp({ url: `https://${name}:${port}/`, connectTo: '127.0.0.1', timeoutMs: 2000 });
    await expect(sent).rejects.toThrow(ServiceUnavailableError);
    await expect(sent).rejects.toThrow(/certificate/i);
  });

  it('does not follow a redirect', async () => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests += 1;
      response.writeHead(302, { location: '/login' }).end();
    });
    const answer = await sendHttp({ url: `http://127.0.0.1:${port}/`, timeoutMs: 2000 });
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe('/login');
    expect(requests).toBe(1);
  });

  it('gives up when the answer does not begin in time', async () => {
    const port = await serve(() => {});
    const sent = sendHttp({ url: `http://127.0.0.1:${port}/`, timeoutMs: 150 });
    await expect(sent).rejects.toThrow(ServiceUnavailableError);
    await expect(sent).rejects.toThrow('nothing within 150 ms');
  });

  it('gives up when the body stops half way', async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
    });
    const sent = sendHttp({ url: `http://127.0.0.1:${port}/`, timeoutMs: 150 });
    await expect(sent).rejects.toThrow(ServiceUnavailableError);
  });

  it('says that nothing listens', async () => {
    const port = await serve(() => {});
    await new Promise(resolve => servers.splice(0)[0]?.close(resolve));
    const sent = sendHttp({ url: `http://127.0.0.1:${port}/`, timeoutMs: 2000 });
    await expect(sent).rejects.toThrow(ServiceUnavailableError);
    await expect(sent).rejects.toThrow('ECONNREFUSED');
  });

  it('reads no more than a megabyte of a body', async () => {
    const port = await serve((_, response) => response.end(Buffer.alloc(3 * 1024 * 1024, 'x')));
    const answer = await sendHttp({ url: `http://127.0.0.1:${port}/`, timeoutMs: 5000 });
    expect(answer.body.length).toBe(1024 * 1024);
  });

  it.each(['', 'app.example.com', 'ftp://example.com/', 'https://'])('refuses "%s" as a URL', async url => {
    await expect(sendHttp({ url, timeoutMs: 100 })).rejects.toThrow(InvalidInputError);
  });
});
