import type { ByteReader } from './byte-reader.ts';
import { FileProblem } from './problem.ts';
import { collect } from './tar.ts';

/** Exports of secrets, Terraform state and Kubernetes objects are small; more is not taken into memory. */
const mostJsonBytes = 100 * 1024 * 1024;

export type JsonFacts = { contentBytes: number; items: number };

/** Reads a JSON file whole. `whole` as for plain SQL: the container around it was complete. */
export async function checkJson(reader: ByteReader, whole: boolean): Promise<JsonFacts> {
  const raw = await collect(reader.take(mostJsonBytes));
  if ((await reader.peek(1)).length > 0) {
    throw new FileProblem(
      'wrong-format',
      `The JSON file is larger than ${mostJsonBytes} bytes, so it was not read`,
    );
  }
  const text = raw.toString('utf8').trimEnd();
  try {
    const value: unknown = JSON.parse(text);
    const items = countItems(value);
    if (items === 0) throw new FileProblem('empty', 'The JSON file is whole and has nothing in it');
    return { contentBytes: raw.length, items };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (/[}\]]$/.test(text)) throw new FileProblem('corrupt', `The file is no JSON: ${error.message}`);
    throw new FileProblem(whole ? 'half-written' : 'truncated', 'The JSON ends before its last bracket');
  }
}

/** Objects of a list, resources of a Terraform state, keys of anything else. */
function countItems(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  for (const key of ['items', 'resources']) {
    if (key in value) {
      const list: unknown = value[key as keyof typeof value];
      if (Array.isArray(list)) return list.length;
    }
  }
  return Object.keys(value).length;
}

/** What an LZ4 frame begins with (LZ4 frame format, "Magic Number"). Its first bytes are the text's own. */
export const lz4Magic = Buffer.from([0x04, 0x22, 0x4d, 0x18]);

/** What bytes that are no backup look like, for the person who has to find out where they came from. */
export function lookOf(head: Buffer): string {
  const text = head.toString('latin1').trimStart();
  if (/^<!doctype html|^<html/i.test(text)) return 'an HTML page';
  if (/^<\?xml|^<Error>/.test(text))
    return `an XML document (${/<Code>([^<]+)</.exec(text)?.[1] ?? 'no backup'})`;
  if (/^(pg_dump|mysqldump|psql|aws|error|ERROR|bash|sh):?/.test(text)) {
    return `the error message of a program: "${text.split('\n', 1)[0]?.slice(0, 120)}"`;
  }
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip once more: it was compressed twice';
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    return 'text in UTF-16, as PowerShell writes it with ">"';
  }
  if (head.subarray(0, 4).equals(lz4Magic))
    return 'an lz4 file, which can not be read here: use gzip or zstd';
  if (text.startsWith('PK\u0003\u0004')) return 'a zip file';
  if (text.startsWith('BZh')) return 'a bzip2 file';
  if (head.subarray(0, 6).equals(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]))) return 'an xz file';
  if (head.every(byte => byte === 0)) return 'nothing but zeros';
  return /^[\t\n\r\x20-\x7e]*$/.test(text)
    ? `other text: "${text.split('\n', 1)[0]?.slice(0, 60)}"`
    : 'unknown bytes';
}
