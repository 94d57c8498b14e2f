import type { ByteReader } from './byte-reader.ts';
import { FileProblem } from './problem.ts';

/** One file in a tar; `data` must be read to its end before the next one comes. */
export type TarMember = { name: string; size: number; data: AsyncGenerator<Buffer> };

const block = 512;

/**
 * The files of a tar (ustar, GNU or pax), one after the other. Throws a FileProblem: `truncated` when it ends inside a
 * member or without the zero blocks that mark its end, `corrupt` when a header's checksum is wrong.
 */
export async function* readTar(reader: ByteReader): AsyncGenerator<TarMember> {
  let longName: string | undefined;
  let longSize: number | undefined;
  for (;;) {
    const header = await reader.read(block);
    if (header.length < block) {
      throw new FileProblem('truncated', `The tar ends at byte ${reader.offset} without its end mark`);
    }
    if (header.every(byte => byte === 0)) return checkEnd(reader);
    checkSum(header, reader.offset - block);
    const type = String.fromCharCode(header[156] || 48);
    const size = longSize ?? numberAt(header, 124, 12);
    if (type === 'x' || type === 'L') {
      const text = (await collect(members(reader, size, 'an extended header'))).toString('utf8');
      if (type === 'L') longName = text.replace(/\0.*$/s, '');
      else ({ name: longName = longName, size: longSize } = paxOf(text));
      continue;
    }
    const name = longName ?? nameOf(header);
    longName = undefined;
    longSize = undefined;
    const data = members(reader, size, name);
    if (type === '0' || type === '7') yield { name, size, data };
    for await (const _ of data);
  }
}

/** The end mark is two blocks of zeros; tar fills up with more of them. */
async function checkEnd(reader: ByteReader): Promise<void> {
  const second = await reader.read(block);
  if (second.some(byte => byte !== 0)) throw behindEnd(reader.offset - second.length);
  for await (const chunk of reader.take()) {
    if (chunk.some(byte => byte !== 0)) throw behindEnd(reader.offset - chunk.length);
  }
  if (second.length < block || reader.offset % block !== 0) {
    throw new FileProblem('truncated', `The tar ends at byte ${reader.offset}, inside its end mark`);
  }
}

const behindEnd = (at: number) =>
  new FileProblem('corrupt', `Behind the end mark of the tar something else follows at byte ${at}`);

/** The bytes of a member and the padding after it. */
async function* members(reader: ByteReader, size: number, name: string): AsyncGenerator<Buffer> {
  const start = reader.offset;
  try {
    yield* reader.take(size);
  } finally {
    // A consumer that stopped early leaves the rest for here.
    for await (const _ of reader.take(start + size - reader.offset));
    const padding = (block - (size % block)) % block;
    const found = (await reader.read(padding)).length;
    if (reader.offset - start < size + padding || found < padding) {
      // biome-ignore lint/correctness/noUnsafeFinally: a cut-off tar is what has to be told, whatever the reader thought.
      throw new FileProblem('truncated', `The tar ends inside ${name}`);
    }
  }
}

export async function collect(data: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of data) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function checkSum(header: Buffer, at: number): void {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  if (sum !== numberAt(header, 148, 8)) {
    throw new FileProblem('corrupt', `The header of the tar at byte ${at} fails its checksum`);
  }
}

function nameOf(header: Buffer): string {
  const text = (from: number, length: number) =>
    header
      .subarray(from, from + length)
      .toString('utf8')
      .replace(/\0.*$/s, '');
  const prefix = header.subarray(257, 262).toString('latin1') === 'ustar' ? text(345, 155) : '';
  return prefix && header[262] === 0 ? `${prefix}/${text(0, 100)}` : text(0, 100);
}

/** Octal digits, or (GNU, for more than 8 GB) a binary number marked by its highest bit. */
function numberAt(header: Buffer, from: number, length: number): number {
  const field = header.subarray(from, from + length);
  if ((field[0] ?? 0) & 0x80) return field.readUIntBE(length - 6, 6);
  return Number.parseInt(field.toString('latin1').replace(/[\0 ].*$/s, '') || '0', 8);
}

function paxOf(text: string): { name?: string; size?: number } {
  const found: { name?: string; size?: number } = {};
  for (const [, key, value] of text.matchAll(/\d+ ([^=\n]+)=([^\n]*)\n/g)) {
    if (key === 'path') found.name = value;
    if (key === 'size') found.size = Number(value);
  }
  return found;
}
