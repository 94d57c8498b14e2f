import { FileProblem } from './problem.ts';

const tab = 9;
const newline = 10;
const backslash = 92;
const dot = 46;

/**
 * Reads rows in the text format of COPY as they come, in pieces of any size. Each row has a value for every column and
 * no zero byte, which PostgreSQL stores in no text: whatever was filled with zeros, or lost in the middle, shows here.
 * A letter that became another one does not; only a manifest or a restore finds that.
 */
export class CopyRows {
  rows = 0;
  /** Whether `\.` has come, after which there are no more rows. */
  ended = false;
  readonly #table: string;
  /** Tabs of each row; that of the first row where nothing else is known. */
  separators: number | undefined;
  #tabs = 0;
  #length = 0;
  /** Whether all of the line so far is the beginning of `\.`. */
  #mark = true;

  constructor(table: string, separators?: number) {
    this.#table = table;
    this.separators = separators;
  }

  /** Takes bytes from `from` on; answers where the rows ended, or the length of the piece. */
  take(bytes: Uint8Array, from = 0): number {
    const end = bytes.length;
    let at = from;
    for (; at < end && !this.ended; at++) {
      const byte = bytes[at] as number;
      if (byte > newline && byte !== backslash && byte !== dot) {
        this.#mark = false;
        continue;
      }
      if (byte === newline) {
        const length = this.#length + at - from;
        this.#endLine(length);
        this.#length = -(at + 1 - from);
      } else if (byte === tab) {
        this.#tabs += 1;
        this.#mark = false;
      } else if (byte === 0) {
        throw new FileProblem('corrupt', `Row ${this.rows + 1} of ${this.#table} has a byte that is zero`);
      } else if (this.#mark) {
        const length = this.#length + at - from;
        this.#mark = byte === (length === 0 ? backslash : dot) && length < 2;
      }
    }
    this.#length += at - from;
    return at;
  }

  #endLine(length: number): void {
    if (this.#mark && length === 2) {
      this.ended = true;
      return;
    }
    this.rows += 1;
    this.separators ??= this.#tabs;
    if (this.#tabs !== this.separators) {
      throw new FileProblem(
        'corrupt',
        `Row ${this.rows} of ${this.#table} has ${this.#tabs + 1} values, and the table has ${this.separators + 1} columns`,
      );
    }
    this.#tabs = 0;
    this.#mark = true;
  }
}

/** The rows that a COPY statement announces; undefined for any other text. */
export function rowsOf(statement: string): CopyRows | undefined {
  const copy = /^COPY\s+((?:"(?:[^"]|"")*"|[^\s("])+)\s*(\([\s\S]*\))?\s+FROM\s+stdin;?\s*$/i.exec(statement);
  return copy ? new CopyRows(copy[1] ?? '', separatorsOf(copy[2] ?? '')) : undefined;
}

/** Commas of a column list, `(id, "a, b")`, that are not inside of a quoted name. */
const separatorsOf = (list: string) => list.replaceAll(/"(?:[^"]|"")*"/g, 'x').split(',').length - 1;
