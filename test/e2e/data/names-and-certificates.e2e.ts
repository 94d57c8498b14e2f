import { mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDns } from '../../../shared/network/dns.ts';
import { type Certificate, makeAuthority } from '../servers/certificates.ts';
import { type DnsServer, startDnsServer } from '../servers/dns.ts';
import { carryOut } from './carry-out.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('HTTPS servers with certificates of every kind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-tls-'));
  const trusted = tls.getCACertificates('default');
  const ports: Record<string, number> = {};
  const servers: https.Server[] = [];

  beforeAll(async () => {
    const authority = makeAuthority(join(folder, 'trusted'));
    const stranger = makeAuthority(join(folder, 'stranger'));
    // What NODE_EXTRA_CA_CERTS does for a process that starts.
    tls.setDefaultCACertificates([...trusted, authority.ca]);
    const from = new Date(Date.now() - 10 * dayMs);
    const names = ['DNS:app.shop.example', 'DNS:localhost'];
    await serve('good', authority.issue('good', names, { from, to: new Date(Date.now() + 90 * dayMs) }));
    await serve('ending', authority.issue('ending', names, { from, to: new Date(Date.now() + 3 * dayMs) }));
    await serve('expired', authority.issue('expired', names, { from, to: new Date(Date.now() - dayMs) }));
    await serve('other', authority.issue('other', ['DNS:other.example']));
    await serve('stranger', stranger.issue('stranger', names));
  });
  afterAll(() => {
    tls.setDefaultCACertificates(trusted);
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function serve(kind: string, { cert, key }: Certificate): Promise<void> {
    const server = https.createServer({ cert, key }, (incoming, outgoing) => {
      outgoing.writeHead(incoming.url === '/health' ? 200 : 503, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ status: 'ok', host: incoming.headers.host }));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    ports[kind] = (server.address() as AddressInfo).port;
  }

  const look = (kind: string, extra: object = {}) =>
    carryOut(
      'tls.check',
      { host: 'app.shop.example', connectTo: '127.0.0.1', port: ports[kind] ?? 0, ...extra },
      { looks: 2 },
    );

  test('tls.check is done for a good one, and says how many days are left', async () => {
    const { seen } = await look('good');
    expect(seen).toMatchObject({ status: 'done', outputs: { daysLeft: 89 } });
  });

  test.each([
    ['ending', /[23] days/],
    ['expired', /expired/i],
    ['other', /app\.shop\.example/],
    ['stranger', /SELF_SIGNED|UNABLE_TO|self-signed|issuer/i],
  ])('tls.check is not done for one that is %s', async (kind, why) => {
    const { seen } = await look(kind);
    expect(seen).toMatchObject({ status: 'pending', note: expect.stringMatching(why) });
  });

  test('tls.check is not done where nobody listens', async () => {
    const { seen } = await look('nobody', { port: 1 });
    expect(seen).toMatchObject({ status: 'pending' });
  });

  test('http.check asks a load balancer by the name of the site', async () => {
    const { seen } = await carryOut('http.check', {
      url: `https://app.shop.example:${ports.good}/health`,
      connectTo: '127.0.0.1',
      times: 3,
    });
    expect(seen).toMatchObject({ status: 'done', outputs: { status: 200 } });
  });

  test.each(['expired', 'other', 'stranger'])('http.check trusts no certificate that is %s', async kind => {
    const url = `https://app.shop.example:${ports[kind]}/health`;
    const { seen } = await carryOut('http.check', { url, connectTo: '127.0.0.1' }, { looks: 2 });
    expect(seen?.status).toBe('pending');
  });

  test('http.check waits while the answer is another one', async () => {
    const url = `https://app.shop.example:${ports.good}/`;
    const { seen } = await carryOut('http.check', { url, connectTo: '127.0.0.1' }, { looks: 2 });
    expect(seen).toMatchObject({ status: 'pending', note: expect.stringContaining('503') });
  });
});

describe('a real resolver and name server', () => {
  let server: DnsServer;
  let at: string;
  beforeAll(async () => {
    server = await startDnsServer(['app 60 IN CNAME lb', 'lb 30 IN A 192.0.2.10', 'lb 30 IN A 192.0.2.11']);
    at = `127.0.0.1:${server.port}`;
  });
  afterAll(() => server.stop());

  const check = (parameters: object) =>
    carryOut('dns.check', { recordType: 'A', resolvers: [at], ...parameters } as never, {
      looks: 2,
      network: { dns: createDns({ systemResolvers: [at], authoritativePort: server.port }) },
    });

  test('dns.check follows a CNAME to the addresses', async () => {
    const { seen } = await check({ name: 'app.shop.example', expect: ['192.0.2.10', '192.0.2.11'] });
    expect(seen).toMatchObject({ status: 'done' });
  });

  test('the name servers of the zone are found and asked themselves', async () => {
    const { seen } = await check({
      name: 'app.shop.example',
      recordType: 'CNAME',
      expect: 'lb.shop.example',
      resolvers: ['authoritative'],
    });
    expect(seen).toMatchObject({ status: 'done', outputs: { answers: ['lb.shop.example'] } });
  });

  test('dns.check is not done while an address is another one, or the name does not exist', async () => {
    expect((await check({ name: 'app.shop.example', expect: '192.0.2.99' })).seen?.status).toBe('pending');
    expect((await check({ name: 'nobody.shop.example', expect: '192.0.2.10' })).seen?.status).toBe('pending');
  });

  test('the TTL is the lowest of the chain', async () => {
    const answer = await createDns()({ name: 'app.shop.example', type: 'A', resolver: at, timeoutMs: 2_000 });
    expect(answer.ttlSeconds).toBe(30);
  });
});
