#!/bin/sh
# Runs the tests in Rust against the SQL edition, except for those that sql_edition.txt lists. To be run by cluster.sh.
set -eu
cd "$(dirname "$0")/.."
export TODO_EDITION=sql

left_out() {
    awk -F ' *[|] *' -v file="$1" '/^#/ { next } $1 == file { print $2 }' sql_edition.txt
}

for file in tests/*.rs; do
    file=$(basename "$file" .rs)
    left=$(left_out "$file")
    [ "$left" != '*' ] || continue
    skip=
    for test in $left; do
        grep -q "^fn $test(" "tests/$file.rs" || { echo "sql_edition.txt: there is no test $test in $file" >&2; exit 1; }
        skip="$skip --skip $test"
    done
    # shellcheck disable=SC2086 # words on purpose
    cargo test --quiet --package todo-tests --test "$file" -- --exact $skip
done
echo "SQL edition: $(grep -c '^[a-z_]* *| [a-z*]' sql_edition.txt) lines of sql_edition.txt name tests that were left out"
