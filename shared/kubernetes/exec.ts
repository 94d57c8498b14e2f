import * as z from 'zod';
import { ServiceUnavailableError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { KubernetesExecRequest, KubernetesExecResult } from '../ports.ts';

/**
 * The exec sub-resource over WebSocket. Each message begins with one byte that says which stream it belongs to; how
 * the command ended comes as a Status object on a stream of its own. v5 adds a way to close standard input.
 * Source: k8s.io/apimachinery/pkg/util/remotecommand/constants.go.
 */
export const execProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

const streams = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;

/** Output is kept in memory and in the report's bucket: a command with more to say writes it to a file of its own. */
export const mostExecBytes = 256 * 1024;

/** Path with query of a command in a container. */
export function execPath({ namespace, pod, container, command, stdin }: KubernetesExecRequest): string {
  const query = new URLSearchParams({ container, stdout: 'true', stderr: 'true', tty: 'false' });
  if (stdin !== undefined) query.set('stdin', 'true');
  for (const part of command) query.append('command', part);
  const segments = [namespace, pod].map(encodeURIComponent);
  return `/api/v1/namespaces/${segments[0]}/pods/${segments[1]}/exec?${query}`;
}

/** Messages that hand over standard input and, where the protocol can, end it. */
export function stdinMessages(text: string, protocol: string): Buffer[] {
  const messages = [Buffer.concat([Buffer.from([streams.stdin]), Buffer.from(text)])];
  if (protocol === execProtocols[0]) messages.push(Buffer.from([streams.close, streams.stdin]));
  return messages;
}

const exitCause = z.object({ reason: z.literal('ExitCode'), message: z.coerce.number().int() });
const statusSchema = z.object({
  status: z.enum(['Success', 'Failure']),
  message: z.string().default(''),
  reason: z.string().default(''),
  details: z.object({ causes: z.array(z.unknown()).default([]) }).prefault({}),
});

/** Collects the messages of a command; `result` is there once its status has come. */
export function createExecReader() {
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let bytes = 0;
  let truncated = false;
  let statusText = '';

  const keep = (chunks: Buffer[], data: Buffer) => {
    const room = Math.max(0, mostExecBytes - bytes);
    if (data.length > room) truncated = true;
    bytes += Math.min(room, data.length);
    chunks.push(data.subarray(0, room));
  };

  return {
    take(message: Buffer): void {
      const data = message.subarray(1);
      if (message[0] === streams.stdout) keep(output.stdout, data);
      else if (message[0] === streams.stderr) keep(output.stderr, data);
      else if (message[0] === streams.status) statusText += data.toString('utf8');
    },
    /** Undefined while the status has not come: then nobody knows how the command ended. */
    result(): KubernetesExecResult | undefined {
      if (statusText === '') return undefined;
      const [stdout, stderr] = [output.stdout, output.stderr].map(chunks =>
        Buffer.concat(chunks).toString('utf8'),
      ) as [string, string];
      return { exitCode: exitCodeOf(statusText), stdout, stderr, truncated };
    },
  };
}

/** The exit code, from the status channel alone: what a command printed says nothing about how it ended. */
function exitCodeOf(statusText: string): number {
  const parsed = statusSchema.safeParse(parseJson(statusText));
  if (!parsed.success) throw failure(`a status that can't be read (${statusText.slice(0, 200)})`);
  const { status, message, details } = parsed.data;
  if (status === 'Success') return 0;
  for (const cause of details.causes) {
    const exit = exitCause.safeParse(cause);
    if (exit.success) return exit.data.message;
  }
  throw failure(message || 'a failure without an exit code');
}

function failure(why: string): ServiceUnavailableError {
  return new ServiceUnavailableError(`The command in the pod ended with ${why}`, {
    nextStep: 'Look whether the pod still runs and whether its image has the program; then retry.',
  });
}
