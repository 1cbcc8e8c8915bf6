#!/bin/sh
# Completes DIR, where cargo-pgrx has put the install script of the current version, with all other scripts: those of
# released versions as they are in sql/, those of sql/unreleased/ with the files that their lines "\i FILE" name.
# objects.sql is what the install script makes besides the tables. todo_auth is SQL alone: all of its scripts are of that kind.
set -eu

dir=$1
sql=$(cd "$(dirname "$0")" && pwd)
cp "$sql/auth/todo_auth.control" "$dir/"
install_script=todo--$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$dir/todo.control").sql

objects=$(mktemp)
trap 'rm -f "$objects"' EXIT
sed -n '/^-- What follows is made anew/,$p' "$dir/$install_script" >"$objects"
[ -s "$objects" ] || { echo "$install_script: no schema.sql in it" >&2; exit 1; }

# The objects of a script, a line each, without what cargo-pgrx writes of their order.
statements() {
    sed '/^ *--/d; /^ *$/d' "$1" | awk 'BEGIN { RS = "/[*] <begin connected objects> [*]/" } { gsub(/\n/, "\\n"); print }' | sort
}
if [ -e "$sql/$install_script" ] && [ "$(statements "$sql/$install_script")" != "$(statements "$dir/$install_script")" ]; then
    echo "sql/$install_script is frozen, and the schema has changed: give Cargo.toml the next version" >&2
    exit 1
fi

for script in "$sql"/unreleased/*--*.sql; do
    [ -e "$script" ] || continue
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '\i objects.sql') cat "$objects" ;;
        '\i '*) cat "$sql/${line#???}" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$script" >"$dir/${script##*/}"
done

for script in "$sql"/*--*.sql; do
    [ ! -e "$script" ] || cp "$script" "$dir/"
done
