import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../shared/errors.ts';
import { askMongo } from '../../shared/network/mongo-hello.ts';
import { decodeHello } from '../../shared/network/mongo-message.ts';
import { makeSelfSigned } from '../support/self-signed.ts';

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', socket => sockets.push(socket));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};
const text = (value: string) => Buffer.from(`${value}\0`);
const element = (type: number, name: string, value: Buffer) =>
  Buffer.concat([Buffer.from([type]), text(name), value]);
const document = (...elements: Buffer[]) => {
  const body = Buffer.concat(elements);
  return Buffer.concat([int32(body.length + 5), body, Buffer.from([0])]);
};
const reply = (...elements: Buffer[]) => {
  const body = Buffer.concat([int32(8), Buffer.alloc(8), int32(0), int32(1), document(...elements)]);
  return Buffer.concat([int32(16 + body.length), int32(7), int32(1), int32(1), body]);
};
const bool = (name: string, value: boolean) => element(0x08, name, Buffer.from([value ? 1 : 0]));
const string = (name: string, value: string) =>
  element(0x02, name, Buffer.concat([int32(value.length + 1), text(value)]));

/** A member of a replica set, with a value of every type that a handshake may have before the one that matters. */
const member = (writes: boolean) =>
  reply(
    string('setName', 'rs0'),
    element(0x04, 'hosts', document(string('0', 'one:27017'), bool('ismaster', !writes))),
    element(0x03, 'topologyVersion', document(element(0x12, 'counter', Buffer.alloc(8)))),
    element(0x07, 'electionId', Buffer.alloc(12)),
    element(0x09, 'localTime', Buffer.alloc(8)),
    element(0x11, 'operationTime', Buffer.alloc(8)),
    element(0x05, 'hash', Buffer.concat([int32(3), Buffer.from([0, 1, 2, 3])])),
    element(0x0a, 'nothing', Buffer.alloc(0)),
    element(0x10, 'maxWireVersion', int32(13)),
    element(0x13, 'exact', Buffer.alloc(16)),
    bool('ismaster', writes),
    element(0x01, 'ok', Buffer.alloc(8)),
  );

/** Answers the handshake of a driver in two parts, and anything else not at all. */
function serve(answer: Buffer) {
  return (socket: Socket) => {
    socket.on('data', asked => {
      const isHello =
        asked.readInt32LE(0) === asked.length &&
        asked.readInt32LE(12) === 2004 &&
        asked.includes('admin.$cmd\0') &&
        asked.includes(Buffer.from('\x10isMaster\0\x01\0\0\0', 'latin1'));
      if (!isHello) return;
      socket.write(answer.subarray(0, 30));
      setTimeout(() => socket.write(answer.subarray(30)), 5);
    });
  };
}
const ask = (port: number, tls = false) => askMongo({ host: '127.0.0.1', port, tls, timeoutMs: 500 });

describe('askMongo', () => {
  it.each([true, false])('hears whether the server takes writes: %s', async writes => {
    expect(await ask(await listen(createServer(serve(member(writes)))))).toEqual({ writes });
  });

  it('knows the newer word for it, and that a server need not say it', async () => {
    const newer = await listen(createServer(serve(reply(bool('isWritablePrimary', true)))));
    expect(await ask(newer)).toEqual({ writes: true });
    expect(await ask(await listen(createServer(serve(reply(bool('helloOk', true))))))).toEqual({
      writes: undefined,
    });
  });

  it('tells a certificate that is not accepted', async () => {
    const { key, cert } = makeSelfSigned();
    const port = await listen(createTlsServer({ key, cert }, serve(member(true))));
    expect(await ask(port, true)).toEqual({
      writes: true,
      certificateProblem: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  it.each([
    { what: 'silence', server: () => createServer(() => {}), why: 'nothing within 500 ms' },
    {
      what: 'a closed connection',
      server: () => createServer(socket => socket.end()),
      why: 'it closed the connection',
    },
    {
      what: 'another protocol',
      server: () => createServer(socket => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
      why: 'it is not what MongoDB sends',
    },
    {
      what: 'a reply of another sort',
      server: () =>
        createServer(serve(Buffer.concat([int32(40), int32(7), int32(1), int32(2013), Buffer.alloc(24)]))),
      why: 'it is no reply of MongoDB',
    },
    {
      what: 'a reply that is cut short inside',
      server: () => createServer(serve(reply(element(0x02, 'setName', int32(9_000)), bool('ok', true)))),
      why: 'did not answer as MongoDB',
    },
    {
      what: 'a value that nobody knows',
      server: () => createServer(serve(reply(element(0x0d, 'code', text('x')), bool('ismaster', true)))),
      why: 'a value of type 13 is not expected',
    },
  ])('takes $what for no answer', async ({ server, why }) => {
    const asked = ask(await listen(server()));
    await expect(asked).rejects.toThrow(ServiceUnavailableError);
    await expect(asked).rejects.toThrow(why);
  });

  it('takes a port where nobody listens for no answer', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise(resolve => server.close(resolve));
    await expect(ask(port)).rejects.toThrow('ECONNREFUSED');
  });

  it('believes nothing of a message that ends too early', () => {
    expect(() => decodeHello(member(true).subarray(0, 60))).toThrow(RangeError);
  });
});
