#!/bin/sh
# Prints the script that installs a part of the SQL edition. Usage: build.sh todo|todo_auth|todo_guard VERSION
set -eu

version=$2
cd "$(dirname "$0")/.."
case $1 in
todo) folder=edition ;;
todo_*) folder=edition/${1#todo_} ;;
*) folder= ;;
esac
[ -e "$folder/script.sql" ] || { echo "usage: build.sh todo|todo_auth|todo_guard VERSION" >&2; exit 2; }

# statements FILE [pg_catalog]: with pg_catalog, they read PostgreSQL's catalogs of extensions, and not the views that stand in for them.
statements() {
    expanded=$(EDITION=sql ./expand.sh "$folder/$1.sql")
    printf '%s\n' "$expanded" | awk -v catalogs="${2:-todo_internal}" -f edition/statements.awk
}

# Not in a pipe, where a failure would be lost.
script=$(
    while IFS= read -r line; do
        case $line in
        # shellcheck disable=SC2086 # words on purpose
        '\statements '*) statements ${line#* } ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <$folder/script.sql
)
printf '%s\n' "$script" | sed "s/@version@/$version/; s/@schema@/(pg_catalog.parse_ident('@extschema@'))[1]/"
