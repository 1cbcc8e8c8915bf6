#!/bin/bash
# Tests the todo-admin that `make portable` has made: what it needs of a system, and as the tests do that of `make`.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export TODO_ADMIN=$here/../../target/portable/todo-admin

libraries=$(objdump --private-headers "$TODO_ADMIN" | sed -n 's/^ *NEEDED *//p' | sort | paste -sd ' ')
newest=$(objdump --dynamic-syms "$TODO_ADMIN" | grep -o 'GLIBC_[0-9.]*' | sort --unique --version-sort | tail -n 1)
echo "libraries: $libraries; interfaces up to $newest"
other=$(tr ' ' '\n' <<<"$libraries" | grep -vxE 'lib(c|m|dl|rt|pthread)\.so\.[0-9]|ld-linux.*' || true)
[ -z "$other" ] || { echo "portable_test.sh: it needs $other" >&2 && exit 1; }
[ "$(printf '%s\n' "$newest" GLIBC_2.17 | sort --version-sort | tail -n 1)" = GLIBC_2.17 ] ||
    { echo "portable_test.sh: it needs $newest" >&2 && exit 1; }
for part in "extension admin" "sql admin" "extension admin_connection" "extension backup"; do
    "$here/integration.sh" run "rust $part"
done
