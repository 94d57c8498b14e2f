import { Redis } from 'ioredis';
import { RequestRejectedError, ServiceUnavailableError } from '../errors.ts';
import type { RedisOptions } from '../ports.ts';

/** Replies that pass by themselves: the server is starting, or is busy with a script. */
const passing = /^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN)\b/;

/**
 * Sends one command to Redis over a connection of its own and returns the reply as text, an array (of SCAN, of ROLE) as
 * JSON. With a password the connection is authenticated first. One attempt, no reconnect,
 * and the connection is always closed. Rejects with ServiceUnavailableError when nothing answers in time, with
 * RequestRejectedError when the server says no.
 */
export async function sendRedis(options: RedisOptions, command: readonly string[]): Promise<string> {
  const { host, port, tls, timeoutMs, username, password } = options;
  const [name = 'PING', ...rest] = command;
  const client = new Redis({
    host,
    port,
    ...(tls && { tls: { servername: host } }),
    ...(password !== undefined && { password, ...(username !== undefined && { username }) }),
    // Nothing is sent but AUTH and the command: every version answers RESP2, and a user may be allowed PING alone.
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
  let reason: Error = new Error('the connection was closed');
  client.on('error', (error: Error) => {
    reason = error;
  });
  try {
    await client.connect();
    const reply = await client.call(name, ...rest);
    return Array.isArray(reply) ? JSON.stringify(reply) : String(reply);
  } catch (error) {
    throw translate(error, reason, options);
  } finally {
    client.disconnect();
  }
}

function translate(caught: unknown, reason: Error, { host, port }: RedisOptions): Error {
  // A refused AUTH comes as an event of the connection; the command itself then only finds it closed.
  const error = reason.name === 'ReplyError' ? reason : caught;
  const message = error instanceof Error ? error.message : String(error);
  const answered = error instanceof Error && error.name === 'ReplyError';
  if (answered && !passing.test(message)) {
    return new RequestRejectedError(`Redis at ${host}:${port} refused: ${message}`, {
      nextStep: nextStepFor(message),
      cause: error,
    });
  }
  return new ServiceUnavailableError(
    `Redis at ${host}:${port} does not answer: ${answered ? message : reason.message || reason.name}`,
    {
      nextStep: 'Check that the cache is available and that its security group lets the function in.',
      cause: error,
    },
  );
}

function nextStepFor(message: string): string {
  if (message.startsWith('NOAUTH')) {
    return "Name the secret with the cache's AUTH token, or its user and password, as the component's credentials.";
  }
  if (message.startsWith('WRONGPASS'))
    return 'Put the present user and password into the secret of the component.';
  if (message.startsWith('NOPERM')) return "Allow the command in the user's ACL rules, then retry.";
  return 'Check that the endpoint is the one of this cache.';
}
