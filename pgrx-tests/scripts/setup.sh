#!/bin/sh
# Installs the Debian packages that are needed and missing: a PostgreSQL server with its headers, clang (bindgen reads the
# headers with it), a C linker, and OpenSSL's headers for todo-admin. Takes no time when nothing is missing. Options add others:
#
#   --example       Node.js with npm
#   --clients       the same, Python's venv, a JDK with the JDBC driver, PgBouncer, Pgpool-II, pgBackRest, Chromium, and PL/Proxy if there is a
#                   package of it for this server, for what the tests run
#   --package       what makes Debian packages
#   --test-package  the same, debootstrap, lintian and unzip
#   --fuzz          sqlsmith
#   --valgrind      valgrind
#
# PG_CONFIG names the server to use, as everywhere; without it the newest installed one, else the distribution's own.
set -eu

pg_config=${PG_CONFIG:-pg_config}

# The major version of the server to build against.
major() {
    if [ -n "${PG_CONFIG:-}" ] && command -v "$PG_CONFIG" >/dev/null; then
        "$PG_CONFIG" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/'
        return
    fi
    newest=$(find /usr/lib/postgresql/*/bin/postgres 2>/dev/null | cut -d/ -f5 | sort -n | tail -n 1)
    [ -n "$newest" ] || newest=$(apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1)
    echo "$newest"
}

installed_version() {
    dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$1" 2>/dev/null | sed -n 's/^ii *//p'
}

server_found() {
    command -v "$pg_config" >/dev/null &&
        [ -e "$("$pg_config" --bindir)/postgres" ]
}

headers_found() {
    command -v "$pg_config" >/dev/null &&
        [ -e "$("$pg_config" --includedir-server)/postgres.h" ]
}

plproxy_found() {
    server_found &&
        [ -e "$("$pg_config" --pkglibdir)/plproxy.so" ]
}

# The package of PL/Proxy for the server, if apt knows one. It is none for a server that is not the distribution's.
plproxy_package() {
    plproxy_major=
    if ! server_found; then
        plproxy_major=$(major)
    else
        case $("$pg_config" --bindir) in
        /usr/lib/postgresql/*) plproxy_major=$("$pg_config" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/') ;;
        esac
    fi
    package=postgresql-$plproxy_major-plproxy
    ! apt-cache show "$package" >/dev/null 2>&1 || echo "$package"
}

# Fails if a version of Node.js is known, and too old.
must_be_new_enough() {
    case $1 in
    v[0-9]* | [0-9]*)
        printf '%s\n' 20.19 "${1#v}" | sort --check=quiet --version-sort && return
        echo "setup: this needs Node.js 20.19 or newer, and the one here is ${1#v}" >&2
        exit 1
        ;;
    esac
}

missing=
plproxy=yes
command -v cc >/dev/null || missing="$missing gcc libc6-dev"
command -v clang >/dev/null || missing="$missing clang"
command -v pkg-config >/dev/null || missing="$missing pkg-config"
{ command -v pkg-config && pkg-config --exists openssl; } >/dev/null || missing="$missing libssl-dev"
case ${1:-} in
--example | --clients)
    if command -v node >/dev/null; then
        must_be_new_enough "$(node --version)"
    else
        missing="$missing nodejs"
    fi
    command -v npm >/dev/null || missing="$missing npm"
    ;;
esac
case ${1:-} in
--clients)
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    command -v javac >/dev/null || missing="$missing default-jdk-headless"
    [ -e /usr/share/java/postgresql.jar ] || missing="$missing libpostgresql-jdbc-java"
    command -v pgbackrest >/dev/null || missing="$missing pgbackrest"
    command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || missing="$missing pgbouncer"
    command -v pgpool >/dev/null || [ -x /usr/sbin/pgpool ] || missing="$missing pgpool2"
    command -v chromium >/dev/null || missing="$missing chromium"
    plproxy_found || plproxy=
    ;;
--package | --test-package)
    command -v dpkg-shlibdeps >/dev/null || missing="$missing dpkg-dev"
    command -v xz >/dev/null || missing="$missing xz-utils"
    ;;
esac
case ${1:-} in
--test-package)
    [ -x /usr/sbin/debootstrap ] || missing="$missing debootstrap"
    command -v lintian >/dev/null || missing="$missing lintian"
    command -v unzip >/dev/null || missing="$missing unzip"
    ;;
--fuzz) command -v sqlsmith >/dev/null || missing="$missing sqlsmith" ;;
--valgrind) { command -v valgrind >/dev/null && [ -e /usr/include/valgrind/memcheck.h ]; } || missing="$missing valgrind" ;;
esac
server=yes headers=yes
server_found || server=
headers_found || headers=
if [ -z "$missing" ] && [ -n "$server" ] && [ -n "$headers" ]; then
    [ -z "$plproxy" ] && [ -n "$(plproxy_package)" ] || exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "setup: there is no apt here; please install, and set PG_CONFIG if it is not on the PATH:" >&2
    [ -n "$server" ] || echo "  a PostgreSQL server, 15-18 (no postgres beside $pg_config)" >&2
    [ -n "$headers" ] || echo "  its development headers (no postgres.h for $pg_config)" >&2
    # Debian's names tell enough elsewhere.
    for package in $missing; do echo "  $package" >&2; done
    [ -n "$plproxy" ] || echo "  PL/Proxy, if there is a package of it for this server" >&2
    exit 1
fi

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
if [ -n "$as_root" ] && ! command -v sudo >/dev/null; then
    echo "setup: needs root or sudo to install packages" >&2
    exit 1
fi
$as_root apt-get update -qq
case " $missing " in
*" nodejs "*) must_be_new_enough "$(apt-cache policy nodejs | sed -n 's/^ *Candidate: //p')" ;;
esac

if [ -z "$server" ] || [ -z "$headers" ]; then
    major=$(major)
    [ -n "$server" ] || missing="$missing postgresql-$major"
    dev=postgresql-server-dev-$major
    # Headers of the installed server's own version: a newer one would have apt upgrade, and restart, that server.
    version=$(installed_version "postgresql-$major")
    if [ -n "$version" ] && apt-cache madison "$dev" | grep -qF " $version "; then
        dev=$dev=$version
    fi
    [ -n "$headers" ] || missing="$missing $dev"
fi
[ -n "$plproxy" ] || missing="$missing $(plproxy_package)"

# Packages whose programs the tests start themselves, and that come with a service.
services=
for service in pgbouncer pgpool2; do
    case " $missing " in
    *" $service "*) services="$services $service" ;;
    esac
done

# dash runs no EXIT trap when a signal ends it.
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Debian's server package makes and starts a cluster of its own, which nobody asked for here.
no_main=/etc/postgresql-common/createcluster.d/todo-setup.conf
if [ -z "$server" ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    $as_root apt-get install --yes --quiet --no-install-recommends postgresql-common >&2
    $as_root mkdir -p "${no_main%/*}"
    echo "create_main_cluster = false" | $as_root tee "$no_main" >/dev/null
    trap '$as_root rm -f "$no_main"' EXIT
fi

# Nor shall a service start, now or with the machine: the tests want the program.
policy=/usr/sbin/policy-rc.d
if [ -n "$services" ] && [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
    trap '$as_root rm -f "$no_main" "$policy"' EXIT
fi

# shellcheck disable=SC2086 # a list of packages
plan=$(apt-get install --simulate --no-install-recommends $missing)
if echo "$plan" | grep -qE '^Inst postgresql-[0-9]+ \['; then
    echo "setup: installing$missing would upgrade this machine's PostgreSQL server, and restart it; please do that yourself" >&2
    exit 1
fi
echo "setup: installing$missing" >&2
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends $missing >&2
for service in $services; do
    $as_root update-rc.d "$service" disable >/dev/null 2>&1 || true
done
