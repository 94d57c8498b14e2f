import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { ServiceUnavailableError } from '../errors.ts';
import type { TlsResult, TlsTarget } from '../ports.ts';

/**
 * The real form of `Network.tls`: one handshake, judged by node:tls against the system's authorities and the name
 * that was asked for. A certificate that is not accepted is a result, not an error; only silence or a refused
 * connection rejects, with ServiceUnavailableError.
 */
export function inspectTls(target: TlsTarget): Promise<TlsResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: target.host,
      port: target.port,
      // SNI carries host names only; without it node:tls checks the certificate against `host`.
      servername: isIP(target.serverName) ? '' : target.serverName,
      // The handshake must end for the certificate to be seen at all; `authorized` says what node:tls made of it.
      rejectUnauthorized: false,
    });
    const fail = (why: string, cause?: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(
        new ServiceUnavailableError(
          `No TLS handshake with ${target.host}:${target.port} for ${target.serverName}: ${why}`,
          {
            nextStep:
              'Check that the load balancer listens on this port and that its listener has a certificate.',
            cause,
          },
        ),
      );
    };
    const timer = setTimeout(() => fail(`nothing within ${target.timeoutMs} ms`), target.timeoutMs);
    socket.once('error', error => fail(error.message, error));
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      const result = judge(socket);
      socket.destroy();
      resolve(result);
    });
  });
}

function judge(socket: TLSSocket): TlsResult {
  const certificate = socket.getPeerCertificate();
  const problem: unknown = socket.authorizationError;
  return {
    authorized: socket.authorized,
    // Typed as Error, but node:tls sets the code as a string (node:tls, onConnectSecure).
    ...(problem ? { authorizationError: problem instanceof Error ? problem.message : String(problem) } : {}),
    subject: [certificate.subject?.CN ?? ''].flat().join(', '),
    validTo: new Date(certificate.valid_to).toISOString(),
  };
}
