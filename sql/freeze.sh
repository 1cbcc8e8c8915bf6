#!/bin/sh
# Freezes the scripts of the current version: from now on they stay in sql/ as they were released, which a checksum verifies. A change
# of the schema then needs a new version. Usage: freeze.sh DIR, where assemble.sh has put the scripts of the extensions.
set -eu

dir=$1
cd "$(dirname "$0")"
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$dir/todo.control")

sha256sum --check --quiet SHA256SUMS
if [ -e "todo--$version.sql" ]; then
    echo "version $version is frozen already; Cargo.toml names the version to come" >&2
    exit 1
fi
for script in unreleased/*--*.sql; do
    [ ! -e "$script" ] || cp "$dir/${script##*/}" .
done
cp "$dir/todo--$version.sql" "$dir/todo_auth--$version.sql" .
rm -rf unreleased
mkdir -p edition/released
for part in todo todo_auth todo_guard; do
    edition/build.sh "$part" "$version" >"edition/released/$part-$version.sql"
done
sha256sum -- *--*.sql edition/released/*.sql >SHA256SUMS
echo "version $version is frozen: commit sql/, tag it, and give Cargo.toml the next version"
