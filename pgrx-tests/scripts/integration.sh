#!/bin/sh
# The integration tests, to be run by cluster.sh: from Rust, the recipe for pgBackRest, and clients in other languages. Then
# a look at the whole server log, which must not show a hash, and the names of the tests that were not run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tests=$here/..
target=$tests/../target

for edition in extension sql; do
    echo "Rust, edition: $edition"
    "$here/rust.sh" "$edition"
done
"$here/left_out.sh" extension | grep '^pgbackrest|' >/dev/null || "$here/pgbackrest.sh"
for versions in "$tests"/interop/python/sqlmodel-*.txt; do
    versions=$(basename "$versions" .txt)
    echo "interop: Python, $versions"
    "$target/python-$versions/bin/python" -B -m pytest --rootdir "$tests/interop/python" --config-file "$tests/interop/python/pytest.ini" \
        --basetemp "$TODO_CLUSTER.pytest" --quiet "$tests/interop/python"
done
javascript() {
    node --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter="$tests/interop/node/skipped.mjs" --test-reporter-destination=stderr --test "$@"
}
echo "interop: JavaScript"
javascript "$tests"/interop/node/*.test.mjs
echo "interop: Better Auth with the SQL edition"
(export TODO_EDITION=sql && javascript "$tests"/interop/node/better-auth*.test.mjs)

# A hash has its cost after the prefix; the SQL edition's statement text, which a cancelled call leaves in the log, does not.
if grep -nE '\$2[aby]\$[0-9]{2}\$' "$TODO_CLUSTER/server.log" >&2; then
    echo "integration: the server log shows a password hash" >&2
    exit 1
fi
"$here/left_out.sh"
