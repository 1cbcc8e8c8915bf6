#!/bin/sh
# Prints a script of this folder, and in place of each line "\i FILE" that file of the folder. FILE may be a pattern: then all
# files that match, in the order of their names. A file that has been printed already is not printed again.
#
# A line "\pattern FILE" stands for the statements in FILE that make tables and their parts, with all of it in schema todo_internal:
# tables to be compared with, and dropped again.
set -eu
cd "$(dirname "$0")"
export LC_ALL=C
included=

pattern() {
    awk '/^(CREATE (TABLE|INDEX|UNIQUE INDEX|TRIGGER)|ALTER TABLE) / { on = 1 } on { print } /;$/ { on = 0 }' |
        sed 's/@extschema@/todo_internal/g'
}

expand() {
    case $included in *" $1 "*) return ;; esac
    included="$included $1 "
    [ -f "$1" ] || { echo "sql/$1: no such file" >&2; exit 1; }
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '\pattern '*) (included=; expand "${line#* }") | pattern ;;
        '\i '*) for file in ${line#???}; do expand "$file"; done ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$1"
}
expand "$1"
