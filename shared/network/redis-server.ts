import type { ActionContext, Permission } from '../actions/contract.ts';
import { secretReadPermission } from '../aws/secret-reference.ts';
import { ServiceUnavailableError } from '../errors.ts';
import type { RedisOptions } from '../ports.ts';
import { redisCredentials } from './redis-credentials.ts';

/** One Redis server as actions talk to it. */
export type RedisServer = {
  /** `host:port`, for people. */
  where: string;
  /** Sends one command; the reply is text, or JSON if it has several parts. */
  call(...command: string[]): Promise<string>;
  /** Fields of `INFO <section>`. */
  info(section: string): Promise<Map<string, string>>;
};

export type RedisAddress = {
  host: string;
  port: number;
  tls: boolean;
  region: string;
  credentials?: string | undefined;
};

const timeoutMs = 5_000;

/** Reads the credentials, if the component names some. Every call opens a connection of its own. */
export async function openRedis(
  context: Pick<ActionContext, 'network' | 'secret'>,
  address: RedisAddress,
): Promise<RedisServer> {
  const { host, port, tls, region, credentials } = address;
  const user = credentials === undefined ? {} : redisCredentials(await context.secret(credentials, region));
  const options: RedisOptions = { host, port, tls, timeoutMs, ...user };
  return {
    where: `${host}:${port}`,
    call: (...command) => context.network.redis(options, command),
    info: async section => parseInfo(await context.network.redis(options, ['INFO', section])),
  };
}

/** Address of a component: a cache is at its endpoint, a server of one's own at its host. */
export function addressOf(
  component: Omit<RedisAddress, 'host'> & ({ endpoint: string } | { host: string }),
): RedisAddress {
  const { port, tls, region, credentials } = component;
  return {
    host: 'endpoint' in component ? component.endpoint : component.host,
    port,
    tls,
    region,
    credentials,
  };
}

/** Lines of INFO are `key:value`. */
function parseInfo(text: string): Map<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
}

/** What `read` answers, or undefined when nothing answers there. */
export async function ifReachable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ServiceUnavailableError) return undefined;
    throw error;
  }
}

/** Seconds since a replica last heard of its master; undefined for a master, or where the server does not say. */
export function silenceSeconds(replication: Map<string, string>): number | undefined {
  if (replication.get('role') !== 'slave') return undefined;
  const up = replication.get('master_link_status') === 'up';
  const seconds = Number(
    replication.get(up ? 'master_last_io_seconds_ago' : 'master_link_down_since_seconds'),
  );
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** Proves that a server takes writes: a key of this run's own, which goes by itself after a minute. */
export async function writeWorks(
  server: RedisServer,
  runId: string,
): Promise<{ ok: true } | { ok: false; why: string }> {
  try {
    const reply = await server.call('SET', `lifeboat:write-probe:${runId}`, 'written', 'EX', '60');
    return reply === 'OK' ? { ok: true } : { ok: false, why: `it answered ${reply.slice(0, 80)} to SET` };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : 'unknown error' };
  }
}

export function redisPermissions(
  ...addresses: { region: string; credentials?: string | undefined }[]
): Permission[] {
  return addresses.flatMap(({ credentials, region }) =>
    credentials === undefined ? [] : [secretReadPermission(credentials, region)],
  );
}
