import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { modelOf } from './aws-model.ts';
import { checkShape } from './check-shape.ts';
import { understand, type WireRequest } from './wire-input.ts';

export type Heard = {
  service: string;
  region: string;
  operation: string;
  /** What the request says, by the model; undefined where nobody could read it. */
  input?: unknown;
  problems: string[];
};
export type Wire = {
  url: string;
  /** Operations that were heard since the start, each once, as `service.Operation`. */
  heard(): string[];
  /** What AWS's models do not know or do not allow, since the last question. */
  strangers(): string[];
  /** From now on these calls are answered here, by `service.Operation` or `*`, since the emulator lacks them. */
  fill(answers: Record<string, string>): void;
  /** From now on this is told of each operation before it goes on, and waited for. */
  listen(hears: (name: string) => unknown): void;
  stop(): Promise<void>;
};

/**
 * Listens between Lifeboat and an emulator: passes everything on, and holds each request against AWS's own model of the
 * service.
 */
export async function startWire(emulator: string): Promise<Wire> {
  let fills: Record<string, string> = {};
  let tell: (name: string) => unknown = () => {};
  const known = new Set<string>();
  let problems: string[] = [];
  const server = createServer((incoming, outgoing) => {
    void collect(incoming).then(async body => {
      const heard = hear(incoming, body);
      const name = `${heard.service}.${heard.operation}`;
      known.add(name);
      await tell(name);
      problems.push(...heard.problems);
      const filled = fills[name] ?? fills['*'];
      if (filled !== undefined) reply(outgoing, 200, filled);
      else passOn(emulator, incoming, body, outgoing);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port was given');
  return {
    url: `http://127.0.0.1:${address.port}`,
    heard: () => [...known].sort(),
    strangers() {
      const seen = problems;
      problems = [];
      return seen;
    },
    fill(answers) {
      fills = answers;
    },
    listen(hears) {
      tell = hears;
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a request asks of AWS, held against AWS's own model of the service that it was signed for. */
export function hear(incoming: IncomingMessage, body: Buffer): Heard {
  const url = new URL(incoming.url ?? '/', 'http://wire');
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
  );
  const scope = /Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '');
  const [, region = '', service] = scope ?? [];
  if (service === undefined) return { service: 'unsigned', region, operation: url.pathname, problems: [] };
  const request: WireRequest = {
    method: incoming.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers,
    body,
  };
  const stranger = (problem: string): Heard => ({ service, region, operation: '?', problems: [problem] });
  try {
    const model = modelOf(service);
    const understood = understand(model, request);
    if ('stranger' in understood) return stranger(`${service}: ${understood.stranger}`);
    const { operation, input } = understood;
    const name = `${service}.${operation.name}`;
    const problems = operation.input ? checkShape(model, operation.input.shape, input, name) : [];
    return { service, region, operation: operation.name, input, problems };
  } catch (error) {
    return stranger(`${service} can't be read: ${String(error)}`);
  }
}

export async function collect(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function reply(outgoing: ServerResponse, status: number, body: string): void {
  outgoing.writeHead(status, { 'content-type': body.startsWith('<') ? 'text/xml' : 'application/json' });
  outgoing.end(body);
}

function passOn(emulator: string, incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): void {
  const { host: _host, ...headers } = incoming.headers;
  const onward = send(
    new URL(incoming.url ?? '/', emulator),
    { method: incoming.method, headers: { ...headers, 'content-length': String(body.length) } },
    answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    },
  );
  onward.on('error', error => reply(outgoing, 502, error.message));
  onward.end(body);
}
