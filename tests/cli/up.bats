#!/usr/bin/env bats
# up: every tenant or none.
load fleet

@test "up brings every tenant to the target, with one decision" {
    fleet 5
    notes_and_tier
    run -0 --separate-stderr lockstep up
    is "${lines[0]}" "done: 5 tenants at 002, one decision, atomic"
    says "longest for writers"
    for file in tenants/*.db; do
        is "$(sqlite3 "$file" 'SELECT tier IS NULL FROM users LIMIT 1')" 1
        is "$(sqlite3 "$file" 'PRAGMA integrity_check')" ok
    done
    is "$(ls tenants | wc -l)" 5
}

@test "up at the target does nothing and makes no run" {
    fleet 2
    notes_and_tier
    lockstep up --quiet
    sum=$(sha256sum tenants/*)
    run -0 lockstep up
    is "$output" "nothing to do: 2 tenants at 002"
    is "$(sha256sum tenants/*)" "$sum"
    run -0 lockstep runs --json
    is "$(field 'len(d["runs"])')" 1
}

@test "a failing tenant leaves the fleet as it was, and is named with file, line and statement" {
    fleet 3
    notes_and_tier
    migration 003_unique.sql $'CREATE TABLE y(a);\nCREATE UNIQUE INDEX one ON users(email);'
    sqlite3 tenants/t2.db "INSERT INTO users(email) VALUES('a@t2')"
    before=$(schemas)
    run -1 --separate-stderr lockstep up
    is "${lines[0]}" "not done: the fleet is as it was"
    says "t2: migrations/003_unique.sql:2: UNIQUE constraint failed: users.email"
    says "CREATE UNIQUE INDEX one ON users(email)"
    complains "lockstep: t2: migrations/003_unique.sql:2:"
    is "$(schemas)" "$before"
}

@test "a failing run as JSON" {
    fleet 2
    migration 001_bad.sql 'CREATE TABLE users(x);'
    run -1 --separate-stderr lockstep up --json
    is "$(field 'd["format"], d["exit"], d["as_it_was"], len(d["failures"])')" "(1, 1, True, 2)"
    is "$(field 'd["failures"][0]["file"], d["failures"][0]["line"]')" \
        "('migrations/001_bad.sql', 1)"
    says "adopt --at"
}

@test "a check that finds a row is a no" {
    fleet 2
    migration 001_x.sql $'CREATE TABLE x(a);\n-- lockstep:check\nSELECT email FROM users WHERE email = \'a@t2\';'
    run -1 lockstep up
    says "t2: migrations/001_x.sql:"
    run -0 lockstep status
    says "2 never migrated"
}

@test "more than 20 failures: text shows 20 and says where all are" {
    fleet 22
    migration 001_bad.sql 'INSERT INTO nowhere VALUES(1);'
    run -1 --separate-stderr lockstep up
    is "$(grep -c '^failed:' <<<"$output")" 20
    says "and 2 more; lockstep show"
    run -0 lockstep show last
    is "$(grep -c 'failed:' <<<"$output")" 22
}

@test "a target, and +N, count from the lowest" {
    fleet 2
    notes_and_tier
    run -0 lockstep up +1
    says "2 tenants at 001"
    run -0 lockstep up 002
    says "2 tenants at 002"
    run -0 lockstep up 001
    says "nothing to do"
}

@test "--select moves only the selected" {
    fleet 3
    notes_and_tier
    run -0 lockstep up --select id=t2
    says "done: 1 tenant at 002"
    run -0 lockstep status
    says "2 pending"
}

@test "--scope tenant: failures are collected, the others keep it, exit 7" {
    fleet 3
    migration 001_unique.sql 'CREATE UNIQUE INDEX one ON users(email);' 'DROP INDEX one;'
    sqlite3 tenants/t2.db "INSERT INTO users(email) VALUES('a@t2')"
    run -7 lockstep up --scope tenant
    says "done in part"
    says "t2: migrations/001_unique.sql:1:"
    run -0 lockstep status
    is "${lines[0]}" "3 tenants: 2 at 001 (head), 1 pending, 1 never migrated"
}

@test "three groups of which the third fails: earlier ones are undone" {
    fleet 6
    echo 'group_size = 2' >lockstep.conf
    migration 001_unique.sql 'CREATE UNIQUE INDEX one ON users(email);' 'DROP INDEX one;'
    sqlite3 tenants/t6.db "INSERT INTO users(email) VALUES('a@t6')"
    before=$(schemas)
    run -1 lockstep up
    is "${lines[-1]:0:11}" "failed: t6:"
    says "not done: the fleet is as it was"
    is "$(schemas)" "$before"
}

@test "several groups with a step that cannot be undone are refused" {
    fleet 4
    echo 'group_size = 2' >lockstep.conf
    migration 001_x.sql 'CREATE TABLE x(a);'
    run -5 --separate-stderr lockstep up
    complains "--allow-irreversible"
    run -0 lockstep up --allow-irreversible
    says "2 decisions"
}

@test "a tenant that an application holds fails by name after lock_timeout" {
    fleet 2
    notes_and_tier
    echo 'lock_timeout = "300ms"' >lockstep.conf
    take tenants/t2.db
    run -1 lockstep up
    says "t2:"
    let_go
    run -0 lockstep up
}

@test "--deadline gives up what is not decided by then" {
    fleet 2
    notes_and_tier
    echo 'lock_timeout = "60s"' >lockstep.conf
    take tenants/t2.db
    before=$(schemas)
    run -1 lockstep up --deadline 500ms
    says "not done: the fleet is as it was"
    let_go
    is "$(schemas)" "$before"
}

@test "an interrupted run leaves the fleet as it was" {
    fleet 2
    notes_and_tier
    echo 'lock_timeout = "60s"' >lockstep.conf
    take tenants/t2.db
    "$LOCKSTEP" up >out 2>err </dev/null 9>&- &
    pid=$!
    until_in prepare err
    kill -TERM $pid
    status=0
    wait $pid || status=$?
    is $status 1
    grep -q "the fleet is as it was" out
    let_go
    run -0 lockstep status
    says "2 never migrated"
}

@test "progress is plain lines off a terminal, and nothing with --quiet" {
    fleet 2
    notes_and_tier
    run -0 --separate-stderr lockstep up 001
    complains "prepare: 2 tenants"
    run -0 --separate-stderr lockstep up --quiet
    is "$stderr" ""
}

@test "progress is a bar on a terminal, and gone at the end" {
    fleet 2
    notes_and_tier
    run -0 env TERM=xterm script -qec "'$LOCKSTEP' up" /dev/null
    says "prepare"
    says "2/2 tenants"
    [[ $output == *$'\r\e[K'*"done: 2 tenants"* ]]
}

@test "rehearse lists every tenant that would fail, and changes nothing" {
    fleet 4
    migration 001_unique.sql 'CREATE UNIQUE INDEX one ON users(email);' 'DROP INDEX one;'
    sqlite3 tenants/t2.db "INSERT INTO users(email) VALUES('a@t2')"
    sqlite3 tenants/t4.db "INSERT INTO users(email) VALUES('a@t4')"
    sum=$(sha256sum tenants/*)
    run -1 lockstep rehearse
    is "${lines[0]}" "rehearsal failed: 2 of 4 tenants would fail; nothing was changed"
    says "t2: migrations/001_unique.sql:1:"
    says "t4: migrations/001_unique.sql:1:"
    is "$(sha256sum tenants/*)" "$sum"
    run -0 lockstep rehearse --select 'id=t[13]'
    says "rehearsal passed: 2 tenants would reach 001"
}

@test "a tenant that an application has open in WAL mode is logged, and named" {
    fleet 3
    notes_and_tier
    sqlite3 tenants/t2.db 'PRAGMA journal_mode=WAL' >wal
    take tenants/t2.db 'SELECT count(*) FROM users;'
    run -0 --separate-stderr lockstep up --json
    is "$(field 'd["guarantees"]["atomic"], d["guarantees"]["logged"]')" "(2, 1)"
    is "$(field 'd["weaker"]')" "[{'guarantee': 'logged', 'tenant': 't2'}]"
    run -0 --separate-stderr lockstep down base --yes
    says "2 atomic, 1 logged: t2"
}

@test "an application that is writing, its journal on disk, is waited for and named by its pid" {
    fleet 2
    notes_and_tier
    echo 'lock_timeout = "300ms"' >lockstep.conf
    take tenants/t2.db 'PRAGMA synchronous=OFF; BEGIN; CREATE TABLE big(x);'
    [ -s tenants/t2.db-journal ]
    run -1 --separate-stderr lockstep up
    says "t2: locked by another process (pid $taker)"
    let_go
    run -0 lockstep up
}

@test "an application that shuts everybody out is named by its pid as well" {
    fleet 2
    notes_and_tier
    echo 'lock_timeout = "300ms"' >lockstep.conf
    take tenants/t2.db 'BEGIN EXCLUSIVE;'
    run -5 --separate-stderr lockstep up
    complains "t2"
    complains "pid $taker"
}
