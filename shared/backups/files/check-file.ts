import { createHash } from 'node:crypto';
import { type ByteReader, createByteReader } from './byte-reader.ts';
import { decompress } from './decompress.ts';
import type { ContentFormat } from './formats.ts';
import { compareWithManifest, type Manifest } from './manifest.ts';
import { checkJson, lookOf, lz4Magic } from './other-formats.ts';
import { checkPgCustom } from './pg-custom.ts';
import { checkTar } from './pg-tar.ts';
import { checkPlainSql, looksLikeSql } from './plain-sql.ts';
import { FileProblem, type FileProblemKind } from './problem.ts';
import { checkRedis } from './redis-rdb.ts';

export type FileFacts = {
  bytes: number;
  sha256: string;
  compression?: 'gzip' | 'zstd';
  format?: ContentFormat;
  [fact: string]: unknown;
};
export type FileVerdict =
  | { ok: true; facts: FileFacts }
  | { ok: false; problem: FileProblemKind; what: string; mend: string; facts: FileFacts };

export type FileExpectation = {
  /** Name of the file: its ending says what it must be. */
  name: string;
  /** What the plan says that it is; stronger than the name. */
  format?: ContentFormat;
  compression?: 'gzip' | 'zstd' | 'none';
  manifest?: Manifest;
};

/**
 * Reads a backup file as a stream, to its last byte, and says whether it can be restored from as far as the file alone
 * can tell: a restore is the only proof. Uses little memory whatever the size. Errors of the source itself are thrown.
 */
export async function checkFile(
  source: AsyncIterable<Uint8Array>,
  expected: FileExpectation,
): Promise<FileVerdict> {
  const hash = createHash('sha256');
  let bytes = 0;
  const metered = async function* () {
    for await (const chunk of source) {
      bytes += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  };
  const reader = createByteReader(metered());
  const seen: Partial<FileFacts> = {};
  let problem: FileProblem | undefined;
  try {
    Object.assign(seen, await checkContent(reader, expected, seen));
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    problem = error;
  }
  // The checksum is that of the whole file, also when its content was given up half way.
  for await (const _ of reader.take());
  const facts: FileFacts = { ...seen, bytes, sha256: hash.digest('hex') };
  problem ??= compareWithManifest(facts, expected.manifest);
  if (!problem) return { ok: true, facts };
  return { ok: false, problem: problem.kind, what: problem.message, mend: problem.mend, facts };
}

async function checkContent(
  reader: ByteReader,
  expected: FileExpectation,
  seen: Partial<FileFacts>,
): Promise<Record<string, unknown>> {
  const head = await reader.peek(4096);
  if (head.length === 0) throw new FileProblem('empty', 'The file has no bytes');
  const compression = compressionOf(head);
  const wanted = expected.compression ?? compressionByName(expected.name);
  if (wanted === 'none' ? compression : wanted && wanted !== compression) {
    throw new FileProblem(
      'wrong-format',
      `The file should be ${wanted === 'none' ? 'uncompressed' : wanted}, and is ${compression ?? lookAt(head)}`,
    );
  }
  if (!compression) return readFormat(reader, expected, seen, false);
  seen.compression = compression;
  if (compression === 'zstd' && !hasChecksum(head)) seen.withoutChecksum = true;
  return readCompressed(decompress(reader.take(), compression), expected, seen);
}

/** What is wrong with the container is the cause of whatever was found inside, so it is told first. */
async function readCompressed(
  container: AsyncIterable<Buffer>,
  expected: FileExpectation,
  seen: Partial<FileFacts>,
): Promise<Record<string, unknown>> {
  let broken: FileProblem | undefined;
  const watched = async function* () {
    try {
      yield* container;
    } catch (error) {
      if (error instanceof FileProblem) broken = error;
      throw error;
    }
  };
  const content = createByteReader(watched());
  try {
    if ((await content.peek(1)).length === 0) {
      throw new FileProblem('empty', `The ${seen.compression} file is whole and has nothing in it`);
    }
    const facts = await readFormat(content, expected, seen, true);
    for await (const _ of content.take());
    return facts;
  } catch (error) {
    if (!(error instanceof FileProblem) || broken) throw broken ?? error;
    for await (const _ of content.take());
    if (error.kind !== 'truncated') throw error;
    throw new FileProblem(
      'half-written',
      `${error.message}; the ${seen.compression} file around it is whole`,
    );
  }
}

async function readFormat(
  reader: ByteReader,
  expected: FileExpectation,
  seen: Partial<FileFacts>,
  whole: boolean,
): Promise<Record<string, unknown>> {
  const head = await reader.peek(4096);
  const format = formatOf(head);
  const wanted = expected.format ? [expected.format] : formatsByName(expected.name);
  if (
    !format &&
    wanted?.includes('tar') &&
    head.length < 512 &&
    /^[^\0]{1,100}\0/.test(head.toString('latin1'))
  ) {
    throw new FileProblem('truncated', 'The tar ends inside its first header');
  }
  if (!format || (wanted && !wanted.includes(format))) {
    const should = wanted ? wanted.join(' or ') : 'a backup of a known format';
    throw new FileProblem('wrong-format', `The file should be ${should}, and is ${format ?? lookOf(head)}`);
  }
  seen.format = format;
  switch (format) {
    case 'plain-sql':
      return checkPlainSql(reader, whole);
    case 'pg-custom':
      return checkPgCustom(reader);
    case 'tar':
      return checkTar(reader);
    case 'json':
      return checkJson(reader, whole);
    case 'redis-rdb':
      return checkRedis(reader);
  }
}

function compressionOf(head: Buffer): 'gzip' | 'zstd' | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head.subarray(0, 4).equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])) ? 'zstd' : undefined;
}

/** The fifth byte of a zstd frame says whether a checksum stands at its end (RFC 8878, section 3.1.1.1.1). */
const hasChecksum = (head: Buffer) => ((head[4] ?? 0) & 0b100) !== 0;

function compressionByName(name: string): 'gzip' | 'zstd' | undefined {
  if (/\.(gz|tgz)$/i.test(name)) return 'gzip';
  return /\.zst$/i.test(name) ? 'zstd' : undefined;
}

function formatOf(head: Buffer): ContentFormat | undefined {
  if (head.subarray(0, lz4Magic.length).equals(lz4Magic)) return undefined;
  const text = head.toString('latin1');
  if (text.startsWith('PGDMP')) return 'pg-custom';
  if (text.slice(257, 262) === 'ustar') return 'tar';
  if (text.startsWith('REDIS')) return 'redis-rdb';
  if (looksLikeSql(text)) return 'plain-sql';
  return /^\s*[[{]/.test(text) ? 'json' : undefined;
}

/** What an ending promises; one that several programs use promises nothing. */
function formatsByName(name: string): ContentFormat[] | undefined {
  const [, ending = ''] = /\.(\w+)(?:\.(?:gz|zst))?$/.exec(name.toLowerCase()) ?? [];
  const known: Record<string, ContentFormat[]> = {
    sql: ['plain-sql'],
    tar: ['tar'],
    tgz: ['tar'],
    json: ['json'],
    tfstate: ['json'],
    rdb: ['redis-rdb'],
    dump: ['pg-custom', 'plain-sql', 'tar', 'redis-rdb'],
    backup: ['pg-custom', 'plain-sql', 'tar'],
    pgdump: ['pg-custom'],
  };
  return known[ending];
}

const lookAt = (head: Buffer) => formatOf(head) ?? lookOf(head);
