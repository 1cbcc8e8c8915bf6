#!/bin/bash
# A throw-away PostgreSQL cluster below target/, on a unix socket only, with the staged extension.
#
#   cluster.sh exec COMMAND...   runs COMMAND with PGHOST & co. set to a new cluster, and removes the cluster at the end
#   cluster.sh start DIR         starts a cluster in DIR (made with it); prints its environment as shell assignments
#   cluster.sh standby DIR       the same, a hot standby of the cluster that PGHOST names
#   cluster.sh upgrade DIR NEW   stops the cluster in DIR, and starts one in NEW that pg_upgrade makes of it, for the
#                                server of NEW_PG_CONFIG (default: the same); prints its environment
#   cluster.sh pgbouncer DIR ROLE...  starts PgBouncer as docs/pools.md has it, for these roles, before the cluster that
#                                PGHOST names; prints its environment
#   cluster.sh pgpool DIR HOST   starts Pgpool-II as docs/pools.md has it, before the cluster that PGHOST names and its standby at
#                                HOST; prints its environment
#   cluster.sh restart DIR [FILE...]  restarts it; FILEs in its data directory are made the server's alone
#   cluster.sh halt DIR          stops it at once, as in a crash; its files stay
#   cluster.sh resume DIR        starts it again after that
#   cluster.sh as COMMAND...     runs COMMAND as the user that servers run as
#   cluster.sh stop DIR          stops and removes it
#
# The server is the copy that stage.sh made in target/stage, so nothing is installed into the system. `exec` has links to that copy, so
# that its server stays as it is during the next build, and what COMMAND adds to the server's files is not seen by others. PostgreSQL does not
# run as root: root runs it as the user postgres, with the one capability to pass directories on the way to target/ that
# are closed to that user (and with a securebit, for access(2) to honour it).
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
stage=${TODO_STAGE:-$top/target/stage}
libraries=

# The libc that a program uses.
libc() {
    ldd "$1" | sed -n 's|.*libc\..* => \(.*\) (.*|\1|p'
}

# The server of a pg_config, of which stage.sh has made a copy.
use() {
    pg_config=$1
    bindir=$stage$("$pg_config" --bindir)
    # The original binaries may find their libraries relative to themselves, which the copies would not; the system's libraries must not
    # come before these. Those that do not use the system's libc know where theirs are.
    if [ "$(libc "$bindir/postgres")" = "$(libc "$(command -v sh)")" ]; then
        libraries=$(ldd "$("$pg_config" --bindir)"/{postgres,initdb,pg_upgrade} | sed -n '/=> \/\(usr\/\)\?lib/d; s|.*=> \(/.*\)/[^/]* .*|\1|p' | sort -u | paste -sd:)${libraries:+:$libraries}
    fi
}
use "${PG_CONFIG:-pg_config}"

primary=${PGHOST:-}
# What the server's own environment must not change: a backtrace would show in every error's DETAIL.
unset RUST_BACKTRACE RUST_LIB_BACKTRACE
unset "${!PG@}"
# A superuser of this name on every machine, whoever runs it.
export PGUSER=postgres PGDATABASE=postgres

as_server() {
    set -- env "LD_LIBRARY_PATH=$libraries" "$@"
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --clear-groups --securebits=+no_setuid_fixup \
            --inh-caps=+dac_override --ambient-caps=+dac_override -- "$@"
    else
        "$@"
    fi
}

