import { pipeline, Readable } from 'node:stream';
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { FileProblem } from './problem.ts';

export type Compression = 'gzip' | 'zlib' | 'zstd';

/** Bigger pieces cost fewer turns of the event loop; three of them are under way at most. */
const chunkSize = 256 * 1024;

const makers = {
  gzip: () => createGunzip({ chunkSize }),
  zlib: () => createInflate({ chunkSize }),
  zstd: () => createZstdDecompress({ chunkSize }),
};

/**
 * Decompresses a stream, checking what the format has to check (gzip: CRC-32 and length, zlib: Adler-32). Throws a
 * FileProblem: `truncated` when it ends too early, `corrupt` when a check fails or something else follows its end.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
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
  if (engine.bytesWritten < given && padding) return;
  if (engine.bytesWritten < given) {
    throw new FileProblem(
      'corrupt',
      `${given - engine.bytesWritten} bytes that are not ${compression} follow its end`,
    );
  }
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
