#!/bin/sh
# Prints a script of this folder, and in place of each line "\i FILE" that file of the folder. FILE may be a pattern: then all
# files that match, in the order of their names. A file that has been printed already is not printed again.
set -eu
cd "$(dirname "$0")"
export LC_ALL=C
included=

expand() {
    case $included in *" $1 "*) return ;; esac
    included="$included $1 "
    [ -f "$1" ] || { echo "sql/$1: no such file" >&2; exit 1; }
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '\i '*) for file in ${line#???}; do expand "$file"; done ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$1"
}
expand "$1"
