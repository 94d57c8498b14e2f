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

/** A Redis dump ends with the opcode 0xFF and eight bytes of CRC-64 (Redis source, rdb.h). The CRC is not computed. */
export async function checkRedis(reader: ByteReader): Promise<{ contentBytes: number; rdbVersion: number }> {
  const head = (await reader.peek(9)).toString('latin1');
  const rdbVersion = Number(/^REDIS(\d{4})$/.exec(head)?.[1]);
  if (!Number.isInteger(rdbVersion)) throw new FileProblem('wrong-format', 'The file has no Redis version');
  let tail: Buffer = Buffer.alloc(0);
  let contentBytes = 0;
  for await (const chunk of reader.take()) {
    contentBytes += chunk.length;
    tail = Buffer.concat([tail, chunk.subarray(-9)]).subarray(-9);
  }
  // Before version 5 there was no checksum.
  if (tail.at(rdbVersion >= 5 ? -9 : -1) !== 0xff) {
    throw new FileProblem('truncated', 'The Redis dump ends without its end mark');
  }
  return { contentBytes, rdbVersion };
}

/** What bytes that are no backup look like, for the person who has to find out where they came from. */
export function lookOf(head: Buffer): string {
  const text = head.toString('latin1').trimStart();
  if (/^<!doctype html|^<html/i.test(text)) return 'an HTML page';
  if (/^<\?xml|^<Error>/.test(text))
    return `an XML document (${/<Code>([^<]+)</.exec(text)?.[1] ?? 'no backup'})`;
  if (/^(pg_dump|mysqldump|psql|aws|error|ERROR|bash|sh):?/.test(text)) {
    return `the error message of a program: "${text.split('\n', 1)[0]?.slice(0, 120)}"`;
  }
  if (text.startsWith('PK\u0003\u0004')) return 'a zip file';
  if (text.startsWith('BZh')) return 'a bzip2 file';
  if (head.subarray(0, 6).equals(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]))) return 'an xz file';
  if (head.every(byte => byte === 0)) return 'nothing but zeros';
  return /^[\t\n\r\x20-\x7e]*$/.test(text)
    ? `other text: "${text.split('\n', 1)[0]?.slice(0, 60)}"`
    : 'unknown bytes';
}
