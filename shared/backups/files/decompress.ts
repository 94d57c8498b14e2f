import { type Duplex, pipeline, Readable } from 'node:stream';
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { FileProblem } from './problem.ts';

export type Compression = 'gzip' | 'zlib' | 'zstd';

/** Bigger pieces cost fewer turns of the event loop; three of them are under way at most. */
const chunkSize = 256 * 1024;

const makers = { gzip: () => createGunzip({ chunkSize }), zlib: () => createInflate({ chunkSize }) };

/**
 * Decompresses a stream, checking what the format has to check (gzip: CRC-32 and length, zlib: Adler-32). Throws a
 * FileProblem: `truncated` when it ends too early, `corrupt` when a check fails or something else follows its end.
 */
export function decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Buffer> {
  return compression === 'zstd' ? decompressZstd(source) : decompressZlib(source, compression);
}

async function* decompressZlib(
  source: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zlib',
): AsyncGenerator<Buffer> {
  let given = 0;
  let padding = true;
  const counted = async function* () {
    for await (const chunk of source) {
      given += chunk.length;
      if (isEnded()) padding &&= chunk.every(byte => byte === 0);
      yield chunk;
    }
  };
  const engine = makers[compression]();
  const isEnded = () => engine.readableEnded;
  const input = Readable.from(counted(), { objectMode: false });
  // The callback keeps an error of the source from being thrown where nobody listens; the loop below throws it.
  pipeline(input, engine, () => {});
  try {
    for await (const chunk of engine) yield chunk as Buffer;
  } catch (error) {
    throw translate(error, compression);
  }
  if (engine.bytesWritten < given && !padding) throw follows(given - engine.bytesWritten, compression);
}

const follows = (bytes: number, compression: Compression) =>
  new FileProblem('corrupt', `${bytes} bytes that are not ${compression} follow its end`);

/** Of a frame, and of one that is skipped (RFC 8878, sections 3.1.1 and 3.1.2), read as little-endian. */
const zstdMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const magicBytes = 4;

/**
 * A zstd file may be several frames, as `pzstd` and `cat a.zst b.zst` make it. Node's stream ends with the frame that
 * ends inside of a piece, so that each such frame gets a stream of its own.
 */
async function* decompressZstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const pieces = source[Symbol.asyncIterator]();
  let rest = await joinMagic(new Uint8Array(), pieces);
  while (rest.length > 0) {
    const engine = createZstdDecompress({ chunkSize });
    const behind = feedFrame(engine, rest, pieces);
    try {
      for await (const chunk of engine) yield chunk as Buffer;
    } catch (error) {
      throw translate(error, 'zstd');
    }
    rest = await joinMagic(await behind, pieces);
    if (!beginsFrame(rest)) return endOfZstd(rest, pieces);
  }
}

/** Gives the stream its frame and answers what of the last piece comes behind that. */
async function feedFrame(
  engine: Duplex & { bytesWritten: number },
  first: Uint8Array,
  pieces: AsyncIterator<Uint8Array>,
): Promise<Uint8Array> {
  let given = 0;
  try {
    for (let piece: Uint8Array | undefined = first; piece; piece = await nextOf(pieces)) {
      const failed = await new Promise(resolve => engine.write(piece, resolve));
      if (failed) break;
      given += piece.length;
      const behind = given - engine.bytesWritten;
      if (behind > 0) return piece.subarray(piece.length - behind);
    }
    engine.end();
  } catch (error) {
    engine.destroy(error instanceof Error ? error : new Error(String(error)));
  }
  return new Uint8Array();
}

async function nextOf(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const next = await pieces.next();
  return next.done ? undefined : next.value;
}

/** With what follows, so that there are enough bytes to tell a frame by, or all that there is. */
async function joinMagic(rest: Uint8Array, pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let joined = rest;
  while (joined.length < magicBytes) {
    const piece = await nextOf(pieces);
    if (!piece) break;
    joined = Buffer.concat([joined, piece]);
  }
  return joined;
}

function beginsFrame(bytes: Uint8Array): boolean {
  if (bytes.length < magicBytes) return false;
  const magic = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return magic === zstdMagic || (magic & 0xfffffff0) === skippableMagic;
}

/** Zeros up to the end are padding; anything else is not of this file. */
async function endOfZstd(rest: Uint8Array, pieces: AsyncIterator<Uint8Array>): Promise<void> {
  let bytes = 0;
  let padding = true;
  for (let piece: Uint8Array | undefined = rest; piece; piece = await nextOf(pieces)) {
    bytes += piece.length;
    padding &&= piece.every(byte => byte === 0);
  }
  if (!padding) throw follows(bytes, 'zstd');
}

function translate(error: unknown, compression: Compression): unknown {
  if (error instanceof FileProblem || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR' || /unexpected end|Src size is incorrect/i.test(error.message)) {
    return new FileProblem('truncated', `The ${compression} data ends before its end mark`);
  }
  if (code.startsWith('Z_') || code.startsWith('ZSTD_')) {
    return new FileProblem('corrupt', `The ${compression} data fails its own check: ${error.message}`);
  }
  return error;
}
