import type { Connection, ConnectionOptions, QueryError, QueryResult, TypeCastField } from 'mysql2';
import { ServiceUnavailableError } from '../errors.ts';
import type { SqlConnection, SqlOptions } from '../ports.ts';
import { isLoopback } from './is-loopback.ts';
import { sqlError } from './sql-errors.ts';

type Rows = Record<string, unknown>[];

/** How much longer than the server's own limit an answer is waited for. */
const graceMs = 2_000;
/** Error 1193: the server knows no such variable. */
const unknownVariable = 1193;

/**
 * `connectSql` for MySQL and MariaDB, with `mysql2`. Values come as those of PostgreSQL do: BIGINT and DECIMAL as text,
 * DATE, DATETIME and TIMESTAMP as Date (the session is in UTC), BLOB as Buffer, JSON as what it says.
 */
export async function connectMysql(options: SqlOptions): Promise<SqlConnection> {
  const { hostname } = new URL(options.url);
  const session = await open(options);
  const query = async (text: string): Promise<{ rows: Rows }> => {
    try {
      return { rows: await session.run(text, options.statementTimeoutMs + graceMs) };
    } catch (error) {
      if (error instanceof TooLate) {
        // The server would go on, and might commit after this step has said that it did not.
        await kill(options, session.threadId).catch(() => {});
        session.destroy();
      }
      throw translate(error, hostname);
    }
  };
  try {
    for (const text of settingsOf(options.statementTimeoutMs)) await query(text);
    await limit(session, options);
  } catch (error) {
    session.destroy();
    throw error instanceof ServiceUnavailableError ? error : translate(error, hostname);
  }
  return { query, end: () => session.end() };
}

/**
 * MySQL ends only SELECTs by itself (max_execution_time, ms), MariaDB every statement (max_statement_time, seconds). What
 * waits for a lock ends by the limits for locks, which are an hour and more by default.
 */
function settingsOf(timeoutMs: number): string[] {
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  return [
    `SET SESSION time_zone = '+00:00', autocommit = 1, lock_wait_timeout = ${seconds}, innodb_lock_wait_timeout = ${seconds}`,
  ];
}

async function limit({ run }: Session, { statementTimeoutMs }: SqlOptions): Promise<void> {
  const waitMs = statementTimeoutMs + graceMs;
  try {
    await run(`SET SESSION max_execution_time = ${Math.ceil(statementTimeoutMs)}`, waitMs);
  } catch (error) {
    if ((error as Partial<QueryError>).errno !== unknownVariable) throw error;
    await run(`SET SESSION max_statement_time = ${statementTimeoutMs / 1000}`, waitMs);
  }
}

type Session = {
  threadId: number | null;
  run(text: string, timeoutMs: number): Promise<Rows>;
  destroy(): void;
  end(): Promise<void>;
};

/** A client-side time-out: nothing came back within this time. */
class TooLate extends Error {}

async function open(options: SqlOptions): Promise<Session> {
  const { hostname } = new URL(options.url);
  // Half of the functions never meet a MySQL: its client is loaded when one is asked for.
  const { createConnection } = (await import('mysql2')).default;
  const connection = createConnection(settings(options));
  // Without a listener a connection that breaks while idle would end the process; the next query reports it.
  connection.on('error', () => {});
  await new Promise<void>((resolve, reject) =>
    connection.connect(error => (error ? reject(error) : resolve())),
  ).catch(error => {
    connection.destroy();
    throw translate(error, hostname);
  });
  return {
    threadId: connection.threadId,
    run: (text, timeoutMs) => run(connection, text, timeoutMs),
    destroy: () => connection.destroy(),
    end: () => end(connection),
  };
}

function settings({ url, connectTimeoutMs }: SqlOptions): ConnectionOptions {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const plain = searchParams.has('ssl-mode')
    ? searchParams.get('ssl-mode')?.toUpperCase() === 'DISABLED'
    : isLoopback(hostname);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)) || undefined,
    connectTimeout: connectTimeoutMs,
    ...(!plain && { ssl: { rejectUnauthorized: true, verifyIdentity: true } }),
    charset: 'UTF8MB4_GENERAL_CI',
    multipleStatements: false,
    // The server may not ask this client for files.
    flags: ['-LOCAL_FILES'],
    supportBigNumbers: true,
    bigNumberStrings: true,
    timezone: 'Z',
    typeCast: asPostgresGives,
    // No parsers that are made of text at run time: a few rows need none.
    disableEval: true,
    connectAttributes: { program_name: 'lifeboat' },
  } as ConnectionOptions;
}

const dates = new Set(['DATE', 'DATETIME', 'DATETIME2', 'TIMESTAMP', 'TIMESTAMP2', 'NEWDATE']);

function asPostgresGives(field: TypeCastField, next: () => unknown): unknown {
  if (dates.has(field.type)) return toDate(field.string());
  if (field.type === 'BIT') {
    const bits = field.buffer();
    return bits && BigInt(`0x${bits.toString('hex') || '0'}`).toString();
  }
  return next();
}

/** MySQL's zero dates are none, and stay text. */
function toDate(text: string | null): Date | string | null {
  if (text === null) return null;
  const date = new Date(text.includes(' ') ? `${text.replace(' ', 'T')}Z` : `${text}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? text : date;
}

function run(connection: Connection, text: string, timeoutMs: number): Promise<Rows> {
  const { promise, resolve, reject } = Promise.withResolvers<Rows>();
  const late = setTimeout(() => reject(new TooLate(`nothing within ${timeoutMs} ms`)), timeoutMs);
  connection.query(text, (error: QueryError | null, result: QueryResult) => {
    if (error) reject(error);
    else resolve(rowsOf(result));
  });
  return promise.finally(() => clearTimeout(late));
}

/** A procedure gives several results, of which the first counts; what is no SELECT gives none. */
function rowsOf(result: QueryResult): Rows {
  if (!Array.isArray(result)) return [];
  const [first] = result;
  return (Array.isArray(first) ? first : result) as Rows;
}

async function kill(options: SqlOptions, threadId: number | null): Promise<void> {
  if (threadId === null) return;
  const other = await open(options);
  try {
    await other.run(`KILL QUERY ${threadId}`, graceMs);
  } finally {
    other.destroy();
  }
}

function end(connection: Connection): Promise<void> {
  return new Promise(resolve => {
    const late = setTimeout(() => {
      connection.destroy();
      resolve();
    }, 1_000);
    connection.end(() => {
      clearTimeout(late);
      resolve();
    });
  });
}

/** An error of the server has a number and a SQLSTATE; one of the network or of the client has not. */
function translate(error: unknown, hostname: string): Error {
  const { message = String(error), name, code, errno, sqlState } = error as Partial<QueryError>;
  const said = message || code || name || 'unknown error';
  const fromServer = sqlState !== undefined && typeof errno === 'number' && errno >= 1000;
  return sqlError(hostname, { message: said, ...(fromServer && { code: String(errno) }), cause: error });
}
