import { type ByteReader, createByteReader } from './byte-reader.ts';
import { CopyRows, rowsOf } from './copy-rows.ts';
import { decompress } from './decompress.ts';
import { type ArchiveFacts, factsOf, nameOf, unreadLz4 } from './pg-custom.ts';
import { type ArchiveToc, readToc, type TocEntry } from './pg-toc.ts';
import { FileProblem } from './problem.ts';
import { readTar, type TarMember } from './tar.ts';

export type TarFacts = { files: number } & Partial<ArchiveFacts>;

/**
 * Reads a tar to its end, and everything compressed in it. If it holds a dump of pg_dump (`-Fd` as a tar, or `-Ft`),
 * every file that its table of contents names has to be there.
 */
export async function checkTar(reader: ByteReader): Promise<TarFacts> {
  const found = new Map<string, Read>();
  let toc: ArchiveToc | undefined;
  for await (const member of readTar(reader)) {
    const name = member.name.replace(/^.*\//, '');
    if (name === 'toc.dat') toc = await readToc(createByteReader(member.data));
    found.set(name, name === 'toc.dat' ? {} : await readMember(member, name));
  }
  if (found.size === 0) throw new FileProblem('empty', 'The tar is whole and has no file in it');
  if (!toc) {
    if ([...found.keys()].some(name => /^\d+\.dat(\.\w+)?$/.test(name))) {
      throw new FileProblem('half-written', 'The dump has data, and no table of contents (toc.dat)');
    }
    return { files: found.size };
  }
  const rows: Record<string, number> = {};
  for (const entry of toc.entries) {
    if (entry.file === undefined || !entry.hasData) continue;
    const { file } = entry;
    // Large objects have a file each; the entry's data is the list of them, named differently by version and format.
    if (entry.kind === 'BLOBS' && [...found.keys()].some(name => /^blobs\w*\.toc$/.test(name))) continue;
    const data = ['', '.gz', '.lz4', '.zst'].flatMap(suffix => found.get(file + suffix) ?? [])[0];
    if (!data)
      throw new FileProblem('half-written', `The data of ${nameOf(entry)} (${file}) is not in the tar`);
    if (entry.kind === 'TABLE DATA' && data.rows) rows[nameOf(entry)] = judgeRows(entry, data);
  }
  const hasAny = (ending: RegExp) => [...found.keys()].some(name => ending.test(name));
  return {
    files: found.size,
    ...factsOf(toc, rows),
    ...(hasAny(/\.lz4$/) && unreadLz4),
    ...(hasAny(/^\d+\.dat(\.zst)?$/) && { withoutChecksum: true as const }),
  };
}

/** A member that was read: its rows, if it is the data of a table, and what is wrong with them as rows of COPY. */
type Read = { rows?: CopyRows; problem?: FileProblem };

async function readMember(member: TarMember, name: string): Promise<Read> {
  const compression = name.endsWith('.gz') ? 'gzip' : name.endsWith('.zst') ? 'zstd' : undefined;
  // Data of tables is called by a number, and large objects are not. The table of contents may come later.
  const isRows = /^\d+\.dat(\.gz|\.zst)?$/.test(name);
  if (!compression && !isRows) return {};
  const read: Read = isRows ? { rows: new CopyRows(name) } : {};
  try {
    const data = compression ? decompress(member.data, compression) : member.data;
    for await (const chunk of data) takeRows(read, chunk);
    return read;
  } catch (error) {
    // The tar is whole here, so it was the dump that stopped.
    if (!(error instanceof FileProblem) || error.kind !== 'truncated') throw error;
    throw new FileProblem('half-written', `${name} in the tar ends before its end: ${error.message}`);
  }
}

function takeRows(read: Read, chunk: Buffer): void {
  if (!read.rows || read.problem) return;
  try {
    read.rows.take(chunk);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    read.problem = error;
  }
}

/** How many rows the data of a table has; a dump with INSERTs has none of COPY. */
function judgeRows(entry: TocEntry, { rows, problem }: Read): number {
  const wanted = rowsOf(entry.copyStatement.trim());
  if (!wanted || !rows) return 0;
  if (problem) throw problem;
  if (!rows.ended)
    throw new FileProblem('half-written', `The data of ${nameOf(entry)} ends without its last line`);
  if (rows.rows > 0 && rows.separators !== wanted.separators) {
    throw new FileProblem('corrupt', `The data of ${nameOf(entry)} is not that of a table with its columns`);
  }
  return rows.rows;
}
