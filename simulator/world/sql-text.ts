/** What a statement does, as far as a rehearsal must know it before PostgreSQL is asked. */

export const beginsTransaction = (text: string) => /^\s*(begin|start\s+transaction)\b/i.test(text);
export const endsTransaction = (text: string) => /^\s*(commit|end|rollback|abort)\b/i.test(text);
export const commits = (text: string) => /^\s*(commit|end)\b/i.test(text);
export const isReadOnlyBegin = (text: string) => beginsTransaction(text) && /\bread\s+only\b/i.test(text);
export const isReadWriteBegin = (text: string) => beginsTransaction(text) && /\bread\s+write\b/i.test(text);

/** Reads that are not: functions that change something although they are selected. */
const changing = /\b(pg_terminate_backend|pg_cancel_backend|nextval|setval|pg_promote)\s*\(/i;

/** What a server does to itself, which a read-only transaction may ask of it. */
export const actsOnServer = (text: string) => /\bpg_(terminate|cancel)_backend\s*\(/i.test(text);

/** Whether the statement may leave something behind when it is committed. */
export function writes(text: string): boolean {
  if (/^\s*with\b/i.test(text)) return /\b(insert|update|delete|merge)\b/i.test(text) || changing.test(text);
  if (/^\s*(select|values|table)\b/i.test(text)) return changing.test(text) || /\binto\b/i.test(text);
  return !/^\s*(show|explain|set|reset|fetch|declare|close|savepoint|release|lock|listen|discard)\b/i.test(
    text,
  );
}

/** Strings, quoted names and comments, in which nothing is replaced, and the words that are. */
const clock =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|\bcurrent_timestamp\b(?:\s*\(\s*\d\s*\))?/gi;

/** CURRENT_TIMESTAMP is grammar and can't be given another clock; `now()` means the same and can. */
export function onRehearsalClock(text: string): string {
  return text.replace(clock, found => (/^current_timestamp/i.test(found) ? 'now()' : found));
}

/** A change of the server's list of databases, which is no change inside any of them. */
export type CatalogChange =
  | { type: 'create'; database: string }
  | { type: 'drop'; database: string; ifExists: boolean }
  | { type: 'rename'; database: string; to: string };

const name = '("(?:[^"]|"")+"|\\w+)';
const createDatabase = new RegExp(`^\\s*create\\s+database\\s+${name}`, 'i');
const dropDatabase = new RegExp(`^\\s*drop\\s+database\\s+(if\\s+exists\\s+)?${name}`, 'i');
const renameDatabase = new RegExp(`^\\s*alter\\s+database\\s+${name}\\s+rename\\s+to\\s+${name}`, 'i');
const password = new RegExp(
  `^\\s*alter\\s+(?:role|user)\\s+${name}\\s.*\\bpassword\\s+'((?:[^']|'')*)'`,
  'is',
);

const readOnly = new RegExp(
  `^\\s*alter\\s+database\\s+${name}\\s+(?:reset\\s+default_transaction_read_only|set\\s+default_transaction_read_only\\s*(?:=|\\bto\\b)\\s*'?(\\w+)'?)`,
  'i',
);

export function catalogChange(text: string): CatalogChange | undefined {
  const created = createDatabase.exec(text)?.[1];
  if (created) return { type: 'create', database: plain(created) };
  const [, ifExists, dropped] = dropDatabase.exec(text) ?? [];
  if (dropped) return { type: 'drop', database: plain(dropped), ifExists: ifExists !== undefined };
  const [, from, to] = renameDatabase.exec(text) ?? [];
  return from && to ? { type: 'rename', database: plain(from), to: plain(to) } : undefined;
}

/** `ALTER ROLE … PASSWORD '…'` taken apart. */
export function passwordChange(text: string): { role: string; password: string } | undefined {
  const [, role, value] = password.exec(text) ?? [];
  return role && value !== undefined
    ? { role: plain(role), password: value.replaceAll("''", "'") }
    : undefined;
}

/** `ALTER DATABASE … SET default_transaction_read_only` taken apart; it holds for transactions that begin later. */
export function readOnlyChange(text: string): { database: string; on: boolean } | undefined {
  const [, database, value = 'off'] = readOnly.exec(text) ?? [];
  return database ? { database: plain(database), on: /^(on|true|yes|1)$/i.test(value) } : undefined;
}

/** Unquoted names are lower case. */
function plain(written: string): string {
  return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.toLowerCase();
}
