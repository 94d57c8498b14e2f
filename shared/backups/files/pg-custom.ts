import { type ByteReader, createByteReader } from './byte-reader.ts';
import { rowsOf } from './copy-rows.ts';
import { decompress } from './decompress.ts';
import { type ArchiveToc, readToc, type TocEntry } from './pg-toc.ts';
import { FileProblem } from './problem.ts';

export type ArchiveFacts = {
  database: string;
  serverVersion: string;
  archiveVersion: string;
  /** Tables with data, and their rows where the data could be read. */
  tables: number;
  rows?: Record<string, number>;
  /** What was followed from piece to piece and not read. */
  unread?: string;
  /** Nothing in the file shows a letter that became another one; pg_dump asks zstd for no checksum either. */
  withoutChecksum?: true;
};

/** Node has no lz4. */
export const unreadLz4 = { unread: 'the data of tables, which is compressed with lz4' };

const blockData = 1;
const blockBlobs = 3;

/**
 * Reads a custom-format archive from its first byte to its last: the table of contents, then every block of data,
 * decompressed. Throws a FileProblem that tells cut off, half written and damaged apart.
 */
export async function checkPgCustom(reader: ByteReader): Promise<ArchiveFacts> {
  const toc = await readToc(reader);
  if (toc.format !== 'custom') {
    throw new FileProblem(
      'wrong-format',
      `This is the table of contents of a dump in ${toc.format} format, without its data`,
      'Back up the whole directory, as a tar, and not its toc.dat alone.',
    );
  }
  const wanted = new Map(toc.entries.filter(entry => entry.hasData).map(entry => [entry.dumpId, entry]));
  // pg_dump writes the offsets when everything else is written, so a file that has them was complete once.
  const wasComplete = [...wanted.values()].some(entry => entry.offsetKnown);
  const rows: Record<string, number> = {};
  try {
    await readBlocks(reader, toc, wanted, rows);
  } catch (error) {
    const cut = wasComplete || !isWholePages(reader.offset);
    if (!(error instanceof FileProblem) || error.kind !== 'truncated' || cut) throw error;
    throw halfWritten(`The archive ends inside a table's data, and pg_dump never came to its end`);
  }
  const [missing] = wanted.values();
  if (missing && wasComplete) {
    throw new FileProblem(
      'truncated',
      `The archive was complete once, and the data of ${wanted.size} entries is cut off, such as ${nameOf(missing)}`,
    );
  }
  if (missing)
    throw halfWritten(`The data of ${wanted.size} entries was never written, such as ${nameOf(missing)}`);
  return {
    ...factsOf(toc, rows),
    ...(toc.compression === 'lz4' && unreadLz4),
    ...((toc.compression === 'none' || toc.compression === 'zstd') && { withoutChecksum: true as const }),
  };
}

export function factsOf(toc: ArchiveToc, rows?: Record<string, number>): ArchiveFacts {
  const tables = toc.entries.filter(entry => entry.kind === 'TABLE DATA').length;
  if (tables === 0) {
    throw new FileProblem('empty', `The dump of "${toc.database}" is complete and has no table with data`);
  }
  return {
    database: toc.database,
    serverVersion: toc.serverVersion,
    archiveVersion: toc.version,
    tables,
    ...(rows && { rows }),
  };
}

export const nameOf = (entry: TocEntry) => (entry.schema ? `${entry.schema}.${entry.tag}` : entry.tag);

function halfWritten(what: string): FileProblem {
  return new FileProblem('half-written', what);
}

/**
 * A program that is killed leaves what its buffer had written so far, which is whole pages; a file that was cut off on
 * its way ends anywhere.
 */
export const isWholePages = (bytes: number) => bytes > 0 && bytes % 4096 === 0;

async function readBlocks(
  reader: ByteReader,
  toc: ArchiveToc,
  wanted: Map<number, TocEntry>,
  rows: Record<string, number>,
): Promise<void> {
  for (;;) {
    const at = reader.offset;
    const [type] = await reader.peek(1);
    if (type === undefined) return;
    if (type === 0 && wanted.size === 0) return readRepeatedToc(reader, toc);
    await reader.read(1);
    const entry = wanted.get(await toc.readInt(reader));
    if (!entry || (type !== blockData && type !== blockBlobs)) {
      throw new FileProblem('corrupt', `What stands at byte ${at} is no block of data of this archive`);
    }
    if (entry.offset !== undefined && entry.offset !== at) {
      throw new FileProblem(
        'corrupt',
        `The data of ${nameOf(entry)} is at byte ${at} instead of ${entry.offset}`,
      );
    }
    if (type === blockData) {
      const count = await readData(reader, toc, entry);
      if (entry.kind === 'TABLE DATA' && toc.compression !== 'lz4') rows[nameOf(entry)] = count;
    } else {
      while ((await toc.readInt(reader)) !== 0) await readData(reader, toc, entry);
    }
    wanted.delete(entry.dumpId);
  }
}

