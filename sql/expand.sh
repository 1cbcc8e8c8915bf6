#!/bin/sh
# Prints a script of this folder. Each line "\i FILE" is replaced with that file of the folder. FILE may be a pattern, which stands
# for all files that match, in the order of their names. A file is printed only once.
#
# A line "\pattern FILE" is replaced with the statements in FILE that make tables and their parts, in schema todo_internal. These tables
# are compared with the real ones, and then dropped.
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
