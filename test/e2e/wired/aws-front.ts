import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { collect, type Heard, hear } from '../contract/wire.ts';

/** A request as it was heard, with the emulator's answer to it on demand. */
export type Asked = Heard & { ask(): Promise<string> };

/**
 * What the suite does in an emulator's place, by `service.Operation`: returns the answer. It may ask the emulator first,
 * and complete what that says.
 */
export type Plays = Record<string, (asked: Asked) => Promise<string>>;

export type AwsFront = {
  url: string;
  /** `service.Operation` of all that was asked of a region, in its order. */
  askedOf(region: string): string[];
  /** What AWS's own models do not know or do not allow. */
  strangers(): string[];
  /** A region that is lost answers nothing from then on. */
  lose(region: string): void;
  /** Ids that AWS gives, as the plan names them, and the ones that an emulator gave to the same things. */
  rename(asPlanned: string, asMade: string): void;
  play(plays: Plays): void;
  stop(): Promise<void>;
};

/**
 * Stands between the functions and the emulators. Holds every request against AWS's model, silences a region that is
 * lost, translates ids that nobody can choose, and plays what an emulator lacks; all else is the emulator's own answer.
 * `emulatorOf` says who serves a service.
 */
export async function startAwsFront(emulatorOf: (service: string) => string): Promise<AwsFront> {
  const heard: Heard[] = [];
  const lost = new Set<string>();
  const names: [asPlanned: string, asMade: string][] = [];
  let plays: Plays = {};
  const server = createServer((incoming, outgoing) => {
    void collect(incoming).then(body => serve(incoming, outgoing, body));
  });

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): Promise<void> {
    const request = hear(incoming, body);
    heard.push(request);
    if (lost.has(request.region)) return void incoming.socket.destroy();
    try {
      const onward = () => translated(request.service, incoming, body);
      const played = plays[nameOf(request)];
      if (!played) return answer(outgoing, await onward());
      const ask = async () => {
        const reply = await onward();
        if (reply.status !== 200) throw new NotPlayed(reply);
        return reply.body.toString('utf8');
      };
      const text = await played({ ...request, ask });
      const headers = { 'content-type': text.startsWith('<') ? 'text/xml' : 'application/json' };
      answer(outgoing, { status: 200, headers, body: Buffer.from(text) });
    } catch (error) {
      if (error instanceof NotPlayed) answer(outgoing, error.reply);
      else outgoing.writeHead(502).end(String(error));
    }
  }

  /** Passes a request on with the ids that the emulator knows. Files hold none, and may be in any form. */
  async function translated(service: string, incoming: IncomingMessage, body: Buffer): Promise<Reply> {
    const emulator = emulatorOf(service);
    if (service === 's3' || names.length === 0) return passOn(emulator, incoming, body);
    const there = (text: string) =>
      names.reduce((all, [planned, made]) => all.replaceAll(planned, made), text);
    const back = (text: string) =>
      names.reduce((all, [planned, made]) => all.replaceAll(made, planned), text);
    incoming.url = there(incoming.url ?? '/');
    const reply = await passOn(emulator, incoming, Buffer.from(there(body.toString('utf8'))));
    return { ...reply, body: Buffer.from(back(reply.body.toString('utf8'))) };
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    askedOf: region => heard.filter(one => one.region === region).map(nameOf),
    strangers: () => heard.flatMap(({ problems }) => problems),
    lose: region => void lost.add(region),
    rename: (asPlanned, asMade) => void names.push([asPlanned, asMade]),
    play(more) {
      plays = { ...plays, ...more };
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const nameOf = ({ service, operation }: Heard) => `${service}.${operation}`;

type Reply = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** The emulator refused what was to be completed; its answer is handed on as it is. */
class NotPlayed extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(`answered ${reply.status}`);
    this.reply = reply;
  }
}

function passOn(
  emulator: string,
  { method, url = '/', headers: { host: _, ...headers } }: IncomingMessage,
  body: Buffer,
): Promise<Reply> {
  const length = body.length > 0 && { 'content-length': String(body.length) };
  return new Promise((resolve, reject) => {
    const onward = send(new URL(url, emulator), { method, headers: { ...headers, ...length } }, reply => {
      collect(reply).then(
        said => resolve({ status: reply.statusCode ?? 502, headers: reply.headers, body: said }),
        reject,
      );
    });
    onward.on('error', reject).end(body);
  });
}

function answer(outgoing: ServerResponse, { status, headers, body }: Reply): void {
  const { 'transfer-encoding': _, ...kept } = headers;
  const length = body.length > 0 && { 'content-length': String(body.length) };
  outgoing.writeHead(status, { ...kept, ...length }).end(body);
}
