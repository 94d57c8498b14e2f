import { FileProblem } from '../files/problem.ts';

/** One statement of a script, or the rows of a COPY as INSERTs of at most so many rows each. */
const rowsAtOnce = 500;
/** A single statement or row that is longer is no dump that pg_dump writes. */
const longestText = 64 * 1024 * 1024;

/**
 * Splits a plain SQL dump into statements that can be run one by one, as psql does: quotes, dollar quotes and comments
 * are seen, psql's own commands (`\connect`, `\restrict`) are left out, and `COPY … FROM stdin` becomes INSERTs, since
 * an embedded Postgres and a driver have no standard input.
 */
export async function* statementsOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let pending = '';
  let copying: { table: string; columns: string; rows: string[] } | undefined;
  for await (const line of linesOf(text)) {
    if (copying) {
      if (line === '\\.') {
        if (copying.rows.length > 0) yield insertOf(copying);
        copying = undefined;
        continue;
      }
      copying.rows.push(rowOf(line));
      if (copying.rows.length === rowsAtOnce) {
        yield insertOf(copying);
        copying.rows = [];
      }
      continue;
    }
    if (isBlank(pending)) pending = '';
    if (pending === '' && line.startsWith('\\')) continue;
    pending += `${line}\n`;
    if (pending.length > longestText)
      throw new FileProblem('wrong-format', 'A statement of the dump has no end');
    const { complete, rest } = takeComplete(pending);
    pending = rest;
    for (const statement of complete) {
      const copy = /^COPY\s+(\S+)\s*(\([^)]*\))?\s+FROM\s+stdin;?\s*$/is.exec(statement);
      if (copy) copying = { table: copy[1] ?? '', columns: copy[2] ?? '', rows: [] };
      else yield statement;
    }
  }
  if (copying) throw new FileProblem('half-written', `The data of ${copying.table} has no end`);
  if (pending.replaceAll(/--[^\n]*/g, '').trim() !== '') {
    throw new FileProblem('half-written', 'The last statement of the dump has no end');
  }
}

/** The rows of COPY for one table, as statements. */
export async function* insertsOf(
  table: string,
  columns: string,
  text: AsyncIterable<string>,
): AsyncGenerator<string> {
  let rows: string[] = [];
  for await (const line of linesOf(text)) {
    if (line === '\\.') break;
    if (line === '' && columns !== '') continue;
    rows.push(rowOf(line));
    if (rows.length < rowsAtOnce) continue;
    yield insertOf({ table, columns, rows });
    rows = [];
  }
  if (rows.length > 0) yield insertOf({ table, columns, rows });
}

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Statements that have ended, and what is left. A semicolon inside quotes, dollar quotes or comments ends nothing. */
function takeComplete(text: string): { complete: string[]; rest: string } {
  const complete: string[] = [];
  const tokens =
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|['"]|\$\w*\$|\/\*|;/g;
  let start = 0;
  for (let match = tokens.exec(text); match; match = tokens.exec(text)) {
    const token = match[0];
    if (token === ';') {
      const statement = text.slice(start, match.index + 1);
      start = match.index + 1;
      if (withoutComments(statement) !== ';') complete.push(withoutComments(statement));
    } else if (token === "'" || token === '"' || token === '/*' || /^\$\w*\$$/.test(token)) break;
  }
  return { complete, rest: text.slice(start) };
}

/** Nothing but comments and white space. */
const isBlank = (text: string) => text.length < 4096 && text.replaceAll(/--[^\n]*/g, '').trim() === '';

/** Comments before a statement; those inside are the statement's own. */
const withoutComments = (statement: string) => statement.replace(/^(?:\s+|--[^\n]*\n)+/, '').trim();

const insertOf = ({ table, columns, rows }: { table: string; columns: string; rows: string[] }) =>
  `INSERT INTO ${table} ${columns} OVERRIDING SYSTEM VALUE VALUES ${rows.join(',')};`;

/** A line of COPY's text format as a row of VALUES. Untyped literals take the type of their column. */
function rowOf(line: string): string {
  return `(${line.split('\t').map(fieldOf).join(',')})`;
}

const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function fieldOf(field: string): string {
  if (field === '\\N') return 'NULL';
  const value = field.replaceAll(/\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))/gs, (_, octal, hex, letter) => {
    if (octal) return String.fromCharCode(Number.parseInt(octal, 8));
    if (hex) return String.fromCharCode(Number.parseInt(hex, 16));
    return escapes[letter] ?? letter;
  });
  return `'${value.replaceAll("'", "''")}'`;
}
