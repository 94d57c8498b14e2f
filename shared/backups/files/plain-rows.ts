import { isUtf8 } from 'node:buffer';
import { type CopyRows, rowsOf } from './copy-rows.ts';
import { FileProblem } from './problem.ts';

/** A COPY statement is written in one line; names of a thousand columns fit into so much. */
const longestStatement = 256 * 1024;
/** pg_dump writes at most so many lines between the comment about a table's data and its COPY. */
const linesBetween = 8;
const newline = 10;

const endMark = Buffer.from('\n-- PostgreSQL database dump complete\n');
const text = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/**
 * Looks at a plain dump of PostgreSQL while it is read: rows of COPY have the columns of their table, there is no zero
 * byte, all of it is UTF-8 where the dump says so, and nothing follows the end of the dump.
 */
export class PlainDump {
  readonly #utf8: boolean;
  /** A dump of a whole cluster holds the dumps of its databases, one after the other. */
  readonly #single: boolean;
  #copy: CopyRows | undefined;
  #line = '';
  #cutLine = false;
  #sinceComment = Number.POSITIVE_INFINITY;
  #rest: Uint8Array = new Uint8Array();
  #before: Buffer = Buffer.alloc(0);
  #endedAt: number | undefined;
  #given = 0;
  tables = 0;
  rows = 0;

  constructor(head: string) {
    this.#utf8 = /^SET client_encoding = 'UTF8';/m.test(head);
    this.#single = !/-- PostgreSQL database cluster dump/.test(head);
  }

  take(chunk: Buffer): void {
    if (chunk.includes(0))
      throw new FileProblem('corrupt', `The text has zero bytes after byte ${this.#given}`);
    if (this.#utf8) this.#checkText(chunk);
    if (this.#single) this.#findEnd(chunk);
    this.#given += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      if (this.#copy) {
        at = this.#copy.take(chunk, at);
        if (this.#copy.ended) this.#endCopy(this.#copy);
      } else at = this.#takeLine(chunk, at);
    }
  }

  /** Call it when everything was given. */
  end(): void {
    if (this.#rest.length > 0) throw new FileProblem('truncated', 'The text ends inside of a letter');
    if (this.#copy) throw new FileProblem('half-written', 'The dump ends inside the rows of a table');
  }

  #endCopy({ rows }: CopyRows): void {
    if (rows > 0) this.tables += 1;
    this.rows += rows;
    this.#copy = undefined;
    this.#sinceComment = Number.POSITIVE_INFINITY;
  }

  #takeLine(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(newline, at);
    const stop = end === -1 ? chunk.length : end;
    if (this.#line.length + stop - at <= longestStatement) this.#line += text(chunk.subarray(at, stop));
    else this.#cutLine = true;
    if (end === -1) return stop;
    const line = this.#line;
    if (line.startsWith('-- Data for Name: ')) this.#sinceComment = 0;
    else this.#sinceComment += 1;
    // The text of a function may have such a line too; nothing says there that data follows.
    if (!this.#cutLine && this.#sinceComment <= linesBetween && line.startsWith('COPY '))
      this.#copy = rowsOf(line);
    this.#line = '';
    this.#cutLine = false;
    return end + 1;
  }

  /** What stands at the end of a piece may be the first bytes of a letter. */
  #checkText(chunk: Buffer): void {
    const whole = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const complete = whole.length - unfinished(whole);
    if (!isUtf8(whole.subarray(0, complete))) {
      throw new FileProblem(
        'corrupt',
        `The text is not UTF-8, as the dump says it is, after byte ${this.#given}`,
      );
    }
    this.#rest = Uint8Array.from(whole.subarray(complete));
  }

  /** What pg_dump writes behind its end mark is short; much more is another file. */
  #findEnd(chunk: Buffer): void {
    const joined = Buffer.concat([this.#before, chunk.subarray(0, endMark.length)]);
    const base = this.#given - this.#before.length;
    const across = joined.indexOf(endMark);
    const within = across === -1 ? chunk.indexOf(endMark) : -1;
    if (across !== -1) this.#endedAt ??= base + across;
    else if (within !== -1) this.#endedAt ??= this.#given + within;
    if (this.#endedAt !== undefined && this.#given + chunk.length - this.#endedAt > mostBehindEnd) {
      throw new FileProblem('corrupt', 'Something else follows the end of the dump, such as another dump');
    }
    this.#before = Buffer.from(
      chunk.length >= endMark.length
        ? chunk.subarray(-endMark.length)
        : Buffer.concat([this.#before, chunk]).subarray(-endMark.length),
    );
  }
}

const mostBehindEnd = 1024;

/** How many bytes at the end belong to a letter that is not whole, 0 to 3. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
