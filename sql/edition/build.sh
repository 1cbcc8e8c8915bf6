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
statements() {
    expanded=$(EDITION=sql ./expand.sh "$1")
    printf '%s\n' "$expanded" | awk -f edition/statements.awk
}

# Not in a pipe, where a failure would be lost.
script=$(
    while IFS= read -r line; do
        case $line in
        '\statements '*) statements "$folder/${line#* }.sql" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <$folder/script.sql
)
printf '%s\n' "$script" | sed "s/@version@/$version/; s/@schema@/(pg_catalog.parse_ident('@extschema@'))[1]/"
