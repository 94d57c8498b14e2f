import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { sendRedis } from '../../shared/network/redis.ts';

const servers: net.Server[] = [];
let connections: number;
let open: Set<net.Socket>;
afterEach(() => {
  for (const socket of open) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A Redis of the test: answers the commands it is given (RESP2), and is silent to all others. */
async function serve(replies: Record<string, string>): Promise<{ host: string; port: number }> {
  connections = 0;
  open = new Set();
  const server = net.createServer(socket => {
    connections += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    socket.on('data', data => {
      const name = /\r\n([A-Za-z]+)\r\n/.exec(data.toString())?.[1]?.toUpperCase() ?? '';
      const reply = replies[name];
      if (reply !== undefined) socket.write(reply);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

const plain = { tls: false, timeoutMs: 300 };

describe('sendRedis', () => {
  it('sends the command and returns the reply, and leaves no connection open', async () => {
    const target = await serve({ PING: '+PONG\r\n', INFO: '$11\r\nrole:master\r\n' });
    expect(await sendRedis({ ...target, ...plain }, ['PING'])).toBe('PONG');
    expect(await sendRedis({ ...target, ...plain }, ['INFO', 'replication'])).toBe('role:master');
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(open.size).toBe(0);
  });

  it('logs in first when it is given a password, and says when that is refused', async () => {
    const target = await serve({ AUTH: '+OK\r\n', GET: '$3\r\nyes\r\n' });
    const user = { username: 'app', password: 'p' };
    expect(await sendRedis({ ...target, ...plain, ...user }, ['GET', 'k'])).toBe('yes');
    const strict = await serve({ AUTH: '-WRONGPASS invalid username-password pair\r\n' });
    await expect(sendRedis({ ...strict, ...plain, ...user }, ['GET', 'k'])).rejects.toMatchObject({
      name: 'RequestRejectedError',
      message: expect.stringContaining('WRONGPASS'),
    });
  });

  it('returns a reply with several parts as JSON', async () => {
    const target = await serve({ SCAN: '*2\r\n$1\r\n0\r\n*2\r\n$3\r\na,b\r\n$1\r\nc\r\n' });
    expect(await sendRedis({ ...target, ...plain }, ['SCAN', '0'])).toBe('["0",["a,b","c"]]');
  });

  it('throws RequestRejectedError when a password is wanted', async () => {
    const target = await serve({ PING: '-NOAUTH Authentication required.\r\n' });
    await expect(sendRedis({ ...target, ...plain }, ['PING'])).rejects.toMatchObject({
      name: 'RequestRejectedError',
      message: expect.stringContaining('NOAUTH'),
    });
  });

  it('takes a server that is loading its data for unavailable', async () => {
    const target = await serve({ PING: '-LOADING Redis is loading the dataset in memory\r\n' });
    await expect(sendRedis({ ...target, ...plain }, ['PING'])).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('LOADING'),
    });
  });

  it('gives up once on a server that never answers', async () => {
    const target = await serve({});
    const started = performance.now();
    await expect(sendRedis({ ...target, ...plain }, ['PING'])).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(connections).toBe(1);
  });

  it('throws ServiceUnavailableError when nothing listens', async () => {
    const target = await serve({});
    const closing = servers.splice(0);
    await Promise.all(closing.map(server => new Promise(resolve => server.close(resolve))));
    await expect(sendRedis({ ...target, ...plain }, ['PING'])).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
