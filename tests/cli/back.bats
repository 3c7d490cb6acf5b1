#!/usr/bin/env bats
# down and undo: the way back, and the question before it.
load fleet

# at a terminal, with this answer
answer()
{
    printf '%s\n' "$1" | TERM=xterm script -qec "'$LOCKSTEP' ${*:2}" /dev/null
}

@test "down takes back one version for everybody" {
    fleet 3
    notes_and_tier
    before=$(schemas)
    lockstep up --quiet
    run -0 lockstep down --yes --quiet
    is "${lines[0]}" "done: 3 tenants at 001, one decision, atomic"
    run -0 lockstep down base --yes
    says "3 tenants at base"
    is "$(schemas)" "$before"
}

@test "without a terminal down and undo need --yes" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    for command in down "undo last"; do
        run -2 --separate-stderr lockstep $command
        complains "add --yes"
    done
    run -0 lockstep status
    says "1 at 002 (head)"
}

@test "down shows what will be undone, on how many tenants and what is lost, and asks" {
    fleet 2
    notes_and_tier
    lockstep up --quiet
    run -1 answer n down
    says "2 tenants back to 001"
    says "002_tier down, 2 tenants"
    says "the rows in them are lost"
    says "[y/N]"
    run -0 lockstep status
    says "2 at 002 (head)"
    run -0 answer y down
    says "done: 2 tenants at 001"
}

@test "undo takes exactly the tenants of that run back" {
    fleet 3
    notes_and_tier
    lockstep up 001 --quiet
    lockstep up --select 'id=t[12]' --quiet
    run -0 lockstep undo last --yes
    says "done: 2 tenants back to before run"
    run -0 lockstep status --json
    is "$(field '[(v["digits"], v["tenants"]) for v in d["versions"]]')" "[('001', 3)]"
}

@test "undo --tenant names the version that this tenant goes back to" {
    fleet 3
    notes_and_tier
    lockstep up 001 --select id=t3 --quiet
    lockstep up --quiet
    run -0 --separate-stderr lockstep undo last --tenant t3 --yes --json
    is "$(field 'd["target"]')" 001
}

@test "undo --tenant takes back one of them" {
    fleet 3
    notes_and_tier
    lockstep up --quiet
    run -0 lockstep undo last --tenant t2 --yes
    run -0 lockstep status
    is "${lines[0]}" "3 tenants: 2 at 002 (head), 1 pending, 1 never migrated"
}

@test "undo uses the stored down script, also when the file is gone" {
    fleet 1
    notes_and_tier
    before=$(schemas)
    lockstep up --quiet
    rm migrations/*
    migration 009_other.sql 'CREATE TABLE other(a);'
    run -0 lockstep undo last --yes
    is "$(schemas)" "$before"
}

@test "undo is refused when a later run lies on top, which is named" {
    fleet 1
    notes_and_tier
    lockstep up 001 --quiet
    run -0 lockstep runs --json
    first=$(field 'd["runs"][0]["run"]')
    lockstep up --quiet
    run -0 lockstep runs --json
    second=$(field 'd["runs"][0]["run"]')
    run -5 --separate-stderr lockstep undo "$first" --yes
    complains "$second"
}

@test "undo is refused for an undo, and without a down script" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    lockstep undo last --yes --quiet
    run -5 --separate-stderr lockstep undo last --yes
    complains "is itself an undo"
    rm migrations/*
    migration 001_x.sql 'CREATE TABLE x(a);'
    lockstep up --quiet
    run -5 --separate-stderr lockstep undo last --yes
}

@test "undo is refused when the stored down script is not the run log's" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    sqlite3 tenants/t1.db "UPDATE lockstep_history SET down_sql = 'DROP TABLE users;'"
    run -5 --separate-stderr lockstep undo last --yes
    is "$(sqlite3 tenants/t1.db 'SELECT count(*) FROM users')" 2
}

@test "undo of an unknown run" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    run -2 --separate-stderr lockstep undo 1999 --yes
    complains "1999"
}

@test "undo of many steps outside a transaction, and of a down" {
    fleet 3
    for i in {1..7}; do
        migration 0${i}0_t.sql "CREATE TABLE t$i(a);" "DROP TABLE t$i;"
        migration 0${i}5_v.sql $'-- lockstep:transaction off\nVACUUM;' $'-- lockstep:transaction off\nVACUUM;'
    done
    before=$(schemas)
    run -0 lockstep up
    says "14 decisions"
    after=$(schemas)
    run -0 --separate-stderr lockstep undo last --yes
    says "done: 3 tenants back to before run"
    says "guarantee   3 compensated"
    is "$(schemas)" "$before"
    lockstep up --quiet
    lockstep down base --yes --quiet
    run -0 lockstep undo last --yes
    is "$(schemas)" "$after"
}

@test "undo keeps to the size of a group" {
    fleet 6
    notes_and_tier
    echo 'group_size = 2' >lockstep.conf
    before=$(schemas)
    lockstep up --quiet
    run -0 lockstep undo last --yes
    says "3 decisions"
    is "$(schemas)" "$before"
}
