import { WebSocket } from 'ws';
import { ServiceUnavailableError } from '../errors.ts';
import { judgeAnswer } from '../kubernetes/answer.ts';
import { createExecReader, execPath, execProtocols, stdinMessages } from '../kubernetes/exec.ts';
import type {
  Clock,
  KubernetesAccess,
  KubernetesExec,
  KubernetesExecRequest,
  KubernetesExecResult,
} from '../ports.ts';
import type { AwsClients } from './clients.ts';
import { type Connection, createConnections } from './kubernetes-connection.ts';

const handshakeTimeoutMs = 10_000;

/**
 * Makes the transport for commands in pods: one WebSocket a command, without a terminal. Throws RequestRejectedError
 * when the cluster says no, and ServiceUnavailableError when the connection ends or the time is up before the status
 * has come: then nobody knows whether the command ran to its end.
 */
export function createKubernetesExec(options: { aws: AwsClients; clock: Clock }): KubernetesExec {
  const { connect, bearer } = createConnections(options.aws, options.clock);
  return async (access, request) => {
    const connection = await connect(access);
    return runCommand(connection, await bearer(connection, access), access, request);
  };
}

function runCommand(
  { endpoint, ca }: Connection,
  token: string,
  access: KubernetesAccess,
  request: KubernetesExecRequest,
): Promise<KubernetesExecResult> {
  const path = execPath(request);
  const reader = createExecReader();
  const url = new URL(path, endpoint);
  url.protocol = 'wss:';
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [...execProtocols], {
      ca,
      handshakeTimeout: handshakeTimeoutMs,
      perMessageDeflate: false,
      headers: { authorization: `Bearer ${token}`, 'user-agent': 'lifeboat' },
    });
    const timer = setTimeout(() => {
      reject(unknownEnd(access, request, `no end within ${request.timeoutMs / 1000} s`));
      socket.terminate();
    }, request.timeoutMs);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    socket.on('open', () => {
      if (request.stdin === undefined) return;
      for (const message of stdinMessages(request.stdin, socket.protocol)) socket.send(message);
    });
    socket.on('message', data => reader.take(asBuffer(data)));
    socket.on('unexpected-response', (_sent, response) => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('end', () =>
        settle(() => reject(refusal(response.statusCode ?? 0, Buffer.concat(chunks), access, path))),
      );
      response.on('error', error => settle(() => reject(unknownEnd(access, request, error.message))));
    });
    socket.on('error', error => settle(() => reject(unknownEnd(access, request, error.message))));
    socket.on('close', () =>
      settle(() => {
        try {
          const result = reader.result();
          if (result) resolve(result);
          else reject(unknownEnd(access, request, 'the connection ended before the command did'));
        } catch (error) {
          reject(error);
        }
      }),
    );
  });
}

function asBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** What an answer without a WebSocket means, in the words of every other request. */
function refusal(status: number, body: Buffer, access: KubernetesAccess, path: string): unknown {
  // The command may hold a value that is nobody's business; the path without its query says enough.
  const request = { method: 'GET' as const, path: path.split('?')[0] ?? path };
  try {
    judgeAnswer({ status, text: body.toString('utf8') }, access, request);
  } catch (error) {
    return error;
  }
  return new ServiceUnavailableError(
    `${request.path} on cluster ${access.cluster} was answered with ${status} and no connection`,
    { nextStep: 'Look whether the pod still runs, and whether a proxy stands before the cluster.' },
  );
}

function unknownEnd(
  { cluster, region }: KubernetesAccess,
  { namespace, pod }: KubernetesExecRequest,
  why: string,
): ServiceUnavailableError {
  return new ServiceUnavailableError(
    `The command in pod ${namespace}/${pod} of cluster ${cluster} in ${region} has no known end: ${why}`,
    { nextStep: 'Look in the pod whether it ran; what takes longer belongs into a Job (k8s.run).' },
  );
}
