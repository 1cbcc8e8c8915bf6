#!/bin/sh
# rust.sh EDITION FILE: runs the tests of a file in Rust against an edition (extension, sql), except for those that left_out.sh names. A
# test with #[ignore] runs like all others. To be run by cluster.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
export TODO_EDITION="$1"
file=$2

skip=
for test in $("$here/left_out.sh" "$1" | awk -F '|' -v file="$file" '$1 == file { print $2 }'); do
    grep -q "^fn $test(" "tests/$file.rs" || { echo "rust.sh: there is no test $test in $file" >&2; exit 1; }
    skip="$skip --skip $test"
done
if [ "$1" = sql ]; then
    # A test that creates the extension itself says nothing about this edition.
    awk -v skip="$skip " '/^#\[test\]/ { is_test = 1 }
        /^fn / { test = is_test ? $2 : ""; sub(/\(.*/, "", test); is_test = 0 }
        /CREATE EXTENSION todo/ && test != "" && !index(skip, " --skip " test " ") { print "rust.sh: " test " creates the extension"; bad = 1 }
        END { exit bad }' "tests/$file.rs" >&2
fi
# shellcheck disable=SC2086 # words on purpose
cargo test --package todo-tests --test "$file" -- --include-ignored --exact $skip
