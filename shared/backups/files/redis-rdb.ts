import type { ByteReader } from './byte-reader.ts';
import { crc64 } from './crc64.ts';
import { FileProblem } from './problem.ts';

/**
 * A dump of Redis or Valkey, read from its header to its checksum: after `rdbLoadRio` and `rdbLoadObject` of Redis's
 * src/rdb.c, versions 1 to 12 (Redis 2 to 8). Values are stepped over, not looked into.
 */
export type RedisFacts = { contentBytes: number; rdbVersion: number; keys: number; redisVersion?: string };

const oldest = 1;
const newest = 12;
/** Since version 5 the file ends with a CRC-64 of all before it; zeros where `rdbchecksum` is off. */
const checksumSince = 5;
const mostString = 2 ** 32;

const opcodes = {
  end: 0xff,
  selectDb: 0xfe,
  expireSeconds: 0xfd,
  expireMs: 0xfc,
  resizeDb: 0xfb,
  aux: 0xfa,
  freq: 0xf9,
  idle: 0xf8,
  moduleAux: 0xf7,
  function2: 0xf5,
  slotInfo: 0xf4,
} as const;

export async function checkRedis(source: ByteReader): Promise<RedisFacts> {
  const file = new RdbReader(source);
  const head = (await file.bytes(9)).toString('latin1');
  const rdbVersion = Number(/^REDIS(\d{4})$/.exec(head)?.[1]);
  if (!Number.isInteger(rdbVersion)) throw new FileProblem('wrong-format', 'The file has no Redis version');
  if (rdbVersion < oldest || rdbVersion > newest) {
    throw new FileProblem(
      'wrong-format',
      `The dump is of version ${rdbVersion}, and Lifeboat knows ${oldest} to ${newest}`,
    );
  }
  const facts: RedisFacts = { contentBytes: 0, rdbVersion, keys: 0 };
  while (await readPart(file, facts));
  if (rdbVersion >= checksumSince) await checkSum(file);
  facts.contentBytes = file.offset;
  if ((await source.peek(1)).length > 0) {
    throw new FileProblem(
      'corrupt',
      `Something else follows the end of the Redis dump at byte ${file.offset}`,
    );
  }
  if (facts.keys === 0) {
    throw new FileProblem(
      'empty',
      'The Redis dump is whole and has no key: the server was empty, or it was another one',
    );
  }
  return facts;
}

async function checkSum(file: RdbReader): Promise<void> {
  const computed = file.checksum;
  const written = (await file.bytes(8)).readBigUInt64LE();
  if (written !== 0n && written !== computed) {
    throw new FileProblem('corrupt', 'The Redis dump fails its own checksum (CRC-64)');
  }
}

/** One opcode or one key with its value; false at the end mark. */
async function readPart(file: RdbReader, facts: RedisFacts): Promise<boolean> {
  const type = await file.byte();
  switch (type) {
    case opcodes.end:
      return false;
    case opcodes.selectDb:
      await file.length();
      return true;
    case opcodes.expireSeconds:
      await file.skip(4);
      return true;
    case opcodes.expireMs:
      await file.skip(8);
      return true;
    case opcodes.resizeDb:
      await file.lengths(2);
      return true;
    case opcodes.slotInfo:
      await file.lengths(3);
      return true;
    case opcodes.freq:
      await file.skip(1);
      return true;
    case opcodes.idle:
      await file.length();
      return true;
    case opcodes.aux: {
      const name = await file.shortString();
      const value = await file.shortString();
      if (name === 'redis-ver') facts.redisVersion = value;
      return true;
    }
    case opcodes.moduleAux:
      await file.length();
      await readModule(file);
      return true;
    case opcodes.function2:
      await file.string();
      return true;
    default:
      await file.string();
      await readValue(file, type);
      facts.keys += 1;
      return true;
  }
}

/** The value of a key by its type (RDB_TYPE_* in rdb.h). */
async function readValue(file: RdbReader, type: number): Promise<void> {
  switch (type) {
    case 0: // a string
    case 9: // values that are one string: zipmap, ziplist, intset and listpack forms
    case 10:
    case 11:
    case 12:
    case 13:
    case 16:
    case 17:
    case 20:
      return file.string();
    case 1: // list, set, quicklist of ziplists
    case 2:
    case 14:
      return file.strings(await file.count());
    case 4: // hash
      return file.strings(2 * (await file.count()));
    case 3: // sorted set with scores as text, and as doubles
      return repeat(await file.count(), async () => {
        await file.string();
        await file.score();
      });
    case 5:
      return repeat(await file.count(), async () => {
        await file.string();
        await file.skip(8);
      });
    case 18: // quicklist of listpacks, each with its kind
      return repeat(await file.count(), async () => {
        await file.length();
        await file.string();
      });
    case 15: // streams
    case 19:
    case 21:
      return readStream(file, type);
    case 7:
      await file.length();
      return readModule(file);
    case 22: // hashes whose fields expire, with and without the nearest time
    case 24:
      if (type === 24) await file.skip(8);
      return repeat(await file.count(), async () => {
        await file.length();
        await file.strings(2);
      });
    case 23:
    case 25:
      if (type === 25) await file.skip(8);
      return file.string();
    default:
      throw new FileProblem(
        'corrupt',
        `There is no type ${type} of a Redis value, before byte ${file.offset}`,
      );
  }
}

