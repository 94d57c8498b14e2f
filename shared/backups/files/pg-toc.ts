import type { ByteReader } from './byte-reader.ts';
import { FileProblem } from './problem.ts';

/**
 * The table of contents of a pg_dump archive: a custom-format file (`-Fc`), or `toc.dat` of a directory (`-Fd`) or a
 * tar (`-Ft`). Read after `ReadHead` and `ReadToc` of PostgreSQL's src/bin/pg_dump/pg_backup_archiver.c; archive
 * versions 1.12 (PostgreSQL 9.0) to 1.16 (PostgreSQL 17 and 18).
 */
export type ArchiveToc = {
  /** Archive version, such as `1.14`. */
  version: string;
  format: 'custom' | 'tar' | 'directory';
  compression: 'none' | 'gzip' | 'lz4' | 'zstd';
  database: string;
  serverVersion: string;
  entries: TocEntry[];
  readInt(reader: ByteReader): Promise<number>;
  /** Reads the same table once more, from where `reader` is; the dump ids that it has. */
  readAgain(reader: ByteReader): Promise<number[]>;
};
export type TocEntry = {
  dumpId: number;
  /** Whether data belongs to it. */
  hasData: boolean;
  tag: string;
  kind: string;
  schema: string;
  /** 1: none, 2: before the data, 3: data, 4: after it. */
  section: number;
  definition: string;
  copyStatement: string;
  /** Custom format: where its data begins, once pg_dump has written that at its very end. */
  offset?: number;
  /** Custom format: whether pg_dump came to its end and wrote the offsets (never when it wrote into a pipe). */
  offsetKnown: boolean;
  /** Directory and tar: the file of its data. */
  file?: string;
};

const formats = { 1: 'custom', 3: 'tar', 5: 'directory' } as const;
const compressions = ['none', 'gzip', 'lz4', 'zstd'] as const;
/** More would be no table of contents but bytes that were taken for one. */
const longestText = 256 * 1024 * 1024;
const mostEntries = 10_000_000;
const sectionNone = 0xffff_ffff;

export async function readToc(reader: ByteReader): Promise<ArchiveToc> {
  const read = await createArchiveReader(reader);
  const { version } = read;
  const compression = await readCompression(read);
  // Seconds, minutes, hours, day, month, year, daylight saving: when the dump began, in the server's local time.
  for (let part = 0; part < 7; part++) await read.int();
  const database = (await read.text()) ?? '';
  const serverVersion = (await read.text()) ?? '';
  await read.text();
  const entries = await readEntries(read);
  return {
    version: `1.${version}`,
    format: read.format,
    compression,
    database,
    serverVersion,
    entries,
    readInt: other => readInt(other, read.intSize),
    readAgain: async other => (await readEntries(archiveReader(other, read))).map(({ dumpId }) => dumpId),
  };
}

async function readEntries(read: ArchiveReader): Promise<TocEntry[]> {
  const count = await read.int();
  if (count < 0 || count > mostEntries) {
    throw new FileProblem('corrupt', `The archive says that it has ${count} entries`);
  }
  const entries: TocEntry[] = [];
  for (let index = 0; index < count; index++) entries.push(await readEntry(read));
  return entries;
}

type Shape = { version: number; intSize: number; offsetSize: number; format: ArchiveToc['format'] };
type ArchiveReader = Shape & {
  byte(): Promise<number>;
  bytes(length: number): Promise<Buffer>;
  int(): Promise<number>;
  text(): Promise<string | null>;
  offset(): Promise<{ flag: number; value: number }>;
};

async function createArchiveReader(reader: ByteReader): Promise<ArchiveReader> {
  const magic = await exactly(reader, 5);
  if (magic.toString('latin1') !== 'PGDMP') {
    throw new FileProblem('wrong-format', 'The file does not begin like a pg_dump archive');
  }
  const [major, version, , intSize, offsetSize, format] = await exactly(reader, 6);
  const known = formats[format as keyof typeof formats];
  if (major !== 1 || version === undefined || version < 12 || intSize !== 4 || !offsetSize || !known) {
    throw new FileProblem(
      'wrong-format',
      `The archive is of version ${major}.${version} and format ${format}, which Lifeboat does not know`,
    );
  }
  return archiveReader(reader, { version, intSize, offsetSize, format: known });
}

function archiveReader(reader: ByteReader, shape: Shape): ArchiveReader {
  const bytes = (length: number) => exactly(reader, length);
  const byte = async () => (await bytes(1)).readUInt8();
  const int = () => readInt(reader, shape.intSize);
  return {
    ...shape,
    byte,
    bytes,
    int,
    async text() {
      const length = await int();
      if (length < 0) return null;
      if (length > longestText)
        throw new FileProblem('corrupt', `A text of ${length} bytes in the table of contents`);
      return (await bytes(length)).toString('utf8');
    },
    async offset() {
      const flag = await byte();
      const raw = await bytes(shape.offsetSize);
      return { flag, value: raw.readUIntLE(0, Math.min(6, raw.length)) };
    },
  };
}

async function readCompression(read: ArchiveReader): Promise<ArchiveToc['compression']> {
  // Since 1.15 the algorithm; before that the level of gzip.
  if (read.version < 15) return (await read.int()) === 0 ? 'none' : 'gzip';
  const algorithm = compressions[await read.byte()];
  if (algorithm === undefined)
    throw new FileProblem('corrupt', 'The archive names no compression that exists');
  return algorithm;
}

async function readEntry(read: ArchiveReader): Promise<TocEntry> {
  const dumpId = await read.int();
  const hasData = (await read.int()) !== 0;
  await read.text(); // table's OID
  await read.text(); // OID
  const tag = (await read.text()) ?? '';
  const kind = (await read.text()) ?? '';
  const section = await read.int();
  if (dumpId <= 0 || section < 0 || (section > 4 && section !== sectionNone)) {
    throw new FileProblem('corrupt', `Entry ${dumpId} of the table of contents makes no sense`);
  }
  const definition = (await read.text()) ?? '';
  await read.text(); // DROP statement
  const copyStatement = (await read.text()) ?? '';
  const schema = (await read.text()) ?? '';
  await read.text(); // tablespace
  if (read.version >= 14) await read.text(); // access method
  if (read.version >= 16) await read.int(); // relkind
  await read.text(); // owner
  await read.text(); // WITH OIDS
  while ((await read.text()) !== null); // dependencies
  const entry = { dumpId, hasData, tag, kind, schema, section, definition, copyStatement };
  if (read.format !== 'custom') {
    const file = (await read.text()) ?? '';
    return { ...entry, offsetKnown: false, ...(file !== '' && { file }) };
  }
  const { flag, value } = await read.offset();
  // 1: not set yet, 2: set, 3: there is no data.
  return { ...entry, offsetKnown: flag === 2, ...(flag === 2 && { offset: value }) };
}

/** pg_dump's integers: a byte for the sign, then the value from its lowest byte on. */
async function readInt(reader: ByteReader, size: number): Promise<number> {
  const raw = await exactly(reader, size + 1);
  const value = raw.readUIntLE(1, size);
  return raw[0] === 0 ? value : -value;
}

async function exactly(reader: ByteReader, length: number): Promise<Buffer> {
  const found = await reader.read(length);
  if (found.length === length) return found;
  throw new FileProblem('truncated', `The archive ends inside its structure, at byte ${reader.offset}`);
}
