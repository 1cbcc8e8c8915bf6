#!/bin/sh
# The integration tests, to be run by cluster.sh; then a look at the whole server log, which must not show a hash.
set -eu
cargo test --package todo-tests
"$(dirname "$0")/pgbackrest.sh"
if grep -nE '\$2[aby]\$' "$TODO_CLUSTER/server.log" >&2; then
    echo "integration: the server log shows a password hash" >&2
    exit 1
fi
