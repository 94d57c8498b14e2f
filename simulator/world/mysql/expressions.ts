import { are, behindBracket, split, type Token } from './tokens.ts';

/** What an expression may refer to that is not in it. */
export type Scope = {
  /** Name of the database that is connected to. */
  database: string;
  /** As RDS names it. */
  engine: string;
};

/** A statement, or a part of one, that the rehearsal can't play. */
export class NotPlayed extends Error {}

/** A failure that the server itself answers, with its own number. */
export class MysqlFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export const quoted = (name: string) => `"${name.toLowerCase().replaceAll('"', '""')}"`;
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

const now = 'now()';
const epoch = (time: string) => `extract(epoch FROM ${time})`;
/** Times that are written as text have no type of their own. */
const asTime = (text: string) => (/^'.*'$/s.test(text) ? `${text}::timestamptz` : text);
const units: Record<string, number> = {
  MICROSECOND: 1e-6,
  SECOND: 1,
  MINUTE: 60,
  HOUR: 3600,
  DAY: 86_400,
  WEEK: 604_800,
};

/** Functions by name, of the arguments as PostgreSQL reads them. */
const functions: Record<string, (...given: string[]) => string> = {
  NOW: () => now,
  CURRENT_TIMESTAMP: () => now,
  LOCALTIME: () => now,
  LOCALTIMESTAMP: () => now,
  SYSDATE: () => now,
  UTC_TIMESTAMP: () => now,
  CURDATE: () => `${now}::date`,
  CURRENT_DATE: () => `${now}::date`,
  UTC_DATE: () => `${now}::date`,
  UNIX_TIMESTAMP: (time = now) => epoch(asTime(time)),
  FROM_UNIXTIME: seconds => `to_timestamp(${seconds})`,
  DATE_ADD: (time = '', span = '') => `(${asTime(time)} + ${span})`,
  DATE_SUB: (time = '', span = '') => `(${asTime(time)} - ${span})`,
  DATE: (time = '') => `(${asTime(time)})::date`,
  DATEDIFF: (one = '', other = '') => `((${asTime(one)})::date - (${asTime(other)})::date)`,
  IFNULL: (...all) => `coalesce(${all.join(', ')})`,
  IF: (when, yes, no) => `(CASE WHEN ${when} THEN ${yes} ELSE ${no} END)`,
  ISNULL: value => `(${value} IS NULL)`,
  RAND: () => 'random()',
  UUID: () => 'gen_random_uuid()::text',
  DATABASE: () => 'current_database()',
  SCHEMA: () => 'current_database()',
  CONNECTION_ID: () => 'pg_backend_pid()',
  LAST_INSERT_ID: () => 'lastval()',
  CHAR_LENGTH: text => `char_length(${text})`,
  LENGTH: text => `octet_length(${text})`,
  LCASE: text => `lower(${text})`,
  UCASE: text => `upper(${text})`,
  GROUP_CONCAT: (value = '') => `string_agg((${value})::text, ',')`,
  CRC32: text => `hashtext((${text})::text)`,
  JSON_EXTRACT: (from, path = "''") => `jsonb_path_query_first((${from})::jsonb, (${path})::jsonpath)`,
};
/** Those of them that may stand without brackets. */
const bare = new Set(
  'CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP CURRENT_DATE UTC_TIMESTAMP UTC_DATE'.split(' '),
);

/** Words and signs that PostgreSQL has under another name. */
const renamed: Record<string, string> = {
  '<=>': 'IS NOT DISTINCT FROM',
  '||': 'OR',
  '&&': 'AND',
  '!': 'NOT',
  LIKE: 'ILIKE',
  REGEXP: '~*',
  RLIKE: '~*',
  DIV: '/',
  MOD: '%',
  USER: '"user"',
};

/** Server variables; what a replica says of itself is in the settings of the rehearsal. */
const readOnly = "(current_setting('rehearsal.read_only', true) = 'on')::int";
const inRecovery = "(current_setting('rehearsal.in_recovery', true) = 'on')::int";
function variableOf(name: string, { engine }: Scope): string {
  const known: Record<string, string> = {
    read_only: readOnly,
    super_read_only: readOnly,
    // Readers of Aurora share the writer's storage, and can not write to it at all.
    innodb_read_only: engine.startsWith('aurora') ? inRecovery : '0',
    version: literal(engine === 'mariadb' ? '10.11.8-MariaDB' : '8.0.39'),
    autocommit: '1',
    hostname: literal('rehearsal'),
  };
  const plain = name.replace(/^@@(global\.|session\.|local\.)?/i, '').toLowerCase();
  const value = known[plain];
  if (value !== undefined) return value;
  throw new NotPlayed(`a rehearsal does not know the variable ${name}`);
}

/** Tables of the server that the rehearsal has under another name. */
const serverTables = new Set(
  'information_schema.processlist information_schema.innodb_trx information_schema.schemata information_schema.tables mysql.user performance_schema.replication_applier_status_by_worker'.split(
    ' ',
  ),
);

/** An expression, or a whole SELECT, in PostgreSQL's words. */
export function expression(tokens: readonly Token[], scope: Scope): string {
  const out: string[] = [];
  for (let at = 0; at < tokens.length; ) {
    const next = special(tokens, at, scope) ?? { text: plain(tokens[at] as Token, scope), end: at + 1 };
    out.push(next.text);
    at = next.end;
  }
  return out.filter(text => text !== '').join(' ');
}

type Part = { text: string; end: number };

