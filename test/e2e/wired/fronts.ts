import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import type { SelfSigned } from '../../support/self-signed.ts';

export type Front = { port: number; stop(): Promise<void> };

async function listen(server: net.Server): Promise<Front> {
  const sockets = new Set<net.Socket>();
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** What a PostgreSQL client sends before it speaks TLS: its length, 8, and a number. Source: protocol, SSLRequest. */
const sslRequestBytes = 8;

/**
 * A PostgreSQL server that speaks TLS, in front of one that does not, as RDS is; `portOf` says which, by the name that a
 * client asks for. While `open` says no, it lets a client connect and says nothing more, as a database does whose host
 * has gone.
 */
export function startPostgresFront(
  portOf: (name: string) => number,
  { key, cert }: SelfSigned,
  open: () => boolean = () => true,
): Promise<Front> {
  const server = net.createServer(socket => {
    if (!open()) return;
    socket.once('readable', () => {
      if (socket.read(sslRequestBytes) === null) return void socket.destroy();
      socket.write('S');
      // Told the name that was asked for before the handshake ends; a connection behind is made after it.
      let name = '';
      const secure = new tls.TLSSocket(socket, {
        isServer: true,
        key,
        cert,
        SNICallback(asked, take) {
          name = asked;
          take(null, tls.createSecureContext({ key, cert }));
        },
      });
      secure.on('error', () => socket.destroy());
      secure.once('secure', () => {
        const behind = net.connect(portOf(name), '127.0.0.1');
        secure.on('error', () => behind.destroy()).pipe(behind);
        behind.on('error', () => secure.destroy()).pipe(secure);
      });
    });
  });
  return listen(server);
}

/** A server that speaks TLS, in front of one that does not. */
export function startTlsFront(port: number, { key, cert }: SelfSigned): Promise<Front> {
  const server = tls.createServer({ key, cert }, secure => {
    const behind = net.connect(port, '127.0.0.1');
    secure.on('error', () => behind.destroy()).pipe(behind);
    behind.on('error', () => secure.destroy()).pipe(secure);
  });
  return listen(server);
}

/** Where a name leads that can move: to the port that `portOf` says at that moment, or to nobody. */
export function startSwitch(portOf: () => Promise<number | undefined>): Promise<Front> {
  const server = net.createServer(async socket => {
    const port = await portOf().catch(() => undefined);
    if (port === undefined) return void socket.destroy();
    const behind = net.connect(port, '127.0.0.1');
    socket.on('error', () => behind.destroy()).pipe(behind);
    behind.on('error', () => socket.destroy()).pipe(socket);
  });
  return listen(server);
}

export type Asked = {
  host: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
};
export type Answer = { status: number; headers?: Record<string, string>; body: string };

/** One HTTPS server for many names; `answer` is told which. */
export function startHttpsFront(
  { key, cert }: SelfSigned,
  answer: (asked: Asked) => Promise<Answer>,
): Promise<Front> {
  const server = https.createServer({ key, cert }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const { host = '' } = headers;
    const { method = 'GET', url: path = '/' } = request;
    const body = Buffer.concat(chunks).toString('utf8');
    const said = await answer({ host, method, path, headers, body }).catch(error => ({
      status: 502,
      headers: {},
      body: String(error),
    }));
    response.writeHead(said.status, said.headers).end(said.body);
  });
  return listen(server);
}
