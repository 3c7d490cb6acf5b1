#!/bin/bash
# tools/demo.sh - plays the main job on a fleet of 1,000 tenant files that it makes in demo/.
# LOCKSTEP names the program (make demo sets it). Nothing outside demo/ is touched.
set -eu -o pipefail
cd "$(dirname "$0")/.."
program=${LOCKSTEP:-$PWD/build/lockstep}
tenants=1000
odd_one=t0617

say() { if [ -t 1 ]; then printf "\n\033[1m%s\033[0m\n" "$*"; else printf "\n%s\n" "$*"; fi; }
fail() { echo "demo: $*" >&2; exit 1; }
lockstep() { "$program" "$@"; }

# run EXIT COMMAND...: shows a command, runs it, and insists on its exit code.
run() {
    local wanted=$1 code=0
    shift
    echo "\$ $*"
    "$@" || code=$?
    [ "$code" = 0 ] || echo "(exit $code)"
    [ "$code" = "$wanted" ] || fail "exit $code, not $wanted: $*"
}

make_fleet() {
    sqlite3 template.db "
        CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT NOT NULL, plan TEXT);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
        INSERT INTO users(email, plan) SELECT 'user' || i || '@example.com', 'free' FROM n;"
    mkdir tenants migrations
    seq -f 'tenants/t%04.0f.db' "$tenants" | xargs -n 200 bash -c 'tee "$@" <template.db >/dev/null' -
    rm template.db
}

migration() { # FILE UP DOWN
    printf -- '-- lockstep:up\n%s\n\n-- lockstep:down\n%s\n' "$2" "$3" >"migrations/$1"
}

# One stock sqlite3 for all tenants: is every file sound, and at which version?
look="SELECT (SELECT integrity_check FROM pragma_integrity_check) || ', at version ' ||
    (SELECT max(version) FROM (SELECT version, direction, max(seq) FROM lockstep_history
        GROUP BY version) WHERE direction = 'up') ||
    ', index ' || (SELECT count(*) FROM sqlite_schema WHERE name = 'users_email');"

versions() {
    printf '.open %s\n'"${look//$'\n'/ }"'\n' tenants/*.db | sqlite3 | sort | uniq -c
}

one_version() {
    local found
    found=$(versions)
    echo "sqlite3 finds, over all tenants (integrity, history, schema):"
    echo "$found"
    [[ $found =~ ^\ *"$tenants ok, " ]] || fail "not one version, or not sound"
}

count() { compgen -G "$1" | wc -l; }

# Kills an up once every tenant has its journal: the decision is near, or has just fallen.
kill_in_the_middle() {
    local pid
    "$program" --quiet up >/dev/null 2>&1 & # not through the function: $! must be the program
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        [ "$(count 'tenants/*-journal')" -lt "$tenants" ] || break
    done
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    [ "$(count 'tenants/lockstep-*')" -gt 0 ]
}

kill_until_hit() {
    local try
    for try in 1 2 3 4 5; do
        if kill_in_the_middle; then
            echo "killed at try $try; it left $(count 'tenants/*-journal') journals and:"
            compgen -G 'tenants/lockstep-*' | sed 's/^/  /'
            return
        fi
        lockstep --quiet --yes undo last >/dev/null # it was through already: back, and again
    done
    fail "no kill hit the middle in $try tries"
}

rm -rf demo
mkdir demo
cd demo
command -v sqlite3 >/dev/null || fail "needs sqlite3"

say "1. A fleet of $tenants SQLite files with one table of 100 users each, and one migration."
make_fleet
migration 001_add_tier.sql "ALTER TABLE users ADD COLUMN tier TEXT DEFAULT 'basic';" \
    "ALTER TABLE users DROP COLUMN tier;"

say "2. Where does the fleet stand?"
run 0 lockstep status | sed -n 1,2p

say "3. What would run, and what can be promised? Nothing is changed."
run 0 lockstep plan

say "4. The whole fleet goes up, by one decision."
run 0 lockstep up
one_version

say "5. The next migration fails on one tenant, $odd_one, which has an address twice: nobody keeps it."
migration 002_unique_email.sql "CREATE UNIQUE INDEX users_email ON users(email);" \
    "DROP INDEX users_email;"
sqlite3 "tenants/$odd_one.db" "INSERT INTO users(email) VALUES('user1@example.com')"
run 1 lockstep up
one_version

say "6. The address is mended. Then kill -9 in the middle of the commit."
sqlite3 "tenants/$odd_one.db" "DELETE FROM users WHERE id > 100"
echo '$ lockstep up &   ... kill -9'
kill_until_hit

say "7. lockstep has not run since. The stock sqlite3 shell finds one version in the whole fleet."
one_version

say "8. recover clears away what the kill left behind, and the fleet goes on."
run 0 lockstep recover
[ "$(count 'tenants/*-journal')$(count 'tenants/lockstep-*')" = 00 ] || fail "something is left"
run 0 lockstep up
one_version

say "9. A run can be taken back, on exactly the tenants that took it."
run 0 lockstep --yes undo last
one_version
run 0 lockstep runs

say "That was it. The fleet is in demo/ if you want to look around; make clean removes it."