/** Reads one item to its end and counts the lines of COPY. */
async function readData(reader: ByteReader, toc: ArchiveToc, entry: TocEntry): Promise<number> {
  const data = dataOf(reader, toc, entry);
  // Node has no lz4: such data is only followed from piece to piece.
  if (entry.kind === 'TABLE DATA' && toc.compression !== 'lz4') return countRows(data, entry);
  for await (const _ of data);
  return 0;
}

/** The pieces of one item, through its compression. */
async function* dataOf(reader: ByteReader, toc: ArchiveToc, entry: TocEntry): AsyncGenerator<Buffer> {
  const pieces = async function* () {
    for (let length = await toc.readInt(reader); length !== 0; length = await toc.readInt(reader)) {
      if (length < 0)
        throw new FileProblem('corrupt', `The data of ${nameOf(entry)} has a piece of ${length} bytes`);
      const before = reader.offset;
      yield* reader.take(length);
      if (reader.offset - before < length) {
        throw new FileProblem('truncated', `The archive ends inside the data of ${nameOf(entry)}`);
      }
    }
  };
  const { compression } = toc;
  if (compression === 'none' || compression === 'lz4') {
    yield* pieces();
    return;
  }
  const algorithm = compression === 'gzip' ? 'zlib' : compression;
  // An item without data has no compressed stream either.
  const whole = createByteReader(pieces());
  if ((await whole.peek(1)).length > 0) yield* decompress(whole.take(), algorithm);
}

export type ArchiveWalker = {
  /** The statements of the schema that belong before the data, and those that belong behind it. */
  definitions(part: 'before-data' | 'after-data'): Iterable<string>;
  /** The data of each table as it comes in the file. */
  tables(): AsyncGenerator<{ table: string; columns: string; data: AsyncIterable<Buffer> }>;
};

/** Walks an archive that was checked before, in the order in which pg_restore would. Large objects are left out. */
export async function createArchiveWalker(reader: ByteReader): Promise<ArchiveWalker> {
  const toc = await readToc(reader);
  if (toc.compression === 'lz4') {
    throw new FileProblem(
      'wrong-format',
      'Data that is compressed with lz4 can only be restored by pg_restore',
    );
  }
  const byId = new Map(toc.entries.map(entry => [entry.dumpId, entry]));
  return {
    definitions: part =>
      toc.entries
        .filter(({ section }) => (part === 'before-data' ? section <= 2 : section === 4))
        .filter(({ definition, kind }) => definition.trim() !== '' && !/^(BLOB|DATABASE)/.test(kind))
        .map(({ definition }) => definition),
    async *tables() {
      for (;;) {
        const [type] = await reader.peek(1);
        if (type !== blockData && type !== blockBlobs) return;
        await reader.read(1);
        const entry = byId.get(await toc.readInt(reader));
        if (!entry) throw new FileProblem('corrupt', 'A block of data belongs to nothing');
        if (type === blockBlobs) {
          while ((await toc.readInt(reader)) !== 0) await readData(reader, toc, entry);
          continue;
        }
        const [, table = '', columns = ''] =
          /^COPY\s+(\S+)\s*(\([^)]*\))?\s+FROM/is.exec(entry.copyStatement) ?? [];
        const data = dataOf(reader, toc, entry);
        if (table !== '') yield { table, columns, data };
        for await (const _ of data);
      }
    },
  };
}

/** Rows of a table's data, each of which has to have the table's columns. INSERTs are not rows of COPY. */
async function countRows(data: AsyncIterable<Buffer>, { copyStatement }: TocEntry): Promise<number> {
  const rows = rowsOf(copyStatement.trim());
  for await (const chunk of data) rows?.take(chunk);
  if (rows && !rows.ended)
    throw halfWritten('The data of a table ends without the mark "\\." that is written last');
  return rows?.rows ?? 0;
}

/**
 * From PostgreSQL 16 on, `pg_dump -Fc > file` opens its standard output for appending, so the table of contents with
 * the offsets does not replace the first one and stands behind the data instead.
 */
async function readRepeatedToc(reader: ByteReader, toc: ArchiveToc): Promise<void> {
  const again = await toc.readAgain(reader);
  const same = again.length === toc.entries.length && again.every((id, at) => id === toc.entries[at]?.dumpId);
  if (!same || (await reader.peek(1)).length > 0) {
    throw new FileProblem('corrupt', 'Something that is no part of the archive follows its data');
  }
}
