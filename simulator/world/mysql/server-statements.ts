import { expression, literal, MysqlFailure, NotPlayed, quoted, type Scope } from './expressions.ts';
import { are, find, type Token } from './tokens.ts';

/** Statements about the server and its sessions, which are no SQL of PostgreSQL's at all. */

/** The log of a simulated server is a number that grows with each commit; a file holds 4 GiB of it. */
const logAt = "coalesce(nullif(current_setting('rehearsal.log_at', true), ''), '0')::bigint";
const logFile = `'mysql-bin-changelog.' || lpad((${logAt} / 4294967296)::text, 6, '0')`;
const logPosition = `${logAt} % 4294967296`;
const receives = "current_setting('rehearsal.receives', true) = 'on'";
const behind = `CASE WHEN ${receives} THEN greatest(0, round(extract(epoch FROM now()) - current_setting('rehearsal.replayed_at', true)::numeric))::bigint END`;

const variables: Record<string, string> = {
  replica_net_timeout: '60',
  slave_net_timeout: '60',
  replica_preserve_commit_order: 'ON',
  slave_preserve_commit_order: 'ON',
  max_connections: '1000',
};

export function show(tokens: readonly Token[], scope: Scope): string {
  const rest = tokens.slice(1);
  const replica = are(rest, 0, 'REPLICA', 'STATUS');
  if (replica || are(rest, 0, 'SLAVE', 'STATUS')) return replicaStatus(replica && scope.engine !== 'mariadb');
  if (are(rest, 0, 'MASTER', 'STATUS')) return `SELECT ${logFile} AS "File", ${logPosition} AS "Position"`;
  // Every table of a rehearsal knows transactions.
  if (are(rest, 0, 'WARNINGS')) return `SELECT 'Note' AS "Level", 0 AS "Code" WHERE false`;
  const at = find(rest, 0, 'VARIABLES');
  if (at >= 0) {
    const known = Object.entries(variables)
      .filter(
        ([name]) => scope.engine === 'mariadb' || !name.startsWith('slave') || scope.engine !== 'mysql-8.4',
      )
      .map(([name, value]) => `(${literal(name)}, ${literal(value)})`);
    const where = are(rest, at + 1, 'LIKE')
      ? `WHERE "Variable_name" ILIKE ${literal(rest[at + 2]?.value ?? '')}`
      : expression(rest.slice(at + 1), scope).replaceAll(/\bvariable_name\b/gi, '"Variable_name"');
    return `SELECT * FROM (VALUES ${known.join(', ')}) AS known ("Variable_name", "Value") ${where}`;
  }
  if (are(rest, 0, 'DATABASES'))
    return 'SELECT schema_name AS "Database" FROM rehearsal.information_schema_schemata';
  if (are(rest, 0, 'TABLES'))
    return 'SELECT table_name AS "Tables" FROM information_schema.tables WHERE table_schema = \'public\' ORDER BY 1';
  throw new NotPlayed(`a rehearsal does not play SHOW ${rest.map(({ value }) => value).join(' ')}`);
}

/** MySQL 8 has new names for the columns, MariaDB the old ones, whatever was asked. */
function replicaStatus(newNames: boolean): string {
  const [replica, source] = newNames ? ['Replica', 'Source'] : ['Slave', 'Master'];
  const columns = {
    [`${replica}_IO_Running`]: `CASE WHEN ${receives} THEN 'Yes' ELSE 'Connecting' END`,
    [`${replica}_SQL_Running`]: "'Yes'",
    [`Seconds_Behind_${source}`]: behind,
    [`Relay_${source}_Log_File`]: logFile,
    [`Exec_${source}_Log_Pos`]: logPosition,
    [`${source}_Log_File`]: logFile,
    [`Read_${source}_Log_Pos`]: logPosition,
  };
  const list = Object.entries(columns).map(([name, value]) => `${value} AS "${name}"`);
  return `SELECT ${list.join(', ')} WHERE pg_is_in_recovery()`;
}

/** `KILL 4101`, and what the master user of RDS has for it. */
export function kill(tokens: readonly Token[]): string {
  const id = tokens.find(({ kind }) => kind === 'number')?.value;
  if (id === undefined) throw new MysqlFailure('1064', 'You have an error in your SQL syntax near KILL');
  return `SELECT pg_terminate_backend(${id})`;
}

/** A master user of RDS changes nothing of the whole server by SQL. */
export function set(tokens: readonly Token[]): string {
  if (are(tokens, 1, 'GLOBAL') || tokens[1]?.value.toLowerCase().startsWith('@@global.'))
    throw new MysqlFailure(
      '1227',
      'Access denied; you need (at least one of) the SYSTEM_VARIABLES_ADMIN privilege(s) for this operation',
    );
  if (tokens[1]?.value.startsWith('@') && !tokens[1].value.startsWith('@@'))
    throw new NotPlayed(`a rehearsal keeps no variables such as ${tokens[1].value}`);
  // A setting of the session, which ends with it.
  return "SET rehearsal.ignored TO 'on'";
}

const lockAccount = (user: string, locked: boolean) =>
  `INSERT INTO rehearsal.accounts VALUES (${literal(user)}, ${locked}) ON CONFLICT (name) DO UPDATE SET locked = excluded.locked`;

/** `ALTER USER 'app'@'%' IDENTIFIED BY '…'`, or `ACCOUNT LOCK`. */
export function alterUser(tokens: readonly Token[]): string {
  const at = find(tokens, 0, 'IDENTIFIED');
  const password = tokens.slice(at).find(({ kind }) => kind === 'text')?.value;
  const user = tokens.slice(2).find(({ kind }) => kind !== 'sign' && kind !== 'variable')?.value;
  const lock = find(tokens, 0, 'ACCOUNT');
  if (lock >= 0 && user !== undefined) return lockAccount(user, are(tokens, lock + 1, 'LOCK'));
  if (at < 0 || password === undefined || user === undefined)
    throw new NotPlayed('a rehearsal plays ALTER USER … IDENTIFIED BY, ACCOUNT LOCK and ACCOUNT UNLOCK only');
  return `ALTER ROLE ${`"${user}"`} PASSWORD ${literal(password)}`;
}

export function database(tokens: readonly Token[]): string {
  const verb = tokens[0]?.value.toUpperCase();
  const name = tokens.findLast(({ kind }, at) => at > 1 && (kind === 'name' || kind === 'word'));
  const first = tokens.slice(2).find(({ value }) => !/^(if|not|exists)$/i.test(value)) ?? name;
  const ifExists = verb === 'DROP' && are(tokens, 2, 'IF') ? 'IF EXISTS ' : '';
  return `${verb} DATABASE ${ifExists}${quoted(first?.value ?? '')}`;
}
