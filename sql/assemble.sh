#!/bin/sh
# Adds the control file of todo_auth and all scripts to DIR, where cargo-pgrx has put the control file of todo. Scripts of released
# versions are copied from sql/. expand.sh puts together the install scripts and the scripts in sql/unreleased/.
set -eu

dir=$1
sql=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$dir/todo.control")

# Both extensions have the same version.
sed "s/@CARGO_VERSION@/$version/" "$sql/auth/todo_auth.control" >"$dir/todo_auth.control"
"$sql/expand.sh" install.sql >"$dir/todo--$version.sql"
"$sql/expand.sh" auth/install.sql >"$dir/todo_auth--$version.sql"

statements() {
    sed '/^ *--/d; /^ *$/d' "$1"
}
# is_as_released FROZEN SCRIPT
is_as_released() {
    if [ "$(statements "$sql/$1")" != "$(statements "$2")" ]; then
        echo "sql/$1 is frozen, and the schema has changed: give Cargo.toml the next version" >&2
        exit 1
    fi
}
if [ -e "$sql/todo--$version.sql" ]; then
    for script in "todo--$version.sql" "todo_auth--$version.sql"; do
        is_as_released "$script" "$dir/$script"
    done
    built=$(mktemp)
    trap 'rm -f "$built"' EXIT
    for part in todo todo_auth todo_guard; do
        "$sql/edition/build.sh" "$part" "$version" >"$built"
        is_as_released "edition/released/$part-$version.sql" "$built"
    done
fi

for script in "$sql"/unreleased/*--*.sql; do
    [ ! -e "$script" ] || "$sql/expand.sh" "unreleased/${script##*/}" >"$dir/${script##*/}"
done

for script in "$sql"/*--*.sql; do
    [ ! -e "$script" ] || cp "$script" "$dir/"
done
