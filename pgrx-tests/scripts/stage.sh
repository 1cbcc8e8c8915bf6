#!/bin/sh
# Completes target/stage (or target/NAME, if a NAME is given), where `make install` has put the extension, to a server of its
# own: PostgreSQL finds its library and share directories relative to its binary, so a copy of the binaries beside links to
# all else will do.
set -eu

stage=$(cd "$(dirname "$0")/../.." && pwd)/target/${1:-stage}
pg_config=${PG_CONFIG:-pg_config}
bindir=$("$pg_config" --bindir)

mkdir -p "$stage$bindir"
for program in postgres initdb pg_ctl pg_upgrade pg_config; do
    # Removed first: the old copy may be running.
    rm -f "$stage$bindir/$program"
    cp "$bindir/$program" "$stage$bindir/"
done
for dir in "$bindir" "$("$pg_config" --pkglibdir)" "$("$pg_config" --sharedir)"; do
    mkdir -p "$stage$dir"
    # What is there already is ours and stays.
    cp -rs --no-clobber "$dir/." "$stage$dir/"
done
# Not what the system may have installed of this extension.
find "$stage" -type l -name 'todo*' -delete