# A unix socket's path holds 107 bytes; a deep checkout needs a short way to its directory.
socket_dir() {
    local dir=$1/socket
    if [ ${#dir} -gt 80 ]; then
        dir=$(mktemp -d "${TMPDIR:-/tmp}/todo.XXXXXX")
        [ "$(id -u)" != 0 ] || chown postgres "$dir"
    else
        as_server mkdir "$dir"
    fi
    echo "$dir"
}

new_cluster=(--username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8)

# copy_of_new --pgdata=DIR: a data directory as initdb makes it. It runs once for each server; then its result is copied, which is faster.
copy_of_new() {
    local made unused
    made=$(as_server "$bindir/initdb" --version | tr / _) || return
    made="$top/target/initdb/$made ${new_cluster[*]}"
    if [ ! -d "$made" ]; then
        mkdir -p "$top/target/initdb"
        unused=$(mktemp -d "$top/target/initdb/XXXXXX")
        [ "$(id -u)" != 0 ] || chown postgres "$unused"
        as_server "$bindir/initdb" "${new_cluster[@]}" --pgdata="$unused/data" --no-sync || return
        # Unless another process was faster.
        mv --no-target-directory "$unused/data" "$made" || [ -d "$made" ] || return
        rm -rf "$unused"
    fi
    as_server cp -a "$made" "${1#--pgdata=}"
}

# create DIR COMMAND...: COMMAND makes the data directory DIR/data.
create() {
    local dir=$1 socket
    chmod 755 "$dir"
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    shift
    "$@" --pgdata="$dir/data" --no-sync >"$dir/create.log" 2>&1 || { cat "$dir/create.log" >&2; return 1; }
    socket=$(socket_dir "$dir")
    echo "$socket" >"$dir/socket_dir"
    as_server tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$socket'
unix_socket_permissions = 0700
fsync = off
max_connections = 60
log_line_prefix = '%m [%p] %d '
# What waits for ever fails, and says where.
statement_timeout = 5min
CONF
}

# Starts the server in DIR, and prints how to reach it.
serve() {
    local dir=$1
    as_server "$bindir/pg_ctl" start --pgdata="$dir/data" --log="$dir/server.log" --wait --silent ||
        { cat "$dir/server.log" >&2; return 1; }
    cat <<ENV
PGHOST='$(cat "$dir/socket_dir")'
PGUSER=postgres
PGDATABASE=postgres
TODO_CLUSTER='$dir'
ENV
}

# start DIR COMMAND...: creates and serves.
start() {
    local dir
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    shift
    create "$dir" "$@"
    serve "$dir"
}

restart() {
    local dir file
    dir=$(cd "$1" && pwd)
    shift
    for file in "$@"; do
        [ "$(id -u)" != 0 ] || chown postgres "$dir/data/$file"
        chmod 600 "$dir/data/$file"
    done
    as_server "$bindir/pg_ctl" restart --pgdata="$dir/data" --log="$dir/server.log" --wait --silent ||
        { cat "$dir/server.log" >&2; return 1; }
}

upgrade() {
    local old new old_bindir=$bindir checksums=()
    old=$(cd "$1" && pwd)
    mkdir -p "$2"
    new=$(cd "$2" && pwd)
    as_server "$bindir/pg_ctl" stop --pgdata="$old/data" --mode=fast --silent
    use "${NEW_PG_CONFIG:-$pg_config}"
    # As the old one, whatever the default of the new server is.
    if as_server "$old_bindir/pg_controldata" "$old/data" | grep 'checksum version: *[^ 0]' >/dev/null; then
        checksums=(--data-checksums)
    elif as_server "$bindir/initdb" --help | grep no-data-checksums >/dev/null; then
        checksums=(--no-data-checksums)
    fi
    create "$new" as_server "$bindir/initdb" "${new_cluster[@]}" "${checksums[@]}"
    (cd "$new" && as_server "$bindir/pg_upgrade" --username=postgres --old-bindir="$old_bindir" --new-bindir="$bindir" \
        --old-datadir="$old/data" --new-datadir="$new/data" --socketdir="$(cat "$new/socket_dir")") >"$new/upgrade.log" 2>&1 ||
        { cat "$new/upgrade.log" "$new"/data/pg_upgrade_output.d/*/log/*.log >&2; return 1; }
    serve "$new"
}

# pgbouncer DIR ROLE...
pgbouncer() {
    local dir socket role
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    shift
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    socket=$(socket_dir "$dir")
    echo "$socket" >"$dir/socket_dir"
    for role; do printf '"%s" ""\n' "$role"; done >"$dir/users"
    {
        sed -n '/^```ini$/,/^```$/{/^```/!p}' "$top/docs/pools.md"
        printf '%s\n' "auth_type = trust" "auth_file = $dir/users" "listen_addr =" "listen_port = 6432" \
            "unix_socket_dir = $socket" "logfile = $dir/pgbouncer.log" "pidfile = $dir/pgbouncer.pid" \
            "[databases]" "* = host=$primary"
    } >"$dir/pgbouncer.ini"
    PATH=$PATH:/usr/sbin as_server pgbouncer --daemon --quiet "$dir/pgbouncer.ini"
    # It opens the socket after it has gone to the background.
    for _ in $(seq 100); do
        [ ! -S "$socket/.s.PGSQL.6432" ] || break
        sleep 0.1
    done
    [ -S "$socket/.s.PGSQL.6432" ] || { cat "$dir/pgbouncer.log" >&2; return 1; }
    cat <<ENV
PGHOST='$socket'
PGPORT=6432
ENV
}

# pgpool DIR HOST
pgpool() {
    local dir socket
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    socket=$(socket_dir "$dir")
    echo "$socket" >"$dir/socket_dir"
    {
        sed -n '/^```conf$/,/^```$/{/^```/!p}' "$top/docs/pools.md"
        # The last value of a setting counts. Version 4.4 renames socket_dir; one that is unknown is ignored.
        printf "%s = '%s'\n" backend_hostname0 "$primary" backend_hostname1 "$2" sr_check_user postgres \
            listen_addresses "" port 9999 pcp_listen_addresses "" pcp_socket_dir "$socket" \
            socket_dir "$socket" unix_socket_directories "$socket" \
            pid_file_name "$dir/pgpool.pid" logdir "$dir"
    } >"$dir/pgpool.conf"
    # In a group of processes of its own, so that its children can be ended even if it is killed.
    PATH=$PATH:/usr/sbin as_server setsid pgpool -n -D -f "$dir/pgpool.conf" -F "$dir/pcp.conf" -a "$dir/pool_hba.conf" \
        >"$dir/pgpool.log" 2>&1 </dev/null &
    for _ in $(seq 100); do
        [ ! -S "$socket/.s.PGSQL.9999" ] || break
        sleep 0.1
    done
    [ -S "$socket/.s.PGSQL.9999" ] || { cat "$dir/pgpool.log" >&2; return 1; }
    cat <<ENV
PGHOST='$socket'
PGPORT=9999
TODO_PGPOOL='$dir'
ENV
}

# Whether a process of Pgpool-II's group is there. One that has ended, and that nobody has asked how, is not.
pgpool_runs() {
    [ -n "$(ps -e -o pgid=,stat=,comm= | awk -v group="$1" '$1 == group && $2 !~ /^Z/ && $3 == "pgpool"')" ]
}

pgbouncer_runs() {
    [ -n "$(ps -o stat=,comm= -p "$1" | awk '$1 !~ /^Z/ && $2 == "pgbouncer"')" ]
}

stop() {
    local dir=$1 pid
    [ -d "$dir" ] || return 0
    if [ -e "$dir/pgpool.pid" ]; then
        pid=$(tr -d '\0\n' <"$dir/pgpool.pid")
        # The first process ends the others, unless it has been killed.
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != pgpool ] || kill -QUIT "$pid" || true
        for _ in $(seq 100); do
            pgpool_runs "$pid" && [ -e "/proc/$pid" ] || break
            sleep 0.1
        done
        ! pgpool_runs "$pid" || kill -KILL -- "-$pid" || true
        for _ in $(seq 100); do
            pgpool_runs "$pid" || break
            sleep 0.1
        done
        # What it leaves if it is killed: 135 MB of shared memory, which nobody uses.
        awk -v creator="$pid" '$5 == creator && $7 == 0 { print $2 }' /proc/sysvipc/shm | xargs -r -n 1 ipcrm -m
    fi
    if [ -e "$dir/pgbouncer.pid" ]; then
        pid=$(cat "$dir/pgbouncer.pid")
        # At a TERM, later versions wait for their clients; and commands in the background of a shell ignore a QUIT.
        ! pgbouncer_runs "$pid" || kill -KILL "$pid" || true
        for _ in $(seq 100); do
            pgbouncer_runs "$pid" || break
            sleep 0.1
        done
    fi
    if [ -e "$dir/data/postmaster.pid" ]; then
        as_server "$bindir/pg_ctl" stop --pgdata="$dir/data" --mode=immediate --silent || true
    fi
    [ ! -e "$dir/socket_dir" ] || rm -rf "$(cat "$dir/socket_dir")"
    rm -rf "$dir"
}

# Stops a cluster and the standbys beside it, which a test that was killed has left.
stop_all() {
    local dir
    for dir in "$1"*; do
        stop "$dir"
    done
}

case ${1:-} in
start)
    start "$2" copy_of_new
    ;;
standby)
    start "$2" as_server "$("$pg_config" --bindir)/pg_basebackup" --host="$primary" --username=postgres --checkpoint=fast \
        --write-recovery-conf
    ;;
upgrade)
    upgrade "$2" "$3"
    ;;
pgbouncer)
    pgbouncer "${@:2}"
    ;;
pgpool)
    pgpool "${@:2}"
    ;;
restart)
    restart "${@:2}"
    ;;
halt)
    as_server "$bindir/pg_ctl" stop --pgdata="$2/data" --mode=immediate --silent
    ;;
resume)
    serve "$2"
    ;;
as)
    shift
    PATH=$bindir:$PATH as_server "$@"
    ;;
stop)
    stop "$2"
    ;;
exec)
    shift
    mkdir -p "$top/target/clusters"
    dir=$(mktemp -d "$top/target/clusters/XXXXXX")
    TODO_STAGE=$(mktemp -d "$top/target/clusters/stage.XXXXXX")
    trap 'stop_all "$dir"; rm -rf "$TODO_STAGE"' EXIT
    chmod 755 "$TODO_STAGE"
    cp -al "$stage/." "$TODO_STAGE"
    export TODO_STAGE
    stage=$TODO_STAGE
    use "$pg_config"
    # The command answers an interrupt (psql cancels its query); the cluster stays until it ends. A broken pipe must
    # not keep the cluster from being removed.
    trap : INT PIPE
    trap 'exit 143' TERM HUP
    environment=$(start "$dir" copy_of_new)
    set -a
    eval "$environment"
    set +a
    PATH=$("$pg_config" --bindir):$PATH "$@"
    ;;
*)
    sed -n '2,/^set/{s/^# \{0,1\}//p}' "$0" >&2
    exit 2
    ;;
esac
