import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connectSql } from '../../shared/network/sql.ts';
import { errorPacket, greeting } from '../support/mysql-wire.ts';

const servers: net.Server[] = [];
const sockets: net.Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A server on the loopback address that does with each connection what the test says; gives a URL for it. */
async function serve(onConnection: (socket: net.Socket) => void): Promise<string> {
  const server = net.createServer(socket => {
    sockets.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `mysql://app:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}/shop`;
}

const options = { connectTimeoutMs: 300, statementTimeoutMs: 300 };

it('gives up on a server that accepts and never answers', async () => {
  const url = await serve(() => {});
  const started = performance.now();
  await expect(connectSql({ url, ...options })).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  expect(performance.now() - started).toBeLessThan(2_000);
});

it('gives up on one that greets and never answers again', async () => {
  const url = await serve(socket => socket.write(greeting(false)));
  await expect(connectSql({ url, ...options })).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
});

it.each([
  [1045, '28000', "Access denied for user 'app'", 'RequestRejectedError', 'user and password'],
  [1049, '42000', "Unknown database 'shop'", 'RequestRejectedError', 'statement'],
  [1040, '08004', 'Too many connections', 'ServiceUnavailableError', 'available'],
  [1053, '08S01', 'Server shutdown in progress', 'ServiceUnavailableError', 'available'],
])('tells %i (%s) as %s', async (code, state, message, name, nextStep) => {
  const url = await serve(socket => {
    socket.write(greeting(false));
    socket.once('data', () => socket.end(errorPacket(2, code, state, message)));
  });
  const failure = await connectSql({ url, ...options }).catch(error => error);
  expect(failure).toMatchObject({
    name,
    message: expect.stringContaining(message),
    nextStep: expect.stringContaining(nextStep),
  });
  expect(`${failure.message} ${failure.nextStep}`).not.toContain('hunter2');
});

it('tells what a server says instead of a greeting', async () => {
  const url = await serve(socket => socket.end(errorPacket(0, 1040, '08004', 'Too many connections')));
  await expect(connectSql({ url, ...options })).rejects.toThrow('Too many connections');
});

it('says nothing to a server without TLS but on the loopback address, and never gives its password away', async () => {
  const said: Buffer[] = [];
  const url = await serve(socket => {
    socket.write(greeting(false));
    socket.on('data', data => said.push(data));
  });
  const elsewhere = url.replace('127.0.0.1', '0.0.0.0');
  await expect(connectSql({ url: elsewhere, ...options })).rejects.toThrow(
    'does not support secure connection',
  );
  expect(said).toEqual([]);
});

it('takes no certificate that nobody vouches for', async () => {
  const url = await serve(socket => {
    socket.write(greeting(true));
    socket.on('data', data => {
      // SSLRequest is 32 bytes long; what follows is the ClientHello of TLS.
      if (data.length === 36) return;
      socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 40]));
    });
  });
  const elsewhere = url.replace('127.0.0.1', '0.0.0.0');
  await expect(connectSql({ url: elsewhere, ...options })).rejects.toMatchObject({
    name: 'ServiceUnavailableError',
  });
});
