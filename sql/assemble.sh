#!/bin/sh
# Completes DIR, where cargo-pgrx has put the control file, with all scripts. Those of released versions are copied from sql/;
# install.sql and the scripts of sql/unreleased/ are put together by expand.sh.
set -eu

dir=$1
sql=$(cd "$(dirname "$0")" && pwd)
cp "$sql/auth/todo_auth.control" "$dir/"
install_script=todo--$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$dir/todo.control").sql

"$sql/expand.sh" install.sql >"$dir/$install_script"
statements() {
    sed '/^ *--/d; /^ *$/d' "$1"
}
if [ -e "$sql/$install_script" ] && [ "$(statements "$sql/$install_script")" != "$(statements "$dir/$install_script")" ]; then
    echo "sql/$install_script is frozen, and the schema has changed: give Cargo.toml the next version" >&2
    exit 1
fi

for script in "$sql"/unreleased/*--*.sql; do
    [ ! -e "$script" ] || "$sql/expand.sh" "unreleased/${script##*/}" >"$dir/${script##*/}"
done

for script in "$sql"/*--*.sql; do
    [ ! -e "$script" ] || cp "$script" "$dir/"
done
