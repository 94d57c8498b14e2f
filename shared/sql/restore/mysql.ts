import type { RestorePart } from './part.ts';

/**
 * Dumps of mysqldump and mariadb-dump, by either client. The connection is encrypted. Commands of the client in the file
 * are not carried out (`--binary-mode`): a dump is data.
 */
export const mysqlRestore: RestorePart = {
  tools: [],
  port: 3306,
  connect: String.raw`
client=$(command -v mysql || command -v mariadb) || fail "mysql, or mariadb, is missing in the image of this build"
# The two clients have different words for an encrypted connection.
case "$("$client" --version)" in
  *MariaDB*) encrypted=ssl plain=skip-ssl ;;
  *) encrypted=ssl-mode=REQUIRED plain=ssl-mode=DISABLED ;;
esac
# In a file, since the arguments and the environment of a program can be seen by others.
python3 - "$encrypted" "$plain" > "$work/client.cnf" <<'PYTHON'
import os, sys
from urllib.parse import parse_qs
escaped = lambda text: text.replace("\\", "\\\\").replace("\n", "\\n")
print("[client]")
for option, name in {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}.items():
    print(f'{option}="{escaped(os.environ["DATABASE_" + name])}"')
disabled = parse_qs(os.environ["DATABASE_QUERY"]).get("ssl-mode", [""])[0].upper() == "DISABLED"
print(sys.argv[2] if disabled else sys.argv[1])
PYTHON
server() { "$client" --defaults-extra-file="$work/client.cnf" --batch --skip-column-names "$@"; }
`,
  check: String.raw`
tail -c 4096 "$dump" | grep -q -e "-- Dump completed" || fail "the dump has no end: it is cut off, or was made with --skip-comments"
if grep -qE '^(USE |CREATE DATABASE |DROP DATABASE |/\*![0-9]+ (CREATE|DROP) DATABASE )' "$dump"; then
  fail "the dump names its own database; make it without --databases"
fi
if grep -qE '^SET @@GLOBAL\.GTID_PURGED' "$dump"; then
  fail "the dump sets the server's GTIDs, which belong to all of its databases; make it with --set-gtid-purged=OFF"
fi
`,
  load: String.raw`
server -e "SELECT 1" > /dev/null
collation=$(server -e "SELECT CONCAT('CHARACTER SET ', DEFAULT_CHARACTER_SET_NAME, ' COLLATE ', DEFAULT_COLLATION_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '$LIVE_DATABASE'")
# What an earlier attempt of this run left half done is made anew; its name is the run's own.
server -e "DROP DATABASE IF EXISTS \`$NEW_DATABASE\`; CREATE DATABASE \`$NEW_DATABASE\` $collation"
new() { server --database="$NEW_DATABASE" "$@"; }
new --binary-mode --max-allowed-packet=1G < "$dump" > /dev/null
`,
  ask: 'new -e',
};
