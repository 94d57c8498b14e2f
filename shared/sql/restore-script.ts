/**
 * The script that a build runs to restore a dump of PostgreSQL into a new database. A function could not: it has
 * fifteen minutes, little disk, and no pg_restore. The format is told by the first bytes, never by the name.
 *
 * Variables: PGHOST, PGPORT (may be empty: then from the credentials), CREDENTIALS (a connection URL, or JSON with
 * url, or username and password), LIVE_DATABASE, NEW_DATABASE, DUMP_REGION, DUMP_BUCKET, DUMP_KEY, DUMP_VERSION and
 * DUMP_SHA256 (may be empty), COUNT_TABLES (names with spaces between).
 * It exports RESTORED_FORMAT and RESTORED_ROWS (JSON: rows by table).
 */
export const restoreScript = String.raw`
set -euo pipefail
fail() { echo "LIFEBOAT: $1" >&2; exit 1; }
for tool in aws psql pg_restore createdb dropdb python3; do
  command -v "$tool" > /dev/null || fail "$tool is missing in the image of this build"
done
eval "$(python3 - <<'PYTHON'
import json, os, shlex
from urllib.parse import urlsplit, unquote
text = os.environ["CREDENTIALS"].strip()
fields = json.loads(text) if text.startswith("{") else {"url": text}
if "url" in fields:
    url = urlsplit(fields["url"])
    fields = {"username": unquote(url.username or ""), "password": unquote(url.password or ""),
              "host": url.hostname, "port": url.port}
given = {"PGUSER": fields["username"], "PGPASSWORD": fields["password"]}
if not os.environ.get("PGHOST"):
    given["PGHOST"] = fields["host"]
if not os.environ.get("PGPORT"):
    given["PGPORT"] = fields.get("port") or 5432
for name, value in given.items():
    print(f"export {name}={shlex.quote(str(value))}")
PYTHON
)"
[ "$NEW_DATABASE" != "$LIVE_DATABASE" ] || fail "the new database has the name of the live one"
work=$(mktemp -d)
dump=$work/dump
aws s3api get-object --region "$DUMP_REGION" --bucket "$DUMP_BUCKET" --key "$DUMP_KEY" \
  \${DUMP_VERSION:+--version-id "$DUMP_VERSION"} "$dump" > /dev/null
if [ -n "$DUMP_SHA256" ]; then
  echo "$DUMP_SHA256  $dump" | sha256sum --check --status || fail "the SHA-256 of the dump is not that of its manifest"
fi
RESTORED_FORMAT=plain
if [ "$(head -c 2 "$dump" | od -An -tx1 | tr -d ' \n')" = 1f8b ]; then
  gzip -t "$dump" || fail "the gzip file is damaged or cut off"
  gunzip -c "$dump" > "$work/unpacked" && mv "$work/unpacked" "$dump"
  RESTORED_FORMAT=gzip
fi
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
counts=""
for table in $COUNT_TABLES; do
  rows=$(new -c "SELECT count(*) FROM $table")
  counts="$counts\${counts:+,}\"$table\":$rows"
done
rm -rf "$work"
export RESTORED_FORMAT
export RESTORED_ROWS="{$counts}"
echo "LIFEBOAT: restored $RESTORED_FORMAT dump into $NEW_DATABASE: $RESTORED_ROWS"
`.replaceAll('\\$', '$');

/** The buildspec around it, as JSON, which is YAML too. */
export const restoreBuildspec = JSON.stringify({
  version: 0.2,
  env: { shell: 'bash', 'exported-variables': ['RESTORED_FORMAT', 'RESTORED_ROWS'] },
  phases: { build: { commands: [restoreScript] } },
});
