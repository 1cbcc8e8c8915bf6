#!/bin/bash
# Runs a program of unit tests, as cargo's runner. Those inside a backend (#[pg_test]) have crate pgrx-tests start a server,
# which it stops at the end: the one in target/stage-unit, where `make unit` has installed their library. The program
# runs as the user that servers run as, because PostgreSQL refuses root.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
target=$(cd "$here/../.." && pwd)/target
# Where cluster.sh, too, finds the server: another stage need not be there.
export TODO_STAGE=$target/stage-unit
bindir=$TODO_STAGE$("${PG_CONFIG:-pg_config}" --bindir)

as_server() {
    "$here/cluster.sh" as env "PGRX_PG_CONFIG_PATH=$bindir/pg_config" "$@"
}

mkdir -p "$target/clusters"
dir=$(mktemp -d "$target/clusters/XXXXXX")
[ "$(id -u)" != 0 ] || chown postgres "$dir"

# What a test program that was killed has left.
clean_up() {
    for pid_file in "$dir"/*/postmaster.pid; do
        [ ! -e "$pid_file" ] || as_server "$bindir/pg_ctl" stop --pgdata="${pid_file%/*}" --mode=immediate --silent || true
    done
    rm -rf "$dir"
}
trap clean_up EXIT
trap : INT PIPE
trap 'exit 143' TERM HUP

# The name of the server's superuser is that of the user who makes it.
USER=$(as_server id -un)
# The library is installed.
CARGO_PGRX=true
CARGO_PGRX_TEST_PGDATA=$dir
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$target}
export USER CARGO_PGRX CARGO_PGRX_TEST_PGDATA CARGO_TARGET_DIR
as_server "$@"
