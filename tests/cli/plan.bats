#!/usr/bin/env bats
# plan: what would run and what it can promise, without changing anything.
load fleet

@test "plan shows the SQL, the guarantee, one decision and a digest" {
    fleet 3
    notes_and_tier
    run -0 lockstep plan
    is "${lines[0]}" "3 tenants up to 002, one decision"
    says "3 atomic"
    says "CREATE TABLE notes(id INTEGER PRIMARY KEY);"
    says "002_tier up, 3 tenants, migrations/002_tier.sql"
    grep -qE 'digest +[0-9a-f]{64}' <<<"$output"
}

@test "the digest is the plan's: the same twice, another one for another plan" {
    fleet 2
    notes_and_tier
    run -0 lockstep plan --json
    first=$(field 'd["digest"]')
    run -0 lockstep plan --json
    is "$(field 'd["digest"]')" "$first"
    run -0 lockstep plan 001 --json
    [ "$(field 'd["digest"]')" != "$first" ]
}

@test "plan changes nothing" {
    fleet 2
    notes_and_tier
    sum=$(sha256sum tenants/*)
    lockstep plan
    is "$(sha256sum tenants/*)" "$sum"
}

@test "plan says in one line which tenants have tables but no history" {
    fleet 2
    notes_and_tier
    run -0 lockstep plan
    says "2 tenants with tables but no history"
    says "adopt --at"
}

@test "plan says what cannot be undone" {
    fleet 1
    migration 001_x.sql 'CREATE TABLE x(a);'
    run -0 lockstep plan
    says "001_x up cannot be undone"
}

@test "plan of a target downwards" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    run -0 lockstep plan -1
    is "${lines[0]}" "1 tenant down to 001, one decision"
    says "ALTER TABLE users DROP COLUMN tier;"
}

@test "several groups are several decisions, with the reason" {
    fleet 4
    notes_and_tier
    echo 'group_size = 2' >lockstep.conf
    run -0 lockstep plan
    is "${lines[0]}" "4 tenants up to 002, 2 decisions"
    says "more decision"
    run -0 lockstep plan --json
    is "$(field 'd["decisions"], [len(g["tenants"]) for g in d["groups"]]')" "(2, [2, 2])"
}

@test "a target that is no version is a usage error" {
    fleet 1
    notes_and_tier
    run -2 --separate-stderr lockstep plan 007
    run -2 --separate-stderr lockstep plan hed
}

@test "what leaves the transaction is refused with file and line" {
    fleet 1
    migration 001_x.sql $'CREATE TABLE x(a);\nCOMMIT;'
    run -5 --separate-stderr lockstep plan
    complains "migrations/001_x.sql:2"
}

@test "a file that is no migration is an error that names it" {
    fleet 1
    touch migrations/readme.sql
    run -2 --separate-stderr lockstep plan
    complains "readme.sql"
}

@test "two files of one version are refused, both named" {
    fleet 1
    migration 001_a.sql 'CREATE TABLE a(x);'
    migration 01_b.sql 'CREATE TABLE b(x);'
    run -5 --separate-stderr lockstep plan
    complains "001_a.sql"
    complains "01_b.sql"
}
