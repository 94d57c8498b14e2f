import { Redis } from 'ioredis';
import { RequestRejectedError, ServiceUnavailableError } from '../errors.ts';
import type { RedisOptions } from '../ports.ts';

/** Replies that pass by themselves: the server is starting, or is busy with a script. */
const passing = /^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN)\b/;

/**
 * Sends one command to Redis over a connection of its own and returns the reply as text. One attempt, no reconnect,
 * and the connection is always closed. Rejects with ServiceUnavailableError when nothing answers in time, with
 * RequestRejectedError when the server says no.
 */
export async function sendRedis(options: RedisOptions, command: readonly string[]): Promise<string> {
  const { host, port, tls, timeoutMs } = options;
  const [name = 'PING', ...rest] = command;
  const client = new Redis({
    host,
    port,
    ...(tls && { tls: { servername: host } }),
    // Nothing is sent but the command: every version answers RESP2, and a user may be allowed PING alone.
    protocol: 2,
    disableClientInfo: true,
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableReadyCheck: false,
  });
  // ioredis prints errors that nobody listens to; the reason is thrown below.
  let reason = 'the connection was closed';
  client.on('error', (error: Error) => {
    reason = error.message || error.name;
  });
  try {
    await client.connect();
    return String(await client.call(name, ...rest));
  } catch (error) {
    throw translate(error, reason, options);
  } finally {
    client.disconnect();
  }
}

function translate(error: unknown, reason: string, { host, port }: RedisOptions): Error {
  const message = error instanceof Error ? error.message : String(error);
  const answered = error instanceof Error && error.name === 'ReplyError';
  if (answered && !passing.test(message)) {
    return new RequestRejectedError(`Redis at ${host}:${port} refused: ${message}`, {
      nextStep: message.startsWith('NOAUTH')
        ? 'Give the function a user without a password for PING and INFO, or switch AUTH off for its address.'
        : 'Check that the endpoint is the one of this cache.',
      cause: error,
    });
  }
  return new ServiceUnavailableError(
    `Redis at ${host}:${port} does not answer: ${answered ? message : reason}`,
    {
      nextStep: 'Check that the cache is available and that its security group lets the function in.',
      cause: error,
    },
  );
}
