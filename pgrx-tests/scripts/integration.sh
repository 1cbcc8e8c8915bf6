#!/bin/bash
# The integration tests: from Rust, the recipe for pgBackRest, and clients in other languages. They are in parts, each with a cluster of
# its own, and two run at a time for each processor, as most of them wait for servers and locks. What a part prints is in
# target/tests/; that of a part that fails is shown. At the end come the names of the tests that were not run.
#
#   integration.sh               all parts
#   integration.sh run PART      one of them, shown by a line
#   integration.sh inside PART   one of them, within cluster.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tests=$(cd "$here/.." && pwd)
target=$tests/../target
logs=$target/tests

# Those that take longest, which are to begin first.
long='example|directory|shard_moves|shard_splits|concurrency|memory|sql_guard_installed|sql_edition|check|faults|sql_definers'

# The files in Rust of an edition, except for those of which no test is run.
files() {
    left_out=$("$here/cluster.sh" exec "$here/left_out.sh" "$1" | sed -n 's/|\*|.*//p')
    for file in "$tests"/tests/*.rs; do
        basename "$file" .rs
    done | grep -vxF -e "${left_out:-}" | sed "s/^/rust $1 /"
}

parts() {
    local all
    all=$(
        for versions in "$tests"/interop/python/sqlmodel-*.txt; do
            echo "python $(basename "$versions" .txt)"
        done
        paste -d '\n' <(files extension) <(files sql) | grep .
        "$here/cluster.sh" exec "$here/left_out.sh" extension | grep '^pgbackrest|' >/dev/null || echo pgbackrest
        for file in "$tests"/interop/node/*.test.mjs; do
            file=$(basename "$file" .test.mjs)
            echo "javascript extension $file"
            # The tests of Better Auth alone are for both editions.
            [[ $file != better-auth* ]] || echo "javascript sql $file"
        done
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
run) run "$2" ;;
inside)
    shift
    inside "$@"
    ;;
*)
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
