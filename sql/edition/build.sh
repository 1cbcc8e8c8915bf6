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
while IFS= read -r line; do
    case $line in
    '\statements '*) EDITION=sql ./expand.sh "$folder/${line#* }.sql" | awk -f edition/statements.awk ;;
    *) printf '%s\n' "$line" ;;
    esac
done <$folder/script.sql | sed "s/@version@/$version/; s/@schema@/(pg_catalog.parse_ident('@extschema@'))[1]/"
