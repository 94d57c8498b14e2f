/** Reads a stream by exact lengths, holding no more of it than what is asked for and one chunk. */
export type ByteReader = {
  /** The next `length` bytes; fewer only where the stream ends. */
  read(length: number): Promise<Buffer>;
  /** The same without taking them. */
  peek(length: number): Promise<Buffer>;
  /** Everything that is left, or the next `length` bytes, as it comes. */
  take(length?: number): AsyncGenerator<Buffer>;
  /** Bytes taken so far. */
  readonly offset: number;
};

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  let ended = false;

  async function more(): Promise<boolean> {
    if (ended) return false;
    const next = await chunks.next();
    if (next.done) {
      ended = true;
      return false;
    }
    const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    return true;
  }
  async function peek(length: number): Promise<Buffer> {
    while (rest.length < length && (await more()));
    return rest.subarray(0, length);
  }
  return {
    peek,
    async read(length) {
      const taken = await peek(length);
      rest = rest.subarray(taken.length);
      offset += taken.length;
      return taken;
    },
    async *take(length = Number.POSITIVE_INFINITY) {
      let left = length;
      while (left > 0 && (rest.length > 0 || (await more()))) {
        const taken = rest.subarray(0, Math.min(left, rest.length));
        rest = rest.subarray(taken.length);
        offset += taken.length;
        left -= taken.length;
        yield taken;
      }
    },
    get offset() {
      return offset;
    },
  };
}
