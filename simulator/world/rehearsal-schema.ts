/**
 * What the embedded PostgreSQL answers in the place of its own functions and views, which know one session, one
 * database and one clock. The schema stands before `pg_catalog` in the search path and after `public`.
 *
 * - `now()` is the time of the statement: committed statements are replayed in one transaction with the query, and
 *   each has to see its own time.
 * - Settings (`rehearsal.*`, set for one transaction) say which of the simulated servers is meant.
 * - What has the name of a schema of MySQL before it is that table of MySQL (`mysql/expressions.ts`).
 * - `accounts` are users of a MySQL, of which those of applications are known once they were locked.
 * - `sessions` are those of the application that are open when the world begins; who ends one deletes its row.
 */
export const rehearsalSchema = `
CREATE SCHEMA rehearsal;
CREATE FUNCTION rehearsal.now() RETURNS timestamptz LANGUAGE sql STABLE AS
  'SELECT pg_catalog.statement_timestamp()';
CREATE FUNCTION rehearsal.transaction_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
  'SELECT pg_catalog.statement_timestamp()';
CREATE FUNCTION rehearsal.pg_is_in_recovery() RETURNS boolean LANGUAGE sql STABLE AS
  'SELECT pg_catalog.current_setting(''rehearsal.in_recovery'', true) = ''on''';
CREATE FUNCTION rehearsal.pg_last_xact_replay_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
  'SELECT pg_catalog.to_timestamp(nullif(pg_catalog.current_setting(''rehearsal.replayed_at'', true), '''')::float8)';
CREATE FUNCTION rehearsal.pg_current_wal_lsn() RETURNS pg_lsn LANGUAGE sql STABLE AS
  'SELECT pg_catalog.current_setting(''rehearsal.wal'', true)::pg_lsn';
CREATE FUNCTION rehearsal.pg_last_wal_replay_lsn() RETURNS pg_lsn LANGUAGE sql STABLE AS
  'SELECT pg_catalog.current_setting(''rehearsal.wal'', true)::pg_lsn';
CREATE FUNCTION rehearsal.current_database() RETURNS name LANGUAGE sql STABLE AS
  'SELECT pg_catalog.current_setting(''rehearsal.database'', true)::name';
CREATE VIEW rehearsal.pg_database AS
  SELECT datname::name AS datname
  FROM pg_catalog.string_to_table(pg_catalog.current_setting('rehearsal.databases', true), ',') AS datname;
CREATE TABLE rehearsal.sessions (pid integer PRIMARY KEY, usename name, application_name text, state text);
INSERT INTO rehearsal.sessions VALUES
  (4101, 'app', 'web', 'idle'), (4102, 'app', 'web', 'active'), (4103, 'app', 'worker', 'idle in transaction');
CREATE VIEW rehearsal.pg_stat_activity AS
  SELECT pg_catalog.current_setting('rehearsal.database', true)::name AS datname, pid, usename, application_name,
    state, 'client backend'::text AS backend_type
  FROM rehearsal.sessions;
CREATE FUNCTION rehearsal.pg_terminate_backend(ended integer) RETURNS boolean LANGUAGE sql VOLATILE AS
  'WITH gone AS (DELETE FROM rehearsal.sessions WHERE pid = ended RETURNING 1) SELECT count(*) > 0 FROM gone';
CREATE VIEW rehearsal.information_schema_schemata AS SELECT datname::text AS schema_name FROM rehearsal.pg_database;
CREATE VIEW rehearsal.information_schema_tables AS
  SELECT rehearsal.current_database()::text AS table_schema, table_name::text, 'BASE TABLE'::text AS table_type
  FROM information_schema.tables WHERE table_schema = 'public';
CREATE VIEW rehearsal.information_schema_processlist AS
  SELECT pid AS id, usename::text AS "user", datname::text AS db,
    CASE state WHEN 'active' THEN 'Query' ELSE 'Sleep' END AS command
  FROM rehearsal.pg_stat_activity;
CREATE TABLE rehearsal.accounts (name text PRIMARY KEY, locked boolean NOT NULL);
INSERT INTO rehearsal.accounts VALUES ('lifeboat', false), ('app', false);
CREATE VIEW rehearsal.mysql_user AS
  SELECT name AS "user", '%'::text AS host, CASE WHEN locked THEN 'Y' ELSE 'N' END AS account_locked FROM rehearsal.accounts;
CREATE VIEW rehearsal.information_schema_innodb_trx AS
  SELECT pid AS trx_mysql_thread_id FROM rehearsal.sessions WHERE state = 'idle in transaction';
CREATE VIEW rehearsal.performance_schema_replication_applier_status_by_worker AS
  SELECT rehearsal.pg_last_xact_replay_timestamp() AS last_applied_transaction_original_commit_timestamp;
`;

export const searchPath = 'SET search_path = public, rehearsal, pg_catalog';
