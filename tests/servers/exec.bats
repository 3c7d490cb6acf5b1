#!/usr/bin/env bats
# Tenants whose migrations are an external migrator's: here a shell script's, on SQLite files.
bats_require_minimum_version 1.5.0

setup()
{
    cd "$BATS_TEST_TMPDIR" || return
    mkdir tenants trouble
    export TROUBLE=$PWD/trouble CALLS=$PWD/calls
    for name in a b c d e f; do sqlite3 tenants/$name.db 'CREATE TABLE notes(x)'; done
    command=$BATS_TEST_DIRNAME/migrator
    conf
}

# conf [LINES IN THE EXEC SECTION]
conf()
{
    cat >lockstep.conf <<CONF
exec "tool" {
    up = {'$command', 'up', '\${target}'}
    current = {'$command', 'current'}
    revisions = {'$command', 'revisions'}
    environment = {'TENANT=\${path}'}
    ${1-down = {'$command', 'down', '\${target}'\}}
}
source "files" { exec = "tool" glob = {"tenants/*.db"} labels = {"tier=free"} }
CONF
}

lockstep()
{
    "$LOCKSTEP" "$@" </dev/null
}

says()
{
    [[ $output == *"$1"* ]] || { printf 'says: %s\nnot: %s\n' "$output" "$1"; return 1; }
}

# all_at REVISION [NAMES]: what the tool's table says, asked with the stock shell
all_at()
{
    local name want=$1

    shift
    for name in ${*:-a b c d e f}; do
        [ "$(sqlite3 tenants/$name.db 'SELECT name FROM revision' 2>/dev/null)" = "$want" ] ||
            { echo "$name is not at '$want'"; return 1; }
    done
}

wait_for()
{
    local i

    for i in $(seq 500); do
        [ ! -e "$1" ] || return 0
        sleep 0.02
    done
    echo "$1 never came"
    return 1
}

@test "a fleet is upgraded, counted, downgraded and undone by run" {
    run -0 lockstep tenants
    says "$PWD/tenants/a.db"
    run -0 lockstep plan
    says "6 tenants up to three, one decision"
    says "6 compensated"
    says "$command up two"
    run -0 lockstep up
    says "done: 6 tenants at three"
    all_at three
    run -0 lockstep status
    says "6 tenants: 6 at three (head)"
    run -0 lockstep up
    says "nothing to do"
    run -0 lockstep down --yes
    says "two"
    all_at two
    run -0 lockstep up
    all_at three
    run -0 lockstep undo last --yes
    all_at two
    run -0 lockstep down base --yes
    all_at ""
}

@test "one tenant alone, by id; a revision by its name" {
    run -0 lockstep up --select id=b two
    all_at two b
    all_at "" a c
    run -0 lockstep status
    says "never migrated"
    says "b at two"
    run -0 lockstep --tenants 'tenants/c.db' up one
    all_at one c
    run -2 lockstep up four
    says "four is not a target"
}

@test "one that fails is named with what it said, and all others go back to where each was" {
    lockstep up --select id=b one
    touch trouble/fail.d
    run -1 lockstep up
    says "not done: the fleet is as it was"
    says "d:"
    says "exit code 4"
    says "no room for d"
    all_at one b
    all_at "" a c d e f
}
