#!/bin/bash
# `make run`: the sample data, the seven query patterns as plain SQL and as functions, a user deleted with all tasks.
# Ends in psql when there is a terminal. To be run by cluster.sh.
set -euo pipefail
cd "$(dirname "$0")/../fixtures"

psql --no-psqlrc --quiet --echo-all --set=ON_ERROR_STOP=1 --pset=footer=off --pset=pager=off --file=../scripts/demo.sql

if [ -t 0 ] && [ -t 1 ]; then
    echo
    echo 'The database is yours until you leave psql (\q). Try: SELECT * FROM todo_create_task('"'user-456-def', 'Try todo');"
    psql --no-psqlrc
fi
