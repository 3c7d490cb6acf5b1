#!/usr/bin/env bats
# status: how many tenants at which version.
load fleet

@test "status counts versions and names who lags" {
    fleet 3
    notes_and_tier
    lockstep up --quiet
    lockstep down --tenants 'tenants/t2.db' --yes --quiet
    run -0 lockstep status
    is "${lines[0]}" "3 tenants: 2 at 002 (head), 1 pending"
    says "t2 at 001"
}

@test "status --json says the same" {
    fleet 2
    notes_and_tier
    run -0 lockstep status --json
    is "$(field 'd["tenants"], d["at_head"], d["pending"], d["never_migrated"]')" "(2, 0, 2, 2)"
    is "$(field 'd["head"], len(d["pending_tenants"])')" "('002', 2)"
}

@test "--exit-code is 3 while something is pending, 0 afterwards" {
    fleet 1
    notes_and_tier
    run -3 lockstep status --exit-code
    run -0 lockstep status
    lockstep up --quiet
    run -0 lockstep status --exit-code
}

@test "status changes nothing and leaves nothing behind" {
    fleet 2
    notes_and_tier
    sum=$(sha256sum tenants/*)
    lockstep status
    is "$(sha256sum tenants/*)" "$sum"
    is "$(ls tenants)" $'t1.db\nt2.db'
}

@test "tenants the cache knows stay known while new ones are read" {
    fleet 3
    notes_and_tier
    lockstep up --quiet
    sleep 0.1 # what is younger than that is not kept
    lockstep up --quiet
    for i in {10..40}; do
        cp tenants/t1.db "tenants/a$i.db"
        cp tenants/t1.db "tenants/z$i.db"
    done
    sleep 0.1
    lockstep up --quiet
    run -0 --separate-stderr lockstep status
    is "${lines[0]}" "65 tenants: 65 at 002 (head)"
}

# the same with what the runs remembered and without
same_without_the_cache()
{
    lockstep status --json >with
    lockstep history t2 >>with
    lockstep plan --json base >>with || true
    rm .lockstep/cache
    lockstep status --json >without
    lockstep history t2 >>without
    lockstep plan --json base >>without || true
    diff with without
}

@test "what a run remembers of its tenants is what they say themselves" {
    fleet 3
    notes_and_tier
    sqlite3 tenants/t3.db 'PRAGMA journal_mode=WAL' >wal
    lockstep up 001 --quiet
    same_without_the_cache
    lockstep up --select id=t2 --quiet
    lockstep up --quiet
    same_without_the_cache
    lockstep down --quiet --yes
    same_without_the_cache
    lockstep undo last --quiet --yes
    same_without_the_cache
    lockstep down base --quiet --yes
    lockstep adopt --at 001 --quiet
    same_without_the_cache
}

@test "what an application changes after a run is seen" {
    fleet 2
    notes_and_tier
    lockstep up --quiet
    sqlite3 tenants/t1.db 'DELETE FROM lockstep_history WHERE version = 2'
    run -0 lockstep status
    is "${lines[0]}" "2 tenants: 1 at 002 (head), 1 pending"
}

@test "what an application changes in WAL mode is seen: size and header of the file stay as they were" {
    fleet 2
    notes_and_tier
    sqlite3 tenants/t1.db 'PRAGMA journal_mode=WAL' >/dev/null
    lockstep up --quiet
    run -0 lockstep status
    head -c 100 tenants/t1.db >before
    sqlite3 tenants/t1.db 'DELETE FROM lockstep_history WHERE version = 2'
    head -c 100 tenants/t1.db | cmp - before
    run -0 lockstep status
    is "${lines[0]}" "2 tenants: 1 at 002 (head), 1 pending"
}

@test "a history that somebody has written nonsense into breaks nothing" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    sqlite3 tenants/t1.db "UPDATE lockstep_history SET checksum = 'x' || char(10) || 'n' || char(10) ||
        '2 900000000 0 y' WHERE version = 1"
    run lockstep status
    [ "$status" -lt 8 ]
    says "1 tenant"
}

@test "a history that does not keep its rows makes the tenant fail" {
    fleet 2
    notes_and_tier
    lockstep up 001 --quiet
    sqlite3 tenants/t2.db 'CREATE TRIGGER swallow BEFORE INSERT ON lockstep_history
        BEGIN SELECT RAISE(IGNORE); END'
    run -1 --separate-stderr lockstep up
    says "t2: its lockstep_history does not keep what is written to it"
    run -0 lockstep status
    says "2 at 001"
}

@test "what was migrated in UTF-16 is known as such" {
    sqlite3 tenants/t1.db "PRAGMA encoding = 'UTF-16';
        CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT);"
    notes_and_tier
    lockstep up --quiet
    run -0 lockstep status
    is "${lines[0]}" "1 tenant: 1 at 002 (head)"
}
