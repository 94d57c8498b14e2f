import type { ByteReader } from './byte-reader.ts';
import { isWholePages } from './pg-custom.ts';
import { PlainDump } from './plain-rows.ts';
import { FileProblem } from './problem.ts';

export type SqlFacts = {
  dialect: 'postgres' | 'mysql' | 'sqlite';
  contentBytes: number;
  /** Tables with rows: of PostgreSQL all of them, of others where the file is small. */
  tables?: number;
};

/** What dumps of each program begin and end with. */
const dialects = [
  {
    dialect: 'postgres',
    begins: /-- PostgreSQL database (cluster )?dump/,
    // Minor versions since August 2025 write \unrestrict after the mark.
    ends: /-- PostgreSQL database (cluster )?dump complete\s*(--\s*)*(\\unrestrict \w+\s*)?(--\s*)*$/,
    mark: '-- PostgreSQL database dump complete',
  },
  {
    dialect: 'mysql',
    begins: /-- (MySQL|MariaDB) dump/,
    ends: /-- Dump completed( on [\d: -]+)?\s*$/,
    mark: '-- Dump completed',
  },
  { dialect: 'sqlite', begins: /^\s*(PRAGMA|BEGIN TRANSACTION)/, ends: /COMMIT;\s*$/, mark: 'COMMIT;' },
] as const;

const headLength = 4096;
const tailLength = 4096;
/** A dump of an empty database is smaller; only so much is looked through for rows. */
const searched = 256 * 1024;

export const looksLikeSql = (head: string) => dialects.some(({ begins }) => begins.test(head));

/**
 * Reads a plain SQL dump to its end, which must be the mark that the program writes last. `whole` says that the file
 * around it was not cut off (a gzip with its end), so that a missing mark can only mean that the dump stopped.
 */
export async function checkPlainSql(reader: ByteReader, whole: boolean): Promise<SqlFacts> {
  const head = (await reader.peek(headLength)).toString('latin1');
  const found = dialects.find(({ begins }) => begins.test(head));
  if (!found)
    throw new FileProblem('wrong-format', 'The text does not begin like a dump of PostgreSQL or MySQL');
  if (found.dialect === 'postgres') checkBeginning(head.slice(0, head.search(found.begins)));
  let tail: Buffer = Buffer.alloc(0);
  let contentBytes = 0;
  const small: Buffer[] = [];
  const dump = found.dialect === 'postgres' ? new PlainDump(head) : undefined;
  for await (const chunk of reader.take()) {
    contentBytes += chunk.length;
    dump?.take(chunk);
    if (contentBytes <= searched) small.push(Buffer.from(chunk));
    tail =
      chunk.length >= tailLength
        ? chunk.subarray(-tailLength)
        : Buffer.concat([tail, chunk]).subarray(-tailLength);
  }
  const end = tail.toString('latin1');
  // In the dump of a whole cluster every database has a key of its own, and none comes last.
  const ofCluster = /-- PostgreSQL database cluster dump/.test(head);
  const key = ofCluster ? undefined : /^\\restrict (\w+)$/m.exec(head)?.[1];
  const unlocked = key === undefined || new RegExp(`^\\\\unrestrict ${key}\\s*$`, 'm').test(end);
  if (!found.ends.test(end) || !end.endsWith('\n') || !unlocked) {
    throw unfinished(end, unlocked ? found.mark : `\\unrestrict ${key}`, whole || isWholePages(contentBytes));
  }
  dump?.end();
  if (contentBytes > searched) {
    return { dialect: found.dialect, contentBytes, ...(dump && dump.tables > 0 && { tables: dump.tables }) };
  }
  const tables = tablesWithRows(Buffer.concat(small).toString('latin1'));
  if (tables === 0) {
    throw new FileProblem(
      'empty',
      'The dump is complete and has no row of any table: the database was empty, or it was another one',
    );
  }
  return { dialect: found.dialect, contentBytes, tables };
}

/**
 * What somebody has put in front of a dump of PostgreSQL is comments, commands of psql or whole statements. Anything else
 * is what a program said while its output went into the file, and the first statement fails of it.
 */
function checkBeginning(before: string): void {
  const strange = before
    .replace(/^\xef\xbb\xbf/, '')
    .split('\n')
    .find(line => !/^\s*(--.*|\\.*|.*;\s*)?$/.test(line));
  if (strange === undefined) return;
  throw new FileProblem(
    'corrupt',
    `In front of the dump stands "${strange.trim().slice(0, 120)}", which is no SQL`,
    'Keep messages and prompts out of the file (`pg_dump … > FILE 2> LOG`, and a ~/.pgpass), and take a backup now.',
  );
}

/** pg_dump and mysqldump write whole lines, so half a line means that the file was cut. */
function unfinished(end: string, mark: string, whole: boolean): FileProblem {
  const cut = !whole && !end.endsWith('\n');
  const where = cut ? 'in the middle of a line' : 'after a whole line';
  return new FileProblem(
    cut ? 'truncated' : 'half-written',
    `The dump ends ${where}, without the line "${mark}" that is written last`,
  );
}

function tablesWithRows(text: string): number {
  const copied = text.matchAll(/^COPY (\S+) .*FROM stdin;\n(?!\\\.)/gm);
  const inserted = text.matchAll(/^INSERT INTO (\S+)/gm);
  return new Set([...copied, ...inserted].map(([, table]) => table)).size;
}
