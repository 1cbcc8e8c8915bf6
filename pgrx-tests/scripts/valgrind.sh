#!/bin/bash
# Runs tests with every process of the server under valgrind, and fails if it finds something.
#
#   valgrind.sh COMMAND...   runs COMMAND as cluster.sh exec does
#
# The server is built from Debian's source of the one that is installed, with assertions, and so that it tells valgrind what it allocates
# in memory contexts. Its other programs and its extensions are those that are installed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
target=$(cd "$here/../.." && pwd)/target
build=$target/valgrind
log=$build/log
pg_config=${PG_CONFIG:-pg_config}
bindir=$("$pg_config" --bindir)
version=$("$pg_config" --version | sed 's/^PostgreSQL \([0-9.]*\).*/\1/')
source=$build/postgresql-$version

fail() {
    echo "valgrind.sh: $*" >&2
    exit 1
}

# From where the machine's apt gets its packages.
fetch() {
    local apt=$build/apt uri release options
    mkdir -p "$apt"/{lists/partial,archives/partial}
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
        grep -v security | head -n 1)
    release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
        "$uri" "$release" "$uri" "$release-updates" >"$apt/sources.list"
    options=(-qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$apt/lists"
        -o Dir::Cache="$apt" -o APT::Sandbox::User=)
    apt-get "${options[@]}" update
    (cd "$build" && apt-get "${options[@]}" source --download-only --only-source "postgresql-${version%%.*}")
    tar -xjf "$build"/postgresql-*.orig.tar.bz2 -C "$build"
    [ -d "$source" ] || fail "Debian has the source of another minor version than $version"
}

if [ ! -x "$source/src/backend/postgres" ]; then
    [ -d "$source" ] || fetch
    (
        cd "$source"
        ./configure --quiet --bindir="$bindir" --datadir="$("$pg_config" --sharedir)" --libdir="$("$pg_config" --libdir)" \
            --with-system-tzdata=/usr/share/zoneinfo --without-readline --without-zlib --with-openssl --enable-debug --enable-cassert \
            CFLAGS="-O1 -g -fno-omit-frame-pointer" CPPFLAGS=-DUSE_VALGRIND
        make --silent -C src/backend generated-headers submake-libpgport postgres pkglibdir="$("$pg_config" --pkglibdir)"
    )
fi

export TODO_STAGE=$build/stage
rm -rf "$TODO_STAGE"
cp -al "$target/stage" "$TODO_STAGE"
postgres=$TODO_STAGE$bindir/postgres
mv "$postgres" "$postgres.usual"
cp "$source/src/backend/postgres" "$postgres.checked"
# Every backend inherits the descriptor.
: >"$log" && chmod 666 "$log"
# The usual one makes data directories, and says which version it is.
cat >"$postgres" <<WRAPPER
#!/bin/sh
[ "\$1" = -D ] || exec "\$0.usual" "\$@"
exec valgrind --quiet --leak-check=no --error-limit=no --num-callers=40 --suppressions="$source/src/tools/valgrind.supp" --log-fd=9 \\
    "\$0.checked" "\$@" -c statement_timeout=1h -c jit=off -c autovacuum=off 9>>"$log"
WRAPPER
chmod 755 "$postgres"

status=0
"$here/cluster.sh" exec "$@" || status=$?
[ ! -s "$log" ] || { cat "$log" >&2; fail "found something, see $log"; }
exit $status
