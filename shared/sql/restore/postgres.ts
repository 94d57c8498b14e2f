import type { RestorePart } from './part.ts';

/** Plain and custom dumps of pg_dump, with the hooks of TimescaleDB where the live database has it. */
export const postgresRestore: RestorePart = {
  tools: ['psql', 'pg_restore', 'createdb', 'dropdb'],
  port: 5432,
  connect: `
export PGHOST=$DATABASE_HOST PGPORT=$DATABASE_PORT PGUSER=$DATABASE_USER PGPASSWORD=$DATABASE_PASSWORD
`,
  check: String.raw`
custom=no
if [ "$(head -c 5 "$dump")" = PGDMP ]; then
  custom=yes
  RESTORED_FORMAT=custom
  pg_restore --list "$dump" > /dev/null || fail "the table of contents of the dump can't be read"
else
  tail -c 4096 "$dump" | grep -q "PostgreSQL database dump complete" || fail "the dump has no end: it is cut off"
  if grep -qE '^(\\connect |CREATE DATABASE |DROP DATABASE )' "$dump"; then
    fail "the dump names its own database; make it without --create"
  fi
fi
`,
  load: `
# What an earlier attempt of this run left half done is made anew; its name is the run's own.
dropdb --if-exists "$NEW_DATABASE"
createdb --template template0 "$NEW_DATABASE"
new() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$NEW_DATABASE" "$@"; }
timescale=$(psql -X -A -t -q -d "$LIVE_DATABASE" -c "SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'" || echo 0)
if [ "$timescale" = 1 ]; then
  new -c "CREATE EXTENSION IF NOT EXISTS timescaledb"
  new -c "SELECT timescaledb_pre_restore()" > /dev/null
fi
if [ "$custom" = yes ]; then
  pg_restore --exit-on-error --no-owner --no-privileges -d "$NEW_DATABASE" "$dump"
else
  new -f "$dump" > /dev/null
fi
if [ "$timescale" = 1 ]; then new -c "SELECT timescaledb_post_restore()" > /dev/null; fi
new -c "ANALYZE"
`,
  ask: 'new -c',
};
