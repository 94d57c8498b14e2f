import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer } from 'node:net';

export type Question = { name: string; type: number; recursionDesired: boolean };
export type TestRecord = { name?: string; type: number; ttl: number; data: Buffer };
export type TestReply = {
  code?: number;
  authoritative?: boolean;
  truncated?: boolean;
  answers?: TestRecord[];
  /** Sent before the real reply: what anybody could send to the port. */
  forged?: boolean;
};
export type Responder = { port: number; questions: Question[]; close(): Promise<void> };

/** `app.lifeboat.test` on the wire. */
export function wireName(name: string): Buffer {
  const labels = name
    .split('.')
    .map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

export const a = (address: string, ttl: number, name?: string): TestRecord => ({
  name,
  type: 1,
  ttl,
  data: Buffer.from(address.split('.').map(Number)),
});
export const cname = (target: string, ttl: number): TestRecord => ({ type: 5, ttl, data: wireName(target) });
export const ns = (host: string): TestRecord => ({ type: 2, ttl: 3600, data: wireName(host) });

/** A DNS server on the loopback, UDP and TCP on the same free port. No reply from `answer` is silence. */
export async function startResponder(
  answer: (
    question: Question,
    transport: 'udp' | 'tcp',
  ) => TestReply | undefined | Promise<TestReply | undefined>,
): Promise<Responder> {
  const questions: Question[] = [];
  const respond = async (query: Buffer, transport: 'udp' | 'tcp') => {
    const question = readQuestion(query);
    questions.push(question);
    const reply = await answer(question, transport);
    return reply && { reply, message: encode(query, reply) };
  };
  const tcp = createServer(socket => {
    socket.on('data', async data => {
      const message = (await respond(data.subarray(2), 'tcp'))?.message;
      if (!message) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      // In two pieces, as TCP may deliver it.
      socket.write(Buffer.concat([length, message.subarray(0, 5)]));
      setTimeout(() => socket.write(message.subarray(5)), 5);
    });
  });
  await new Promise<void>(resolve => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', async (query, from) => {
    const made = await respond(query, 'udp');
    if (!made) return;
    if (made.reply.forged) {
      const forged = encode(query, { answers: [a('192.0.2.66', 1)] });
      forged.writeUInt16BE((query.readUInt16BE(0) + 1) & 0xffff, 0);
      udp.send(forged, from.port, from.address);
    }
    udp.send(made.message, from.port, from.address);
  });
  await new Promise<void>(resolve => udp.bind(port, '127.0.0.1', resolve));
  return {
    port,
    questions,
    async close() {
      tcp.close();
      await new Promise<void>(resolve => udp.close(resolve));
    },
  };
}

function readQuestion(query: Buffer): Question {
  const labels: string[] = [];
  let offset = 12;
  for (let length = query.readUInt8(offset); length > 0; length = query.readUInt8(offset)) {
    labels.push(query.toString('ascii', offset + 1, offset + 1 + length));
    offset += 1 + length;
  }
  return {
    name: labels.join('.'),
    type: query.readUInt16BE(offset + 1),
    recursionDesired: (query.readUInt16BE(2) & 0x0100) !== 0,
  };
}

function encode(query: Buffer, reply: TestReply): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  const flags =
    0x8000 | (reply.authoritative ? 0x0400 : 0) | (reply.truncated ? 0x0200 : 0) | (reply.code ?? 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(reply.answers?.length ?? 0, 6);
  const records = (reply.answers ?? []).map(record => {
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(record.type, 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt32BE(record.ttl, 4);
    fixed.writeUInt16BE(record.data.length, 8);
    // 0xc00c points to the name of the question.
    const name = record.name ? wireName(record.name) : Buffer.from([0xc0, 0x0c]);
    return Buffer.concat([name, fixed, record.data]);
  });
  return Buffer.concat([header, query.subarray(12), ...records]);
}
