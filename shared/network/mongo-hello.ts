import { connect as connectPlainly, isIP, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { ServiceUnavailableError } from '../errors.ts';
import type { MongoHello, MongoTarget } from '../ports.ts';
import { decodeHello, encodeHello, messageLength } from './mongo-message.ts';

/**
 * The real form of `Network.mongo`: one connection, one handshake, nobody logs in. A certificate that is not accepted is
 * told and no error, as with `inspectTls`; silence, a refused connection and an answer that is not MongoDB's reject.
 */
export function askMongo(target: MongoTarget): Promise<MongoHello> {
  return new Promise((resolve, reject) => {
    const socket = open(target);
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
    };
    const fail = (why: string, cause?: Error) => {
      end();
      reject(
        new ServiceUnavailableError(`${target.host}:${target.port} did not answer as MongoDB: ${why}`, {
          nextStep: 'Check host, port and TLS of the cluster, and that a network leads there from here.',
          cause,
        }),
      );
    };
    const timer = setTimeout(() => fail(`nothing within ${target.timeoutMs} ms`), target.timeoutMs);
    let received = Buffer.alloc(0);
    socket.once('error', error => fail(error.message, error));
    socket.once('close', () => fail('it closed the connection'));
    socket.once(target.tls ? 'secureConnect' : 'connect', () => socket.write(encodeHello(1)));
    socket.on('data', part => {
      received = Buffer.concat([received, part]);
      try {
        const length = messageLength(received);
        if (length === undefined || received.length < length) return;
        const writes = decodeHello(received.subarray(0, length));
        const problem = target.tls ? problemOf(socket as TLSSocket) : undefined;
        end();
        resolve({ writes, ...(problem && { certificateProblem: problem }) });
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error));
      }
    });
  });
}

function open({ host, port, tls }: MongoTarget): Socket {
  if (!tls) return connectPlainly({ host, port });
  return connect({ host, port, servername: isIP(host) ? '' : host, rejectUnauthorized: false });
}

function problemOf(socket: TLSSocket): string | undefined {
  const problem: unknown = socket.authorizationError;
  if (!problem) return undefined;
  // Typed as Error, but node:tls sets the code as a string (node:tls, onConnectSecure).
  return problem instanceof Error ? problem.message : String(problem);
}
