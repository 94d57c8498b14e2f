import { type ByteReader, createByteReader } from './byte-reader.ts';
import { decompress } from './decompress.ts';
import { type ArchiveFacts, countRows, factsOf, nameOf } from './pg-custom.ts';
import { type ArchiveToc, readToc } from './pg-toc.ts';
import { FileProblem } from './problem.ts';
import { readTar, type TarMember } from './tar.ts';

export type TarFacts = { files: number } & Partial<ArchiveFacts>;

/**
 * Reads a tar to its end, and everything compressed in it. If it holds a dump of pg_dump (`-Fd` as a tar, or `-Ft`),
 * every file that its table of contents names has to be there.
 */
export async function checkTar(reader: ByteReader): Promise<TarFacts> {
  const found = new Map<string, { size: number; rows?: number }>();
  let toc: ArchiveToc | undefined;
  for await (const member of readTar(reader)) {
    const name = member.name.replace(/^.*\//, '');
    if (name === 'toc.dat') toc = await readToc(createByteReader(member.data));
    found.set(name, { size: member.size, ...(name !== 'toc.dat' && (await readMember(member, name))) });
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
    if (entry.kind === 'TABLE DATA' && data.rows !== undefined) rows[nameOf(entry)] = data.rows;
  }
  return { files: found.size, ...factsOf(toc, rows) };
}

async function readMember(member: TarMember, name: string): Promise<{ rows?: number }> {
  const compression = name.endsWith('.gz') ? 'gzip' : name.endsWith('.zst') ? 'zstd' : undefined;
  if (!compression) return name.endsWith('.dat') ? { rows: await countRows(member.data) } : {};
  try {
    return { rows: await countRows(decompress(member.data, compression)) };
  } catch (error) {
    // The tar is whole here, so it was the dump that stopped.
    if (!(error instanceof FileProblem) || error.kind !== 'truncated') throw error;
    throw new FileProblem('half-written', `${name} in the tar ends before its end: ${error.message}`);
  }
}
