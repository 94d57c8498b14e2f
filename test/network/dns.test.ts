import { afterEach, describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../shared/errors.ts';
import { createDns, parseServer } from '../../shared/network/dns.ts';
import { a, cname, ns, type Responder, startResponder, type TestReply } from './dns-responder.ts';

const started: Responder[] = [];

async function respond(answer: Parameters<typeof startResponder>[0]): Promise<Responder> {
  const responder = await startResponder(answer);
  started.push(responder);
  return responder;
}
const always = (reply: TestReply) => respond(() => reply);

afterEach(async () => {
  await Promise.all(started.splice(0).map(responder => responder.close()));
});

const dns = createDns();
const ask = (responder: Responder, type: 'A' | 'AAAA' | 'CNAME' = 'A', timeoutMs = 1000) =>
  dns({ name: 'app.lifeboat.test', type, resolver: `127.0.0.1:${responder.port}`, timeoutMs });

describe('a resolver', () => {
  it('gives addresses with the seconds that are left, and asks for recursion', async () => {
    const responder = await always({ answers: [a('192.0.2.1', 42), a('192.0.2.2', 42)] });
    expect(await ask(responder)).toEqual({ values: ['192.0.2.1', '192.0.2.2'], ttlSeconds: 42 });
    expect(responder.questions).toEqual([{ name: 'app.lifeboat.test', type: 1, recursionDesired: true }]);
  });

  it('gives the target of a CNAME with the TTL of the CNAME itself', async () => {
    const responder = await always({ answers: [cname('LB.Lifeboat.test', 300)] });
    expect(await ask(responder, 'CNAME')).toEqual({ values: ['lb.lifeboat.test'], ttlSeconds: 300 });
  });

  it('gives the lowest TTL of a chain', async () => {
    const answers = [cname('lb.lifeboat.test', 20), a('192.0.2.1', 60, 'lb.lifeboat.test')];
    expect(await ask(await always({ answers }))).toEqual({ values: ['192.0.2.1'], ttlSeconds: 20 });
  });

  it('reads IPv6 addresses', async () => {
    const data = Buffer.from('20010db8000000000000000000000001', 'hex');
    const responder = await always({ answers: [{ type: 28, ttl: 5, data }] });
    expect((await ask(responder, 'AAAA')).values).toEqual(['2001:db8:0:0:0:0:0:1']);
  });

  it('answers a name that does not exist with no values', async () => {
    expect(await ask(await always({ code: 3 }))).toEqual({ values: [], ttlSeconds: 0 });
  });

  it.each([
    [2, 'server failure'],
    [5, 'refusal'],
  ])('rejects on the error %i (%s)', async code => {
    await expect(ask(await always({ code }))).rejects.toThrow(ServiceUnavailableError);
  });

  it('rejects when it stays silent', async () => {
    const silent = await respond(() => undefined);
    await expect(ask(silent, 'A', 200)).rejects.toThrow('within 200 ms');
  });

  it('is asked again when the first datagram is lost', async () => {
    let count = 0;
    const responder = await respond(() => (++count === 1 ? undefined : { answers: [a('192.0.2.1', 1)] }));
    expect((await ask(responder)).values).toEqual(['192.0.2.1']);
    expect(count).toBe(2);
  });

  it('is asked over TCP when its answer was cut', async () => {
    const responder = await respond((_, transport) =>
      transport === 'udp' ? { truncated: true } : { answers: [a('192.0.2.9', 7)] },
    );
    expect(await ask(responder)).toEqual({ values: ['192.0.2.9'], ttlSeconds: 7 });
  });

  it('is not confused by a reply to another question', async () => {
    const responder = await always({ forged: true, answers: [a('192.0.2.1', 42)] });
    expect((await ask(responder)).values).toEqual(['192.0.2.1']);
  });
});

describe('authoritative', () => {
  const zoneOf = (servers: Record<string, string>) => (question: { name: string; type: number }) => {
    if (question.type === 2 && question.name === 'lifeboat.test')
      return { answers: Object.keys(servers).map(ns) };
    const address = servers[question.name];
    return address && question.type === 1 ? { answers: [a(address, 60)] } : {};
  };
  const askZone = (system: Responder, zone: Responder, timeoutMs = 2000) =>
    createDns({ systemResolvers: [`127.0.0.1:${system.port}`], authoritativePort: zone.port })({
      name: 'app.lifeboat.test',
      type: 'CNAME',
      resolver: 'authoritative',
      timeoutMs,
    });

  it('finds the zone above the name and asks its servers without recursion', async () => {
    const zone = await always({ authoritative: true, answers: [cname('lb.lifeboat.test', 300)] });
    const system = await respond(zoneOf({ 'ns1.lifeboat.test': '127.0.0.1' }));
    expect(await askZone(system, zone)).toEqual({ values: ['lb.lifeboat.test'], ttlSeconds: 300 });
    expect(zone.questions).toEqual([{ name: 'app.lifeboat.test', type: 5, recursionDesired: false }]);
  });

  it('goes on to the next server when one is silent', async () => {
    const zone = await always({ authoritative: true, answers: [cname('lb.lifeboat.test', 300)] });
    // Nothing listens at 127.0.0.2.
    const system = await respond(
      zoneOf({ 'ns1.lifeboat.test': '127.0.0.2', 'ns2.lifeboat.test': '127.0.0.1' }),
    );
    expect((await askZone(system, zone)).values).toEqual(['lb.lifeboat.test']);
  });

  it('rejects when no zone has name servers', async () => {
    const zone = await always({});
    const system = await always({});
    await expect(askZone(system, zone)).rejects.toThrow('No name servers were found');
    expect(system.questions.map(question => question.name)).toEqual([
      'app.lifeboat.test',
      'lifeboat.test',
      'test',
    ]);
  });
});

describe('parseServer', () => {
  it.each([
    ['1.1.1.1', { host: '1.1.1.1', port: 53 }],
    ['127.0.0.1:5353', { host: '127.0.0.1', port: 5353 }],
    ['2001:db8::1', { host: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]:5353', { host: '2001:db8::1', port: 5353 }],
    ['resolver.example', { host: 'resolver.example', port: 53 }],
  ])('reads %s', (text, expected) => expect(parseServer(text)).toEqual(expected));
});
