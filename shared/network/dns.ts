import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { getServers } from 'node:dns';
import { connect, isIP } from 'node:net';
import { LifeboatError, ServiceUnavailableError } from '../errors.ts';
import type { DnsAnswer, DnsQuery } from '../ports.ts';
import { type DnsReply, decodeReply, encodeQuery, type RecordType } from './dns-message.ts';

type Server = { host: string; port: number };
export type DnsOptions = {
  /** Resolvers that find a zone's name servers; the machine's own unless given. */
  systemResolvers?: readonly string[];
  /** Port of the zone's name servers. */
  authoritativePort?: number;
};

/**
 * The real form of `Network.dns`. `resolver` is an address, with a port if it is not 53 (`192.0.2.1:5353`,
 * `[2001:db8::1]:53`), or `authoritative`: then the zone's name servers are looked up and asked without recursion, so that no cache
 * stands in between. For type A and AAAA a CNAME on the way is followed by the resolver, and the TTL is the lowest
 * of the chain. A name that does not exist is an answer without values; silence, SERVFAIL and REFUSED reject with
 * ServiceUnavailableError.
 */
export function createDns(options: DnsOptions = {}): (query: DnsQuery) => Promise<DnsAnswer> {
  const resolvers = options.systemResolvers ?? getServers();
  const authoritativePort = options.authoritativePort ?? 53;
  return async query => {
    const deadline = performance.now() + query.timeoutMs;
    if (query.resolver !== 'authoritative') {
      return answerOf(query, await ask(parseServer(query.resolver), query, true, deadline));
    }
    const system = resolvers.map(parseServer);
    const hosts = await nameServersOf(query.name, system, deadline);
    const reply = await firstOf(hosts, deadline, async (host, until) => {
      const address = isIP(host) ? host : await addressOf(host, system, until);
      return ask({ host: address, port: authoritativePort }, query, false, until);
    });
    return answerOf(query, reply);
  };
}

/** `host`, `host:port` or `[v6]:port`, as in dns.setServers. */
export function parseServer(text: string): Server {
  if (isIP(text)) return { host: text, port: 53 };
  const match = /^\[?([^\]]+?)\]?(?::(\d+))?$/.exec(text);
  return { host: match?.[1] ?? text, port: Number(match?.[2] ?? 53) };
}

/** Walks up from the name to the zone that has name servers of its own. */
async function nameServersOf(name: string, system: Server[], deadline: number): Promise<string[]> {
  const labels = name.replace(/\.$/, '').split('.');
  for (let cut = 0; cut < labels.length; cut++) {
    const zone = labels.slice(cut).join('.');
    const reply = await firstOf(system, deadline, (server, until) =>
      ask(server, { name: zone, type: 'NS' }, true, until),
    );
    const hosts = reply.answers.filter(record => record.type === 'NS' && record.name === zone.toLowerCase());
    if (hosts.length > 0) return hosts.map(record => record.value);
  }
  throw unavailable(`No name servers were found for ${name}`);
}

async function addressOf(host: string, system: Server[], deadline: number): Promise<string> {
  const reply = await firstOf(system, deadline, (server, until) =>
    ask(server, { name: host, type: 'A' }, true, until),
  );
  const address = reply.answers.find(record => record.type === 'A')?.value;
  if (!address) throw unavailable(`The name server ${host} has no address`);
  return address;
}

/**
 * The first that answers, one after the other: name servers and resolvers are alternatives to each other. Each gets
 * its share of the time that is left, so that a silent one does not use up all of it.
 */
async function firstOf<T, R>(
  choices: readonly T[],
  deadline: number,
  attempt: (choice: T, until: number) => Promise<R>,
): Promise<R> {
  let last: unknown = unavailable('There is no name server to ask');
  for (const [index, choice] of choices.entries()) {
    const now = performance.now();
    try {
      return await attempt(choice, now + (deadline - now) / (choices.length - index));
    } catch (error) {
      if (!(error instanceof LifeboatError)) throw error;
      last = error;
    }
  }
  throw last;
}

function answerOf(query: DnsQuery, reply: DnsReply): DnsAnswer {
  const values = reply.answers.filter(record => record.type === query.type).map(record => record.value);
  // An authoritative server answers A with the CNAME alone when the target lies in another zone.
  const counted = values.length > 0 ? reply.answers : [];
  const ttlSeconds = Math.min(...counted.map(record => record.ttlSeconds));
  return { values, ttlSeconds: Number.isFinite(ttlSeconds) ? ttlSeconds : 0 };
}

type Question = { name: string; type: RecordType };

async function ask(
  server: Server,
  question: Question,
  recursive: boolean,
  deadline: number,
): Promise<DnsReply> {
  const id = randomInt(0x10000);
  const query = encodeQuery(id, question.name, question.type, recursive);
  const what = `${server.host}:${server.port} about ${question.name} (${question.type})`;
  const leftMs = Math.round(deadline - performance.now());
  if (leftMs <= 0) throw unavailable(`No time was left to ask ${what}`);
  let reply = decode(await overUdp(server, query, what, leftMs), what);
  // A truncated answer is asked for again over TCP (RFC 7766, section 5).
  if (reply.truncated) {
    const restMs = Math.max(1, Math.round(deadline - performance.now()));
    reply = decode(await overTcp(server, query, what, restMs), what);
  }
  if (reply.responseCode !== 0 && reply.responseCode !== 3) {
    throw unavailable(`${what} was answered with the DNS error ${reply.responseCode}`);
  }
  return reply;
}

function decode(message: Buffer, what: string): DnsReply {
  try {
    return decodeReply(message);
  } catch (cause) {
    throw unavailable(`The answer of ${what} can't be read`, cause);
  }
}

function overUdp(server: Server, query: Buffer, what: string, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIP(server.host) === 6 ? 'udp6' : 'udp4');
    const end = (settle: () => void) => {
      clearTimeout(timer);
      clearInterval(again);
      socket.close();
      settle();
    };
    const send = () => socket.send(query, server.port, server.host);
    const timer = setTimeout(
      () => end(() => reject(unavailable(`No answer from ${what} within ${timeoutMs} ms`))),
      timeoutMs,
    );
    // A datagram may be lost; the same question may be asked again.
    const again = setInterval(send, Math.max(250, timeoutMs / 3));
    socket.on('error', cause =>
      end(() => reject(unavailable(`Can't reach ${what}: ${cause.message}`, cause))),
    );
    socket.on('message', message => {
      // Anybody can send to the port; only the reply to this question counts.
      if (message.length < 12 || message.readUInt16BE(0) !== query.readUInt16BE(0)) return;
      end(() => resolve(message));
    });
    send();
  });
}

function overTcp(server: Server, query: Buffer, what: string, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.host, port: server.port });
    let received = Buffer.alloc(0);
    const fail = (why: string, cause?: unknown) => {
      socket.destroy();
      reject(unavailable(`Can't reach ${what} over TCP: ${why}`, cause));
    };
    socket.setTimeout(timeoutMs, () => fail(`nothing within ${timeoutMs} ms`));
    socket.on('error', cause => fail(cause.message, cause));
    socket.on('end', () => fail('the connection was closed before the answer was complete'));
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      socket.destroy();
      resolve(received.subarray(2, 2 + received.readUInt16BE(0)));
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  });
}

function unavailable(message: string, cause?: unknown): ServiceUnavailableError {
  return new ServiceUnavailableError(message, {
    nextStep:
      'Check the resolver address in the plan and that UDP and TCP port 53 are open; it is asked again.',
    cause,
  });
}