function special(tokens: readonly Token[], at: number, scope: Scope): Part | undefined {
  const token = tokens[at] as Token;
  const upper = token.kind === 'word' ? token.value.toUpperCase() : '';
  const made = Object.hasOwn(functions, upper) ? functions[upper] : undefined;
  if (are(tokens, at + 1, '(')) {
    const end = behindBracket(tokens, at + 1);
    const given = tokens.slice(at + 2, end - 1);
    if (upper === 'TIMESTAMPDIFF') return { text: difference(given, scope), end };
    if (upper === 'CAST' || upper === 'CONVERT') return { text: cast(given, scope), end };
    if (made) return { text: made(...split(given).map(part => expression(part, scope))), end };
  }
  if (made && bare.has(upper)) return { text: made(), end: at + 1 };
  if (upper === 'INTERVAL') return interval(tokens, at, scope);
  if (upper === 'FROM' && are(tokens, at + 1, 'DUAL')) return { text: '', end: at + 2 };
  if (upper === 'LOCK' && are(tokens, at + 1, 'IN', 'SHARE', 'MODE'))
    return { text: 'FOR SHARE', end: at + 4 };
  if (upper === 'LIMIT' && are(tokens, at + 2, ','))
    return { text: `LIMIT ${tokens[at + 3]?.value} OFFSET ${tokens[at + 1]?.value}`, end: at + 4 };
  if (/^(USE|FORCE|IGNORE)$/.test(upper) && /^(INDEX|KEY)$/i.test(tokens[at + 1]?.value ?? ''))
    return { text: '', end: behindBracket(tokens, at + 2) };
  if (upper === 'BINARY' || upper === 'SQL_NO_CACHE' || upper === 'STRAIGHT_JOIN')
    return { text: '', end: at + 1 };
  if (are(tokens, at + 1, '.') && (token.kind === 'word' || token.kind === 'name'))
    return inDatabase(tokens, at, scope);
  return undefined;
}

/** `shop.orders` in the database shop is orders; tables of the server are the rehearsal's own. */
function inDatabase(tokens: readonly Token[], at: number, { database, engine }: Scope): Part | undefined {
  const schema = tokens[at]?.value ?? '';
  const table = `${schema}.${tokens[at + 2]?.value}`.toLowerCase();
  if (!/^(information_schema|performance_schema|mysql|sys)$/i.test(schema))
    return schema === database ? { text: '', end: at + 2 } : undefined;
  if (!serverTables.has(table)) throw new NotPlayed(`a rehearsal has no ${table}`);
  if (table === 'mysql.user' && engine === 'mariadb')
    throw new NotPlayed('MariaDB keeps locked accounts in mysql.global_priv, which a rehearsal has not');
  if (table.endsWith('by_worker') && engine === 'mariadb')
    throw new MysqlFailure(
      '1054',
      "Unknown column 'LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP' in 'SELECT'",
    );
  return { text: `rehearsal.${table.replace('.', '_')}`, end: at + 3 };
}

/** `INTERVAL 5 MINUTE`, where the number may be an expression in brackets. */
function interval(tokens: readonly Token[], at: number, scope: Scope): Part {
  const minus = are(tokens, at + 1, '-') ? 1 : 0;
  const from = at + 1 + minus;
  const end = are(tokens, from, '(') ? behindBracket(tokens, from) : from + 1;
  const unit = tokens[end]?.value.toLowerCase() ?? '';
  if (!/^(microsecond|second|minute|hour|day|week|month|year)$/.test(unit))
    throw new NotPlayed(`a rehearsal does not know INTERVAL … ${unit.toUpperCase()}`);
  const amount = expression(tokens.slice(from, end), scope);
  const number = /^'.*'$/.test(amount) ? `${amount}::numeric` : amount;
  return { text: `(${minus ? '-' : ''}${number} * interval '1 ${unit}')`, end: end + 1 };
}

function difference(given: readonly Token[], scope: Scope): string {
  const [unit = [], from = [], to = []] = split(given);
  const seconds = units[unit[0]?.value.toUpperCase() ?? ''];
  if (seconds === undefined)
    throw new NotPlayed(`a rehearsal does not know TIMESTAMPDIFF(${unit[0]?.value}, …)`);
  const [a, b] = [from, to].map(part => asTime(expression(part, scope)));
  return `trunc(${epoch(`(${b} - ${a})`)} / ${seconds})::bigint`;
}

const castTypes: Record<string, string> = {
  SIGNED: 'bigint',
  UNSIGNED: 'numeric',
  CHAR: 'text',
  DATETIME: 'timestamptz',
};

function cast(given: readonly Token[], scope: Scope): string {
  const at = given.findIndex((_, index) => are(given, index, 'AS'));
  if (at < 0) throw new NotPlayed('a rehearsal plays CAST(… AS …) only');
  const type = given[at + 1]?.value.toUpperCase() ?? '';
  const rest = given.slice(at + 2).map(({ value }) => value);
  const named = castTypes[type] ?? `${type}${rest.join('')}`;
  return `(${expression(given.slice(0, at), scope)})::${named}`;
}

function plain({ kind, value }: Token, scope: Scope): string {
  if (kind === 'text') return literal(value);
  if (kind === 'name') return quoted(value);
  if (kind === 'number') return value.startsWith('0x') ? `'\\x${value.slice(2)}'::bytea` : value;
  if (kind === 'variable') {
    if (value.startsWith('@@')) return variableOf(value, scope);
    throw new NotPlayed(`a rehearsal keeps no variables such as ${value}`);
  }
  const other = renamed[value.toUpperCase()];
  return other ?? value;
}
