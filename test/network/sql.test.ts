import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connectSql } from '../../shared/network/sql.ts';

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server on the loopback address that does with each connection what the test says; returns a URL for it. */
async function serve(onConnection: (socket: net.Socket) => void): Promise<string> {
  const server = net.createServer(socket => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `postgresql://app:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}/shop`;
}

/** An ErrorResponse of the PostgreSQL protocol (protocol 3.0, "Message Formats"). */
function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

const options = { connectTimeoutMs: 300, statementTimeoutMs: 300 };

describe('connectSql', () => {
  it('throws ServiceUnavailableError when nothing listens', async () => {
    const url = await serve(() => {});
    const closing = servers.splice(0);
    await Promise.all(closing.map(server => new Promise(resolve => server.close(resolve))));
    await expect(connectSql({ url, ...options })).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('gives up on a server that accepts and never answers', async () => {
    const sockets: net.Socket[] = [];
    const url = await serve(socket => sockets.push(socket));
    const started = performance.now();
    await expect(connectSql({ url, ...options })).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    expect(performance.now() - started).toBeLessThan(2_000);
    for (const socket of sockets) socket.destroy();
  });

  it.each([
    ['28P01', 'password authentication failed', 'RequestRejectedError', 'user and password'],
    ['3D000', 'database "shop" does not exist', 'RequestRejectedError', 'statement'],
    ['57P03', 'the database system is starting up', 'ServiceUnavailableError', 'available'],
    ['53300', 'too many connections', 'ServiceUnavailableError', 'available'],
  ])('tells %s (%s) as %s', async (code, message, name, nextStep) => {
    const url = await serve(socket => socket.once('data', () => socket.end(errorResponse(code, message))));
    const failure = await connectSql({ url, ...options }).catch(error => error);
    expect(failure).toMatchObject({
      name,
      message: expect.stringContaining(message),
      nextStep: expect.stringContaining(nextStep),
    });
    expect(`${failure.message} ${failure.nextStep}`).not.toContain('hunter2');
  });

  it('speaks plainly to the loopback address and asks others for TLS', async () => {
    const first = (host: string) =>
      new Promise<number>((resolve, reject) => {
        serve(socket =>
          socket.once('data', data => {
            resolve(data.readInt32BE(4));
            socket.destroy();
          }),
        ).then(
          url => connectSql({ url: url.replace('127.0.0.1', host), ...options }).catch(() => {}),
          reject,
        );
      });
    // 3.0 as protocol version begins a plain session; 80877103 is the SSLRequest code.
    expect(await first('127.0.0.1')).toBe(196608);
    expect(await first('0.0.0.0')).toBe(80877103);
  });
});
