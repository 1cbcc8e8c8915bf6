#!/bin/bash
# The recipe of docs/backup.md, run as it is written there, on a cluster of its own: a backup, an accident, and back to the
# moment before it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
page=$here/../../docs/backup.md

# The first block of a language whose first line is FIRST, if that is given.
block() {
    awk -v language="$1" -v first="${2:-}" '
        $0 == "```" && inside { exit }
        inside { print; next }
        $0 == "```" language { opened = 1; next }
        opened && (first == "" || $0 == first) { inside = 1; print; opened = 0; next }
        { opened = 0 }' "$page" | grep .
}

dir=$TODO_CLUSTER-pgbackrest
trap '"$here/cluster.sh" stop "$dir"' EXIT
environment=$("$here/cluster.sh" start "$dir")
eval "export $(echo "$environment" | tr '\n' ' ')"
config=$dir/pgbackrest.conf
as_server() { "$here/cluster.sh" as "$@"; }
as_server mkdir "$dir/repository" "$dir/log" "$dir/lock"

block ini | sed "s|/var/lib/pgbackrest|$dir/repository|; s|/var/lib/postgresql/15/main|$dir/data|" | as_server tee "$config" >/dev/null
as_server tee -a "$config" >/dev/null <<CONF
pg1-socket-path=$PGHOST
pg1-user=postgres

[global]
log-path=$dir/log
lock-path=$dir/lock
CONF
# The server's own environment does not name our configuration.
block conf | sed "s|'pgbackrest |'pgbackrest --config=$config |" | as_server tee -a "$dir/data/postgresql.conf" >/dev/null
"$here/cluster.sh" restart "$dir"

run() {
    local commands
    commands=$(block sh "$1" | sed "s|pg_ctlcluster 15 main stop|pg_ctl stop --silent --pgdata=$dir/data|; \
        s|pg_ctlcluster 15 main start|pg_ctl start --silent --wait --pgdata=$dir/data --log=$dir/server.log|; \
        s|2026-11-21 12:00:00+00|${2:-}|; s|^pgbackrest|pgbackrest --config=$config --log-level-console=warn|")
    as_server bash -ec "$commands"
}
sql() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

sql "CREATE EXTENSION todo"
sql "INSERT INTO users (id, email, name) VALUES ('before', 'before@example.com', 'Before')"
run "# set up"
run "# every day"
# pgBackRest counts in seconds: the moment must be in a later one than the end of the backup.
sql "SELECT pg_sleep_until(date_trunc('second', clock_timestamp()) + interval '2 s')" >/dev/null
sql "INSERT INTO users (id, email, name) VALUES ('after', 'after@example.com', 'After the backup')"
moment=$(sql "SELECT clock_timestamp()")
sql "DELETE FROM users"
sql "SELECT pg_switch_wal()" >/dev/null
run "# go back" "$moment"
until [ "$(sql 'SELECT pg_is_in_recovery()')" = f ]; do sleep 0.1; done
[ "$(sql 'SELECT string_agg(id, $$ $$ ORDER BY id) FROM users')" = "after before" ] ||
    { echo "pgbackrest: the users of that moment are not there" >&2; exit 1; }
[ "$(sql 'SELECT count(*) FROM todo_check() WHERE NOT ok')" = 0 ] || { echo "pgbackrest: todo_check finds something" >&2; exit 1; }
echo "pgbackrest: back to the moment before the accident, all users there"
