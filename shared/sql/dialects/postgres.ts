import { isRefusedWith } from '../../network/sql-errors.ts';
import type { Asking, Replay, SqlDialect } from './dialect.ts';

const quoteText = (text: string) => `'${text.replaceAll("'", "''")}'`;

const which = (users: readonly string[]) => {
  const only = users.length > 0 ? ` AND usename IN (${users.map(quoteText).join(', ')})` : '';
  return `FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'${only}`;
};

/** object_not_in_prerequisite_state: an earlier request has brought it out of recovery in this very moment. */
const notInRecovery = '55000';

/** A place in the write-ahead log, such as 16/B374D848. */
const isPosition = /^[0-9a-f]+\/[0-9a-f]+$/i;

/**
 * RDS measures its metric ReplicaLag in the same way. A source without writes of its own looks up to five minutes older
 * than it is, so the loss that follows from it is "at most".
 */
async function replayedBy(connection: Asking): Promise<Replay> {
  const { rows } = await connection.query(
    'SELECT pg_is_in_recovery() AS in_recovery, extract(epoch FROM pg_last_xact_replay_timestamp())::float8 AS replayed_at',
  );
  const { in_recovery: replica, replayed_at: at } = rows[0] ?? {};
  if (replica !== true) return { why: 'is not in recovery' };
  if (typeof at !== 'number') return { why: 'has replayed nothing yet' };
  return { at: new Date(Math.round(at * 1000)) };
}

/** PostgreSQL, on RDS, Aurora or a server of the system's own. */
export const postgres: SqlDialect = {
  name: 'PostgreSQL',
  protocol: 'postgresql:',
  port: 5432,
  anyDatabase: 'postgres',
  quoteName: name => `"${name.replaceAll('"', '""')}"`,
  quoteText,
  writer: {
    query: 'SELECT pg_is_in_recovery() AS in_recovery',
    standsBy: row => (row?.in_recovery === false ? undefined : { why: 'is still in recovery' }),
    howToStop: 'ALTER DATABASE … SET default_transaction_read_only = on, then end its sessions',
  },
  replica: {
    replayed: replayedBy,
    async position(connection) {
      const { rows } = await connection.query('SELECT pg_current_wal_lsn()::text AS position');
      const position = rows[0]?.position;
      return typeof position === 'string' && isPosition.test(position) ? position : undefined;
    },
    async hasReached(connection, position) {
      if (!isPosition.test(position)) return false;
      const query = `SELECT pg_last_wal_replay_lsn() >= '${position}'::pg_lsn AS has_all`;
      return (await connection.query(query)).rows[0]?.has_all === true;
    },
    async follows(connection) {
      return (
        (await connection.query('SELECT pg_is_in_recovery() AS in_recovery')).rows[0]?.in_recovery === true
      );
    },
    async promote(connection) {
      // It answers at once, and applies what it has received before it comes out of recovery.
      await connection.query('SELECT pg_promote(false)').catch(error => {
        if (!isRefusedWith(error, notInRecovery)) throw error;
      });
      return undefined;
    },
  },
  sessions: {
    count: users => `SELECT count(*) ${which(users)}`,
    async end(connection, users) {
      await connection.query(`SELECT pg_terminate_backend(pid) ${which(users)}`);
    },
  },
  databases: 'SELECT datname AS name FROM pg_database',
  // CREATE DATABASE and its kin refuse to run in a transaction at all.
  commitsByItself: () => false,
};
