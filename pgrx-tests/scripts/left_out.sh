#!/bin/sh
# The tests that are not run. They are those of the lists in the repository: whatever else is skipped has failed. With LONG=1, those that
# take long are run.
#
#   left_out.sh EDITION   those in Rust in a run against an edition (extension, sql), as FILE|TEST|REASON; * is every test of FILE
#   left_out.sh LANGUAGE [EDITION]   the same for clients in a language (python, javascript)
#   left_out.sh           names and counts all of them
set -eu
cd "$(dirname "$0")/.."

# The rows of a list.
rows() {
    sed -n '/^#/d; s/ *| */|/g; /|/p' "$1" | tail -n +2
}

lacks() {
    case $("${PG_CONFIG:-pg_config}" --bindir) in
    /usr/lib/postgresql/*) return 1 ;;
    esac
    case $1 in
    # A build without ICU has a handful of its collations in the catalog all the same.
    ICU) enough="SELECT count(*) > 10 FROM pg_collation WHERE collprovider = 'i'" ;;
    PL/Proxy) enough="SELECT count(*) > 0 FROM pg_available_extensions WHERE name = 'plproxy'" ;;
    pgBackRest) return 0 ;;
    *) echo "lacking.txt: nobody knows whether $1 is there" >&2 && exit 1 ;;
    esac
    [ "$(psql -XAtc "$enough")" = f ]
}

lacking() {
    rows lacking.txt | while IFS='|' read -r what file test reason; do
        ! lacks "$what" || echo "$file|$test|no $what: $reason"
    done
}

# Those of a kind of parts that take long.
long() {
    [ "${LONG:-}" = 1 ] || rows long.txt | sed -n "s/^$1|//p"
}

# How many tests a row is about.
count() {
    case $1/$2 in
    sqlmodel-*/'*') cat interop/python/test_*.py | grep -cE '^(async )?def test_' ;;
    *.test/'*') grep -cE '^ *(await )?test\(' "interop/node/$1.mjs" ;;
    test_*/'*') grep -cE '^(async )?def test_' "interop/python/$1.py" ;;
    */'*') grep -cE '^ *#\[test\]' "tests/$1.rs" ;;
    *) echo 1 ;;
    esac
}

# named WHERE [LIST]: the rows that come in, of a list that is about WHERE, each after its number of tests, without those that LIST counts.
named() {
    while IFS='|' read -r file test reason; do
        number=$(count "$file" "$test")
        [ "$test" != '*' ] || number=$((number - $(rows "${2:-/dev/null}" | grep -c "^$file|" || true)))
        [ "$test" != '*' ] || test="all $number"
        echo "$number $1: $file: $test: $reason"
    done
}

case ${1:-} in
extension) lacking && long "rust extension" ;;
sql) rows sql_edition.txt && lacking && long "rust sql" ;;
python | javascript) long "$*" ;;
*)
    all=$(
        rows sql_edition.txt | named "SQL edition"
        rows interop/python/sql_edition.txt | named "SQL edition"
        lacking | named "this server"
        long "rust extension" | named "without LONG=1"
        long "rust sql" | named "SQL edition, without LONG=1" sql_edition.txt
        long python | named "Python, without LONG=1" interop/python/sql_edition.txt
        long "javascript extension" | named "without LONG=1"
        long "javascript sql" | named "SQL edition, without LONG=1"
    )
    echo "$all" | sed 's/^[0-9]* /not run: /'
    echo "not run: $(echo "$all" | awk '{ sum += $1 } END { print sum }') tests, all of them listed"
    ;;
esac
