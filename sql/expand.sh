#!/bin/sh
# Prints a script of this folder. Each line "\i FILE" is replaced with that file of the folder. FILE may be a pattern, which stands
# for all files that match, in the order of their names. A file is printed only once, except within a function's body.
#
# A line "\pattern FILE" is replaced with the statements in FILE that make tables and their parts, in schema todo_internal. These tables
# are compared with the real ones, and then dropped.
#
# A line "\replace FILE" or "\replace FILE FUNCTION" is for a script from one version to another. It is replaced with the functions in FILE,
# or with that one alone, but with CREATE OR REPLACE.
#
# With EDITION=sql, it prints the SQL edition: files in edition/ replace those of the same name, or are the bodies of functions in C. There,
# "\use PART KEY=VALUE ..." is replaced with edition/parts/PART.sql, in which @KEY@ stands for VALUE. "\check NAME" is the expression of a
# CHECK constraint of users, "\invisible" the characters that none of its addresses may have, and "\names FOLDER" a list of the files in a
# folder, which are named after functions.
set -eu
cd "$(dirname "$0")"
export LC_ALL=C
included=

pattern() {
    awk '/^(CREATE (TABLE|INDEX|UNIQUE INDEX|TRIGGER)|ALTER TABLE) / { on = 1 } on { print } /;$/ { on = 0 }' |
        sed 's/@extschema@/todo_internal/g'
}

# A function, with its comment and the REVOKE. A statement ends with a line that ends with a semicolon, unless that is within $$, or
# between BEGIN ATOMIC and END;.
replace() {
    text=$(included=; expand "$1")
    printf '%s\n' "$text" | awk -v name="${2:-[a-z_]*}" '
        !within { on = $0 ~ "^(CREATE|COMMENT ON|REVOKE ALL ON) FUNCTION [^(]*[.]" name "[(]" }
        on && sub(/^CREATE FUNCTION/, "CREATE OR REPLACE FUNCTION") { found = 1 }
        on { print }
        !/^ *(--|$)/ { within = 1 }
        { quotes += gsub(/[$][$]/, "&") }
        /^BEGIN ATOMIC$/ { atomic = 1 }
        /^END;$/ { atomic = 0 }
        /;$/ && quotes % 2 == 0 && !atomic { within = 0; if (on) print "" }
        END { if (!found) { print "there is no function " name > "/dev/stderr"; exit 1 } }
    '
}

text() {
    if [ "${EDITION:-}" != sql ] || [ ! -e "edition/$1" ]; then
        cat "$1"
    elif grep -qs '^LANGUAGE c' "$1" && grep -q '^BEGIN' "edition/$1"; then
        awk -f edition/body.awk "edition/$1" "$1"
    else
        cat "edition/$1"
    fi
}

use() {
    part=$1
    shift
    values=
    for value in "$@"; do
        values="${values}s|@${value%%=*}@|${value#*=}|g;"
    done
    sed "$values" "edition/parts/$part.sql"
}

check() {
    sed -n "/ADD CONSTRAINT $1 CHECK (/,/^    )/p" tables/users_rules.sql | sed '1d; $d'
}

invisible() {
    sed -n "s/.*OPERATOR(pg_catalog\.!~) E'\[\(.*\)\]'.*/\1/p" tables/users_rules.sql
}

lines() {
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '\pattern '*) (included=; expand "${line#* }") | pattern ;;
        '\replace '*) replace ${line#* } ;;
        '\i '*) for file in ${line#???}; do expand "$file"; done ;;
        *'\i '*) text "${line#*\\i }" ;;
        *'\use '*)
            used=$(use ${line#*\\use })
            lines <<PART
$used
PART
            ;;
        *'\check '*)
            expression=$(check "${line#*\\check }")
            [ -n "$expression" ] || { echo "there is no constraint ${line#*\\check }" >&2; exit 1; }
            printf '%s\n' "$expression"
            ;;
        *'\names '*) (cd "${line#*\\names }" && printf "'%s',\n" *.sql) | sed "s/[.]sql//; \$s/,//" ;;
        *'\invisible'*) printf '%s%s%s\n' "${line%%\\invisible*}" "$(invisible)" "${line#*\\invisible}" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done
}

expand() {
    case $included in *" $1 "*) return ;; esac
    included="$included $1 "
    [ -f "$1" ] || { echo "sql/$1: no such file" >&2; exit 1; }
    lines <<FILE
$(text "$1")
FILE
}
expand "$1"
