#!/bin/bash
# The integration tests: from Rust, the recipe for pgBackRest, and clients in other languages. They are in parts, each with a cluster of
# its own, and two run at a time for each processor, as most of them wait for servers and locks. What a part prints is in
# target/tests/; that of a part that fails is shown. At the end come the names of the tests that were not run.
#
#   integration.sh               all parts; with LONG=1, also the tests of long.txt
#   integration.sh run PART      one of them, shown by a line; without LONG=0, all of its tests
#   integration.sh inside PART   one of them, within cluster.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tests=$(cd "$here/.." && pwd)
target=$tests/../target
logs=$target/tests

# Those that take longest, which are to begin first.
long='example|directory|shard_moves|shard_splits|concurrency|memory|sql_guard_installed|sql_edition|check|faults|sql_definers'

# files KIND FILE...: the names of these files without those of which no test is run; left_out.sh knows KIND.
files() {
    local kind=$1 left_out
    shift
    # shellcheck disable=SC2086 # words on purpose
    left_out=$("$here/cluster.sh" exec "$here/left_out.sh" $kind | sed -n 's/|\*|.*//p')
    for file; do
        file=$(basename "$file")
        echo "${file%.*}"
    done | grep -vxF -e "${left_out:-}"
}

rust() {
    files "$1" "$tests"/tests/*.rs | sed "s/^/rust $1 /"
}

# javascript EDITION FILE...
javascript() {
    files "javascript $1" "${@:2}" | sed "s/[.]test$//; s/^/javascript $1 /"
}

parts() {
    local all
    all=$(
        files python "$tests"/interop/python/sqlmodel-*.txt | sed 's/^/python /'
        paste -d '\n' <(rust extension) <(rust sql) | grep .
        "$here/cluster.sh" exec "$here/left_out.sh" extension | grep '^pgbackrest|' >/dev/null || echo pgbackrest
        javascript extension "$tests"/interop/node/*.test.mjs
        # The tests of Better Auth alone are for both editions.
        javascript sql "$tests"/interop/node/better-auth*.test.mjs
    )
    grep -wE "python|$long" <<<"$all"
    grep -vwE "python|$long" <<<"$all"
}

inside() {
    case $1 in
    rust) "$here/rust.sh" "$2" "$3" ;;
    pgbackrest) "$here/pgbackrest.sh" ;;
    python)
        "$target/python-$2/bin/python" -B -m pytest --rootdir "$tests/interop/python" --config-file "$tests/interop/python/pytest.ini" \
            --basetemp "$TODO_CLUSTER.pytest" --quiet "$tests/interop/python"
        ;;
    javascript)
        TODO_EDITION=$2 node --test-reporter=spec --test-reporter-destination=stdout --test-reporter="$tests/interop/node/skipped.mjs" \
            --test-reporter-destination=stderr --test "$tests/interop/node/$3.test.mjs"
        ;;
    esac
    # A hash has its cost after the prefix; the SQL edition's statement text, which a cancelled call leaves in the log, does not.
    if grep -nE '\$2[aby]\$[0-9]{2}\$' "$TODO_CLUSTER/server.log" >&2; then
        echo "integration: the server log shows a password hash" >&2
        return 1
    fi
}

run() {
    local part=$1 log status=passed
    log=$logs/${part// /-}.log
    mkdir -p "$logs"
    SECONDS=0
    # shellcheck disable=SC2086 # words on purpose
    "$here/cluster.sh" exec "$0" inside $part >"$log" 2>&1 || status=FAILED
    if [ $status = FAILED ]; then
        # At once, as another part may end at the same time.
        printf '%s\n' "$(cat "$log")"
    fi
    echo "$status: $part ($SECONDS s)"
    [ $status = passed ]
}

case ${1:-} in
run)
    export LONG=${LONG:-1}
    run "$2"
    ;;
inside)
    shift
    inside "$@"
    ;;
*)
    export LONG=${LONG:-0}
    rm -rf "$logs"
    mkdir -p "$logs"
    parts >"$logs/parts"
    echo "integration: $(wc -l <"$logs/parts") parts"
    xargs --arg-file="$logs/parts" --delimiter='\n' --max-args=1 --max-procs=$(($(nproc) * 2)) "$0" run |
        tee "$logs/results" ||
        { echo "integration: failed:" >&2 && sed -n 's/^FAILED: /  /p' "$logs/results" >&2 && exit 1; }
    "$here/cluster.sh" exec "$here/left_out.sh"
    ;;
esac
