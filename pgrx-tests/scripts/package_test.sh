#!/bin/bash
# Tests the packages that `make package` has made, on a clean Debian in target/: installation, an update from 1.0.0 under a session that goes
# on, removal, and lintian. Needs root, for chroot.
#
#   package_test.sh MAJOR   of PostgreSQL
set -euo pipefail

target=$(cd "$(dirname "$0")/../.." && pwd)/target
major=${1:?package_test.sh MAJOR}
root=$target/debian
extension=postgresql-$major-todo

fail() {
    echo "package_test.sh: $*" >&2
    exit 1
}

case $major in
15) release=bookworm ;;
17) release=trixie ;;
*) fail "no stable release of Debian has PostgreSQL $major" ;;
esac
[ "$(id -u)" = 0 ] || fail "needs root"

inside() {
    # Nothing of the host's settings, and no question.
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

install() {
    inside apt-get install --quiet --quiet --yes --no-install-recommends "$@" >>"$log" 2>&1 || { tail -n 20 "$log" >&2 && fail "apt-get install $*"; }
}

# A statement of a superuser.
sql() {
    inside setpriv --reuid=postgres --regid=postgres --init-groups psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 app --command="$1"
}

expect() {
    local what=$1 expected=$2 found=$3
    [ "$found" = "$expected" ] || fail "$what: expected '$expected', found '$found'"
    echo "$what: $found"
}

clean_up() {
    local server
    server=$(head -n 1 "$root/var/lib/postgresql/$major/main/postmaster.pid" 2>/dev/null || true)
    # At once, whatever state it is in: nothing of it is kept.
    if [ -n "$server" ] && kill -QUIT "$server" 2>/dev/null; then
        tail --pid="$server" --follow /dev/null
    fi
    rm -rf "$root"
}

log=$target/debian.log
: >"$log"
clean_up
trap clean_up EXIT

uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' | grep -v security | head -n 1)
[ -n "$uri" ] || fail "this machine's apt has no archive of Debian's"
debootstrap --variant=minbase "$release" "$root" "$uri" >>"$log" 2>&1 || { tail -n 20 "$log" >&2 && fail "debootstrap $release"; }
cp /etc/resolv.conf "$root/etc/"
# No service is started by a package.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"

# The package of 1.0.0 has the library of today, which knows the scripts of all versions.
mkdir "$root/packages"
cp "$target"/debs/{"$extension",todo-admin}_*.deb "$root/packages/"
new=$(cd "$root" && ls packages/"$extension"_*.deb)
dpkg-deb --raw-extract "$root/$new" "$root/packages/old"
sed -i 's/^Version: .*/Version: 1.0.0-1/' "$root/packages/old/DEBIAN/control"
find "$root/packages/old" -name 'todo*1.1.0*' -delete
sed -i "s/^default_version = .*/default_version = '1.0.0'/" "$root/packages/old/usr/share/postgresql/$major/extension"/todo*.control
dpkg-deb --build --root-owner-group "$root/packages/old" "$root/packages/old.deb" >>"$log"

install /packages/old.deb
# By a socket alone.
echo "listen_addresses = ''" >"$root/etc/postgresql/$major/main/conf.d/socket.conf"
inside pg_ctlcluster "$major" main start
inside setpriv --reuid=postgres --regid=postgres --init-groups createdb app
sql "CREATE EXTENSION todo; CREATE EXTENSION todo_auth"
expect "installed" 1.0.0 "$(sql "SELECT extversion FROM pg_extension WHERE extname = 'todo'")"
sql "SELECT FROM todo_create_user('ada@example.com', 'Ada', 'password of Ada', 'ada'); SELECT FROM todo_create_task('ada', 'before')" >/dev/null

# A session with the old library lives through the update of the package and the extension.
coproc SESSION { inside setpriv --reuid=postgres --regid=postgres --init-groups psql --no-psqlrc --quiet --tuples-only --no-align app; }
ask() {
    echo "$1" >&"${SESSION[1]}"
    read -r -t 60 answer <&"${SESSION[0]}" || fail "the session does not answer: $1"
}
ask "SELECT completed FROM todo_toggle_task(1, 'ada');"
expect "toggled in a session" t "$answer"
install "/$new" "/$(cd "$root" && ls packages/todo-admin_*.deb)"
ask "SELECT completed FROM todo_toggle_task(1, 'ada');"
expect "toggled in the session after the update of the package" f "$answer"
sql "ALTER EXTENSION todo UPDATE; ALTER EXTENSION todo_auth UPDATE"
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$root/usr/share/postgresql/$major/extension/todo.control")
expect "updated" "$version" "$(sql "SELECT extversion FROM pg_extension WHERE extname = 'todo'")"
ask "SELECT completed FROM todo_toggle_task(1, 'ada');"
expect "toggled in the session after the update of the extension" t "$answer"
ask "SELECT count(*) FROM todo_filter_tasks('ada');"
expect "a function of the new version in the session" 1 "$answer"
expect "what todo_check() finds" "" "$(sql "SELECT name || ': ' || detail FROM todo_check() WHERE NOT ok")"

# todo-admin, its man pages and completions.
admin() {
    inside setpriv --reuid=postgres --regid=postgres --init-groups todo-admin --dsn app "$@"
}
admin doctor
expect "version of todo-admin" "todo-admin $version" "$(inside todo-admin --version)"
admin user list | grep -q ada@example.com || fail "todo-admin user list"
expect "man pages" yes "$([ -e "$root/usr/share/man/man1/todo-admin-backup.1.gz" ] && echo yes)"
expect "completion of ba" "backup" "$(inside bash -c '
    source /usr/share/bash-completion/completions/todo-admin
    COMP_WORDS=(todo-admin ba) COMP_CWORD=1
    _todo__admin todo-admin ba todo-admin && printf "%s" "${COMPREPLY[*]}"')"

# The notices that licences ask for.
for name in "$extension pgrx" "todo-admin tokio"; do
    expect "notices of $name" 1 "$(inside grep -c "^- ${name#* } [0-9]" "/usr/share/doc/${name% *}/third-party.txt")"
done

# Removed and installed again: the rows stay, and functions come back.
inside apt-get purge --quiet --quiet --yes "$extension" todo-admin >>"$log" 2>&1
expect "files that are left" "" "$(cd "$root" && find usr/lib usr/share usr/bin etc var/lib/dpkg/info \( -name '*todo*' -o -path '*todo*' \) ! -path '*/packages/*')"
expect "tasks without the package" before "$(sql "SELECT title FROM tasks")"
toggle="SELECT completed FROM todo_toggle_task(1, 'ada')"
! sql "$toggle" >>"$log" 2>&1 || fail "a function of the library works without it"
expect "what todo_check() finds without the package" "install the extension's files" \
    "$(sql "SELECT DISTINCT fix FROM todo_check() WHERE NOT ok AND name LIKE 'version%'")"
expect "checks without an answer" 0 "$(sql "SELECT count(*) FROM todo_check() WHERE ok IS NULL")"
install "/$new"
expect "a function when the package is back" f "$(sql "$toggle")"
echo '\q' >&"${SESSION[1]}"

# There is no public address of the maintainers yet, and no bug of Debian's to close.
lintian --fail-on error,warning --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs \
    --allow-root "$target"/debs/{"$extension","todo-admin"}_*.deb
echo "package_test.sh: passed"
