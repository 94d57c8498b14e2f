import { isRefusedWith } from '../../network/sql-errors.ts';
import type { Asking, Replay, Row } from './dialect.ts';

/** What a replica of MySQL or MariaDB says of its replication; the two, and their versions, name the columns apart. */
type Status = {
  receives: boolean;
  secondsBehind: number | undefined;
  /** File and position in its source's log up to which it has applied everything. */
  applied: { file: string; position: bigint } | undefined;
  /** The same of what it has received. */
  received: { file: string; position: bigint } | undefined;
};

/** What a server answers to words that came after it. */
const unknownSyntax = '1064';

async function statusOf(connection: Asking): Promise<Status | undefined> {
  const { rows } = await either(connection, 'SHOW REPLICA STATUS', 'SHOW SLAVE STATUS');
  const [row] = rows;
  if (row === undefined) return undefined;
  const value = (...names: string[]) => names.map(name => row[name]).find(one => one !== undefined);
  const behind = value('Seconds_Behind_Source', 'Seconds_Behind_Master');
  return {
    receives: value('Replica_IO_Running', 'Slave_IO_Running') === 'Yes',
    secondsBehind: behind === null || behind === undefined ? undefined : Number(behind),
    applied: place(
      value('Relay_Source_Log_File', 'Relay_Master_Log_File'),
      value('Exec_Source_Log_Pos', 'Exec_Master_Log_Pos'),
    ),
    received: place(
      value('Source_Log_File', 'Master_Log_File'),
      value('Read_Source_Log_Pos', 'Read_Master_Log_Pos'),
    ),
  };
}

function place(file: unknown, position: unknown): Status['applied'] {
  const text = String(position ?? '');
  return typeof file === 'string' && file !== '' && /^\d+$/.test(text)
    ? { file, position: BigInt(text) }
    : undefined;
}

/**
 * Two things are known, and the later of them counts, since both are at least what it has. When the last transaction that
 * it applied was committed at the source; and, while it receives, how many seconds it says that it is behind. A source
 * that has vanished is noticed only after `net_timeout`, and so long it says zero: that time is taken off.
 */
export async function replayedBy(connection: Asking, now: Date): Promise<Replay> {
  const status = await statusOf(connection);
  if (status === undefined) return { why: 'is no replica' };
  const known = [await lastApplied(connection)];
  if (status.receives && status.secondsBehind !== undefined) {
    known.push(now.getTime() - (status.secondsBehind + (await silenceSeconds(connection))) * 1000);
  }
  const times = known.filter(time => time !== undefined);
  if (times.length > 0) return { at: new Date(Math.max(...times)) };
  return {
    why: status.receives
      ? 'does not say how far it is'
      : 'receives nothing, and keeps no times of what it has',
  };
}

/**
 * Milliseconds since the epoch. MySQL 8 keeps the time of the original commit; MariaDB does not, nor a server without
 * the performance schema. Workers that commit in another order than the source would have gaps before the newest.
 */
async function lastApplied(connection: Asking): Promise<number | undefined> {
  try {
    const { rows } = await connection.query(
      'SELECT UNIX_TIMESTAMP(MAX(LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP)) AS applied_at, COUNT(*) AS workers FROM performance_schema.replication_applier_status_by_worker',
    );
    const seconds = Number(rows[0]?.applied_at ?? 0);
    if (!(seconds > 0)) return undefined;
    const inOrder = Number(rows[0]?.workers) <= 1 || (await keepsOrder(connection));
    return inOrder ? Math.floor(seconds * 1000) : undefined;
  } catch (error) {
    // No such column or table, or it may not be read.
    if (['1054', '1142', '1146'].some(code => isRefusedWith(error, code))) return undefined;
    throw error;
  }
}

async function keepsOrder(connection: Asking): Promise<boolean> {
  const found = await variable(connection, 'replica_preserve_commit_order', 'slave_preserve_commit_order');
  return /^(on|1)$/i.test(String(found));
}

/** Default of all servers: 60 s. */
async function silenceSeconds(connection: Asking): Promise<number> {
  return Number((await variable(connection, 'replica_net_timeout', 'slave_net_timeout')) ?? 60);
}

/** One of these global variables, whichever the server knows. */
async function variable(connection: Asking, ...names: string[]): Promise<unknown> {
  const wanted = names.map(name => `'${name}'`).join(', ');
  const { rows } = await connection.query(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${wanted})`);
  return rows.map(({ Value }) => Value).find(value => value !== undefined);
}

/** Where the log of a source ends. 1064: SHOW BINARY LOG STATUS came with MySQL 8.2, and 8.4 knows no other. */
export async function positionAt(connection: Asking): Promise<string | undefined> {
  const { rows } = await connection.query('SHOW MASTER STATUS').catch(error => {
    if (!isRefusedWith(error, unknownSyntax)) throw error;
    return connection.query('SHOW BINARY LOG STATUS');
  });
  const { File, Position }: Row = rows[0] ?? {};
  const found = place(File, Position);
  return found && `${found.file}:${found.position}`;
}

export async function followsSource(connection: Asking): Promise<boolean> {
  return (await statusOf(connection)) !== undefined;
}

/**
 * Forgets its source, so that it follows nobody after a restart either, and takes writes; super_read_only goes with
 * read_only. What it has received and not applied would be thrown away with the rest, so that is waited for.
 */
export async function promote(connection: Asking): Promise<string | undefined> {
  if (await followsSource(connection)) {
    await either(connection, 'STOP REPLICA IO_THREAD', 'STOP SLAVE IO_THREAD');
    const status = await statusOf(connection);
    const { received, applied } = status ?? {};
    const isApplied = received?.file === applied?.file && received?.position === applied?.position;
    if (status && !(applied && isApplied)) return 'has still to apply what it has received';
    await either(connection, 'STOP REPLICA', 'STOP SLAVE');
    await either(connection, 'RESET REPLICA ALL', 'RESET SLAVE ALL');
  }
  await connection.query('SET GLOBAL read_only = 0');
  return undefined;
}

/** MySQL before 8.0.22 and MariaDB before 10.5.1 know the old words only. */
function either(connection: Asking, now: string, before: string): ReturnType<Asking['query']> {
  return connection.query(now).catch(error => {
    if (!isRefusedWith(error, unknownSyntax)) throw error;
    return connection.query(before);
  });
}

/** Log files have a number at their end that grows; within one the position does. */
export async function hasReached(connection: Asking, position: string): Promise<boolean> {
  const [, file = '', at = ''] = /^(.+):(\d+)$/.exec(position) ?? [];
  const wanted = place(file, at);
  const applied = (await statusOf(connection))?.applied;
  if (wanted === undefined || applied === undefined) return false;
  if (applied.file === wanted.file) return applied.position >= wanted.position;
  const [a, b] = [numberOf(applied.file), numberOf(wanted.file)];
  return a !== undefined && b !== undefined && a > b;
}

function numberOf(file: string): number | undefined {
  const digits = /\.(\d+)$/.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
