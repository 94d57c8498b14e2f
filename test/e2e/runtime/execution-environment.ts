import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { ricEntry } from '../servers/lambda-ric.ts';
import { credentials } from '../servers/python.ts';

/** What a call of a function gave: what it returned, or Lambda's form of an error. */
export type Outcome =
  | { kind: 'returned'; payload: unknown; ms: number }
  | { kind: 'failed'; errorType: string; errorMessage: string; trace: string[]; ms: number }
  | { kind: 'timed-out' };

/**
 * One execution environment, as Lambda makes them: a process that runs the real runtime interface client with the
 * unpacked zip, and the Runtime API that it asks for events. Source: Lambda developer guide, "Using the Lambda runtime API".
 */
export type Environment = {
  /** Milliseconds from the start of the process until it asked for its first event. */
  initMs: number;
  pid: number;
  /** How often it has asked for an event; one more than it has answered. */
  asked(): number;
  /** One call. At the time limit the process is killed, as Lambda does. */
  invoke(event: unknown, limitMs?: number): Promise<Outcome>;
  stop(): Promise<void>;
};

type Waiting = { response: http.ServerResponse };

export async function startEnvironment(
  folder: string,
  handler: string,
  variables: Record<string, string>,
): Promise<Environment> {
  let asked = 0;
  let waiting: Waiting | undefined;
  let onAsk = () => {};
  let onReply: ((outcome: Outcome) => void) | undefined;
  let sentAt = 0;
  const server = http.createServer(async (request, response) => {
    const { url = '' } = request;
    if (url.endsWith('/invocation/next')) {
      asked += 1;
      waiting = { response };
      return onAsk();
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const ms = performance.now() - sentAt;
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    const body = text === '' ? undefined : JSON.parse(text);
    if (url.endsWith('/response')) onReply?.({ kind: 'returned', payload: body, ms });
    else if (url.endsWith('/error')) {
      const { errorType = '', errorMessage = '', trace = [] } = body;
      onReply?.({ kind: 'failed', errorType, errorMessage, trace, ms });
    }
  });
  // The client keeps its request for the next event open for as long as it is idle.
  server.requestTimeout = 0;
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const startedAt = performance.now();
  const child = spawn(process.execPath, [ricEntry, handler], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      ...credentials,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      AWS_LAMBDA_FUNCTION_NAME: handler,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${handler}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'e2e',
      AWS_REGION: 'ap-southeast-4',
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: handler,
      ...variables,
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      log += text;
    });
  const stop = () => end(child, server);
  await new Promise<void>((resolve, reject) => {
    onAsk = resolve;
    child.once('exit', code => reject(new Error(`${handler} ended with ${code} while it started:\n${log}`)));
    onReply = outcome => reject(new Error(`${handler} failed to start: ${JSON.stringify(outcome)}`));
  });
  const initMs = performance.now() - startedAt;
  child.once('exit', () => {
    onReply?.({ kind: 'failed', errorType: 'Runtime.ExitError', errorMessage: log, trace: [], ms: 0 });
  });
  return {
    initMs,
    pid: child.pid ?? 0,
    asked: () => asked,
    async invoke(event, limitMs = 30_000) {
      while (!waiting) await new Promise(resolve => setTimeout(resolve, 5));
      const { response } = waiting;
      waiting = undefined;
      sentAt = performance.now();
      const outcome = new Promise<Outcome>(resolve => {
        const late = setTimeout(() => {
          resolve({ kind: 'timed-out' });
          child.kill('SIGKILL');
        }, limitMs);
        onReply = said => {
          clearTimeout(late);
          resolve(said);
        };
      });
      const body = JSON.stringify(event);
      // The client is written in C++ and reads no chunks.
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'lambda-runtime-aws-request-id': crypto.randomUUID(),
        'lambda-runtime-deadline-ms': String(Date.now() + limitMs),
        'lambda-runtime-invoked-function-arn': `arn:aws:lambda:ap-southeast-4:123456789012:function:${handler}`,
        'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Sampled=0',
      });
      response.end(body);
      return outcome;
    },
    stop,
  };
}

async function end(child: ChildProcess, server: http.Server): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
}

/** Seconds of processor time that a process has used so far. Source: proc(5), fields 14 and 15, in ticks of 10 ms. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
