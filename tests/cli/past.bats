#!/usr/bin/env bats
# adopt, late, changed and missing migrations: tenants and folders with a past.
load fleet

@test "adopt marks tenants as being at a version and runs nothing" {
    fleet 2
    notes_and_tier
    before=$(schemas)
    run -0 lockstep adopt --at 002
    says "2 tenants marked as at 002"
    is "$(schemas)" "$before"
    run -0 lockstep status --exit-code
    run -0 lockstep up
    says "nothing to do"
}

@test "adopt needs --at, and a version that exists" {
    fleet 1
    notes_and_tier
    run -2 --separate-stderr lockstep adopt
    complains "add --at VERSION"
    run -2 --separate-stderr lockstep adopt --at 007
}

@test "where a statement makes what exists already, the message points to adopt" {
    fleet 1
    migration 001_users.sql 'CREATE TABLE users(id INTEGER PRIMARY KEY);'
    run -1 lockstep up
    says "adopt --at"
}

@test "late: a version below what a tenant has" {
    fleet 1
    migration 001_one.sql 'CREATE TABLE one(a);' 'DROP TABLE one;'
    migration 003_three.sql 'CREATE TABLE three(a);' 'DROP TABLE three;'
    lockstep up --quiet
    migration 002_two.sql 'CREATE TABLE two(a);' 'DROP TABLE two;'
    run -5 --separate-stderr lockstep up
    complains "002"
    complains "003"
    complains "--accept late"
    run -0 lockstep up --accept late
    is "$(sqlite3 tenants/t1.db 'SELECT count(*) FROM two')" 0
}

@test "changed: a file that is not what was applied" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    migration 001_notes.sql 'CREATE TABLE notes(id INTEGER, more TEXT);' 'DROP TABLE notes;'
    migration 003_three.sql 'CREATE TABLE three(a);' 'DROP TABLE three;'
    run -5 --separate-stderr lockstep up
    complains "001_notes"
    complains "--accept changed"
    run -0 lockstep up --accept changed
}

@test "a comment or layout may change" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    migration 001_notes.sql $'-- why\nCREATE TABLE\n  notes(id INTEGER  PRIMARY KEY);' 'DROP TABLE notes;'
    run -0 lockstep up
    says "nothing to do"
}

@test "missing: an applied version whose file is gone" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    rm migrations/001_notes.sql
    migration 003_three.sql 'CREATE TABLE three(a);' 'DROP TABLE three;'
    run -5 --separate-stderr lockstep up
    complains "--accept missing"
    run -0 lockstep up --accept missing,changed
}

@test "a refused plan lists every problem, as text and as JSON" {
    fleet 2
    notes_and_tier
    lockstep up --quiet
    rm migrations/001_notes.sql
    migration 002_tier.sql 'ALTER TABLE users ADD COLUMN level TEXT;'
    migration 003_three.sql 'CREATE TABLE three(a);'
    run -5 --separate-stderr lockstep plan
    says "001"
    says "002_tier"
    run -5 --separate-stderr lockstep plan --json
    is "$(field 'd["exit"], len(d["problems"]) >= 2, "error" in d')" "(5, True, True)"
}
