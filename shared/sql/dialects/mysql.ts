import { isRefusedWith } from '../../network/sql-errors.ts';
import type { Asking, Row, SqlDialect } from './dialect.ts';
import { followsSource, hasReached, positionAt, promote, replayedBy } from './mysql-replication.ts';

/** Statements with an implicit commit. Source: MySQL 8.4 Reference Manual, section 15.3.3. */
const committing =
  /^\s*(alter|create(?!\s+temporary\s+table)|drop(?!\s+temporary\s+table)|rename|truncate|grant|revoke|install|uninstall|lock\s+tables|unlock\s+tables|analyze|cache\s+index|check\s+table|flush|load\s+index|optimize|repair|reset|set\s+password|change\s+(master|replication)|start\s+(slave|replica)|stop\s+(slave|replica))\b/i;

/** A backslash is an escape too, unless the server's NO_BACKSLASH_ESCAPES says otherwise. */
const quoteText = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** Threads of the server itself, among them those that feed its replicas. */
const ownThreads = "('Daemon', 'Binlog Dump', 'Binlog Dump GTID', 'Connect', 'Slave_IO', 'Slave_SQL')";
const which = (users: readonly string[]) => {
  const only = users.length > 0 ? ` AND USER IN (${users.map(quoteText).join(', ')})` : '';
  return `FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND COMMAND NOT IN ${ownThreads}${only}`;
};

/** MySQL and MariaDB, on RDS and Aurora. What only one of the two has is said where it is used. */
export const mysql: SqlDialect = {
  name: 'MySQL',
  protocol: 'mysql:',
  port: 3306,
  anyDatabase: 'information_schema',
  quoteName: name => `\`${name.replaceAll('`', '``')}\``,
  quoteText,
  writer: {
    // A reader of Aurora has innodb_read_only, a replica of RDS read_only, which a user with many rights may pass by.
    query: 'SELECT @@global.read_only AS read_only, @@global.innodb_read_only AS innodb_read_only',
    standsBy: row =>
      isOff(row, 'read_only') && isOff(row, 'innodb_read_only')
        ? undefined
        : { why: 'is read-only', readOnly: true },
    howToStop: 'rds.set-read-only, which sets read_only in its parameter group',
  },
  replica: { replayed: replayedBy, position: positionAt, hasReached, follows: followsSource, promote },
  sessions: {
    seesAll: {
      // Needs the privilege PROCESS, without which the list of sessions is silently short.
      query: 'SELECT COUNT(*) AS running FROM information_schema.INNODB_TRX',
      refusedWith: '1227',
      mend: 'Give the user of the checks the privilege PROCESS (GRANT PROCESS ON *.*), or end them by hand.',
    },
    count: users => `SELECT COUNT(*) AS sessions ${which(users)}`,
    end: endSessions,
  },
  databases: 'SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA',
  async tookAllBack(connection) {
    const { rows } = await connection.query('SHOW WARNINGS');
    return !rows.some(({ Code }) => Number(Code) === notTakenBack);
  },
  commitsByItself: statement =>
    committing.test(statement.replace(/^\s*(\/\*[\s\S]*?\*\/|--[^\n]*|#[^\n]*)/g, '')),
};

const isOff = (row: Row | undefined, name: string) => Number(row?.[name] ?? Number.NaN) === 0;

/** 1196: a table whose storage engine knows no transactions, such as MyISAM, was changed. */
const notTakenBack = 1196;

/** 1094: there is no such session any more. 1095: it is of another user, and this one may not end it. */
const [gone, notOurs] = ['1094', '1095'];

/** On RDS a master user without the privilege has a procedure for it (RDS User Guide, "Ending a session or query"). */
async function endSessions(connection: Asking, users: readonly string[]): Promise<void> {
  const { rows } = await connection.query(`SELECT ID AS id ${which(users)}`);
  for (const { id } of rows) {
    const number = Number(id);
    try {
      await connection.query(`KILL ${number}`).catch(error => {
        if (!isRefusedWith(error, notOurs)) throw error;
        return connection.query(`CALL mysql.rds_kill(${number})`);
      });
    } catch (error) {
      if (!isRefusedWith(error, gone)) throw error;
    }
  }
}