async function readStream(file: RdbReader, type: number): Promise<void> {
  await file.strings(2 * (await file.count()));
  // Elements and the last id; since Redis 7 also the first and the largest deleted id, and entries ever added.
  await file.lengths(type === 15 ? 3 : 8);
  await repeat(await file.count(), async () => {
    await file.string();
    await file.lengths(type === 15 ? 2 : 3);
    // What is delivered and not confirmed: its id, when, and how often.
    await repeat(await file.count(), async () => {
      await file.skip(24);
      await file.length();
    });
    await repeat(await file.count(), async () => {
      await file.string();
      await file.skip(type === 21 ? 16 : 8);
      await repeat(await file.count(), () => file.skip(16));
    });
  });
}

/** What a module has written, each part with its kind (RDB_MODULE_OPCODE_*). */
async function readModule(file: RdbReader): Promise<void> {
  for (;;) {
    const kind = await file.length();
    if (kind === 0) return;
    if (kind === 1 || kind === 2) await file.length();
    else if (kind === 3) await file.skip(4);
    else if (kind === 4) await file.skip(8);
    else if (kind === 5) await file.string();
    else
      throw new FileProblem('corrupt', `What a module has written makes no sense before byte ${file.offset}`);
  }
}

async function repeat(times: number, read: () => Promise<void>): Promise<void> {
  for (let nth = 0; nth < times; nth++) await read();
}

/** Reads what RDB files are made of, and keeps the checksum of all that was read. */
class RdbReader {
  checksum = 0n;
  readonly #source: ByteReader;

  constructor(source: ByteReader) {
    this.#source = source;
  }

  get offset(): number {
    return this.#source.offset;
  }

  async bytes(length: number): Promise<Buffer> {
    const found = await this.#source.read(length);
    this.checksum = crc64(found, this.checksum);
    if (found.length < length) throw this.#cut();
    return found;
  }

  async byte(): Promise<number> {
    return (await this.bytes(1)).readUInt8();
  }

  async skip(length: number): Promise<void> {
    let left = length;
    for await (const piece of this.#source.take(length)) {
      this.checksum = crc64(piece, this.checksum);
      left -= piece.length;
    }
    if (left > 0) throw this.#cut();
  }

  #cut(): FileProblem {
    return new FileProblem('truncated', `The Redis dump ends at byte ${this.offset}, without its end mark`);
  }

  /** A length, or the kind of a string that is encoded. Lengths of 64 bits may be ids, and are then not exact. */
  async #prefix(): Promise<{ length: number } | { encoding: number }> {
    const first = await this.byte();
    switch (first >> 6) {
      case 0:
        return { length: first & 0x3f };
      case 1:
        return { length: ((first & 0x3f) << 8) | (await this.byte()) };
      case 2:
        if (first === 0x80) return { length: (await this.bytes(4)).readUInt32BE() };
        if (first === 0x81) return { length: Number((await this.bytes(8)).readBigUInt64BE()) };
        throw this.#nonsense();
      default:
        return { encoding: first & 0x3f };
    }
  }

  async length(): Promise<number> {
    const prefix = await this.#prefix();
    if ('encoding' in prefix) throw this.#nonsense();
    return prefix.length;
  }

  async lengths(count: number): Promise<void> {
    for (let nth = 0; nth < count; nth++) await this.length();
  }

  /** How many there are of something; more would be bytes that were taken for a number. */
  async count(): Promise<number> {
    const count = await this.length();
    if (count > mostString) throw this.#nonsense();
    return count;
  }

  async string(): Promise<void> {
    const prefix = await this.#prefix();
    if ('length' in prefix) {
      if (prefix.length > mostString) throw this.#nonsense();
      return this.skip(prefix.length);
    }
    const integerBytes = [1, 2, 4][prefix.encoding];
    if (integerBytes !== undefined) return this.skip(integerBytes);
    if (prefix.encoding !== 3) throw this.#nonsense();
    // LZF: the compressed length, and the length that it has without.
    const compressed = await this.count();
    await this.count();
    return this.skip(compressed);
  }

  async strings(count: number): Promise<void> {
    for (let nth = 0; nth < count; nth++) await this.string();
  }

  /** A string that is wanted as a text; a number is of no interest. */
  async shortString(): Promise<string> {
    const prefix = await this.#prefix();
    if ('length' in prefix) {
      if (prefix.length > 4096) throw this.#nonsense();
      return (await this.bytes(prefix.length)).toString('utf8');
    }
    const integerBytes = [1, 2, 4][prefix.encoding];
    if (integerBytes === undefined) throw this.#nonsense();
    await this.skip(integerBytes);
    return '';
  }

  /** A score as text: its length, or one of three numbers that are none. */
  async score(): Promise<void> {
    const length = await this.byte();
    if (length < 253) await this.skip(length);
  }

  #nonsense(): FileProblem {
    return new FileProblem(
      'corrupt',
      `What stands before byte ${this.offset} of the Redis dump makes no sense`,
    );
  }
}
