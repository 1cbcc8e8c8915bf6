#!/bin/sh
# Prints the script that installs a part of the SQL edition. Usage: build.sh todo|todo_auth VERSION
set -eu

version=$2
case $1 in
todo) folder=edition ;;
todo_auth) folder=edition/auth ;;
*) echo "usage: build.sh todo|todo_auth VERSION" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."
statements=$(EDITION=sql ./expand.sh $folder/install.sql | awk -f edition/statements.awk)
while IFS= read -r line; do
    if [ "$line" = '\statements' ]; then
        printf '%s\n' "$statements"
    else
        printf '%s\n' "$line"
    fi
done <$folder/script.sql | sed "s/@version@/$version/; s/@schema@/(pg_catalog.parse_ident('@extschema@'))[1]/"
