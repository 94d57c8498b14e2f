import type { SqlDialect } from '../dialects/dialect.ts';
import { mysqlRestore } from './mysql.ts';
import type { RestorePart } from './part.ts';
import { postgresRestore } from './postgres.ts';

/**
 * The script that a build runs to restore a dump into a new database. A function could not: it has fifteen minutes,
 * little disk, and no client programs. The format is told by the first bytes, never by the name.
 *
 * Variables: DATABASE_HOST, DATABASE_PORT (may be empty: then from the credentials), CREDENTIALS (a connection URL, or
 * JSON with url, or username and password), LIVE_DATABASE, NEW_DATABASE, DUMP_REGION, DUMP_BUCKET, DUMP_KEY,
 * DUMP_VERSION and DUMP_SHA256 (may be empty), COUNT_TABLES (names with spaces between).
 * It exports RESTORED_FORMAT and RESTORED_ROWS (JSON: rows by table).
 */
const scriptOf = ({ tools, port, connect, check, load, ask }: RestorePart) =>
  String.raw`
set -euo pipefail
fail() { echo "LIFEBOAT: $1" >&2; exit 1; }
for tool in aws python3 ${tools.join(' ')}; do
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
              "host": url.hostname, "port": url.port, "query": url.query}
given = {"DATABASE_USER": fields["username"], "DATABASE_PASSWORD": fields["password"],
         "DATABASE_QUERY": fields.get("query", "")}
if not os.environ.get("DATABASE_HOST"):
    given["DATABASE_HOST"] = fields["host"]
if not os.environ.get("DATABASE_PORT"):
    given["DATABASE_PORT"] = fields.get("port") or ${port}
for name, value in given.items():
    print(f"export {name}={shlex.quote(str(value))}")
PYTHON
)"
[ "$NEW_DATABASE" != "$LIVE_DATABASE" ] || fail "the new database has the name of the live one"
umask 077
work=$(mktemp -d)
dump=$work/dump
${connect.trim()}
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
${check.trim()}
${load.trim()}
counts=""
for table in $COUNT_TABLES; do
  rows=$(${ask} "SELECT count(*) FROM $table")
  counts="$counts\${counts:+,}\"$table\":$rows"
done
rm -rf "$work"
export RESTORED_FORMAT
export RESTORED_ROWS="{$counts}"
echo "LIFEBOAT: restored $RESTORED_FORMAT dump into $NEW_DATABASE: $RESTORED_ROWS"
`.replaceAll('\\$', '$');

const parts: Record<SqlDialect['name'], RestorePart> = { PostgreSQL: postgresRestore, MySQL: mysqlRestore };

export function restoreScript(spoken: SqlDialect['name']): string {
  return scriptOf(parts[spoken]);
}

/** The buildspec around it, as JSON, which is YAML too. */
export function restoreBuildspec(spoken: SqlDialect['name']): string {
  return JSON.stringify({
    version: 0.2,
    env: { shell: 'bash', 'exported-variables': ['RESTORED_FORMAT', 'RESTORED_ROWS'] },
    phases: { build: { commands: [restoreScript(spoken)] } },
  });
}
