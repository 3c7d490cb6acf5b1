#!/usr/bin/env bats
# Tenants that cannot be used: each named with its reason, and nobody is changed without consent.
load fleet

# refused WORDS...: up is refused before anything is changed, and names t2 with these words
refused()
{
    local before

    before=$(cat tenants/t1.db | sha256sum)
    run -5 --separate-stderr lockstep up
    complains "t2"
    for word in "$@"; do
        complains "$word"
    done
    is "$(cat tenants/t1.db | sha256sum)" "$before"
    run -0 lockstep status --json
    is "$(field 'd["unusable"], d["unusable_tenants"][0]["id"]')" "(1, 't2')"
}

# other users may come here: bats makes its folders private
open_to_all()
{
    chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/.." "$BATS_RUN_TMPDIR"
}

@test "not a database" {
    fleet 1
    notes_and_tier
    seq 1000 >tenants/t2.db
    refused "not an SQLite database"
}

@test "encrypted: nothing but noise" {
    fleet 1
    notes_and_tier
    head -c 8192 /dev/urandom >tenants/t2.db
    refused "not an SQLite database"
}

@test "reserved bytes, as encryption extensions leave them" {
    fleet 1
    notes_and_tier
    sqlite3 tenants/t2.db ".filectrl reserve_bytes 12" "CREATE TABLE users(id)" "VACUUM" >/dev/null
    [ "$(od -An -tu1 -j20 -N1 tenants/t2.db | tr -d ' ')" = 12 ] || skip "this shell reserves none"
    refused "reserve"
}

@test "a folder" {
    fleet 1
    notes_and_tier
    mkdir tenants/t2.db
    refused
}

@test "a dangling link" {
    fleet 1
    notes_and_tier
    ln -s nowhere tenants/t2.db
    refused
}

@test "unreadable for this user" {
    fleet 2
    notes_and_tier
    chmod 000 tenants/t2.db
    if [ "$(id -u)" = 0 ]; then
        open_to_all
        chown -R 65534:65534 .
        run -5 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
            "$LOCKSTEP" up </dev/null
    else
        run -5 --separate-stderr lockstep up
    fi
    complains "t2"
    complains "ermission"
}

@test "a hard link: one file under two names" {
    fleet 1
    notes_and_tier
    ln tenants/t1.db tenants/t2.db
    run -5 --separate-stderr lockstep up
    complains "t1"
    complains "hard links"
}

@test "a symlink to another tenant: one file under two names" {
    fleet 1
    notes_and_tier
    ln -s t1.db tenants/t2.db
    run -5 --separate-stderr lockstep up
    complains "t1"
    complains "t2"
}

@test "a symlink to a file elsewhere is a tenant" {
    fleet 2
    notes_and_tier
    mkdir elsewhere
    mv tenants/t2.db elsewhere/
    ln -s ../elsewhere/t2.db tenants/t2.db
    run -0 lockstep up
    [ -L tenants/t2.db ]
    is "$(sqlite3 elsewhere/t2.db 'SELECT count(*) FROM notes')" 0
}

@test "a 0-byte file is an empty database" {
    : >tenants/t1.db
    migration 001_x.sql 'CREATE TABLE x(a);' 'DROP TABLE x;'
    run -0 lockstep up
    is "$(sqlite3 tenants/t1.db 'SELECT count(*) FROM x')" 0
}

@test "--skip-unusable goes on without it, lists it, exit 7" {
    fleet 1
    notes_and_tier
    seq 1000 >tenants/t2.db
    run -7 lockstep up --skip-unusable
    says "skipped: t2:"
    is "$(sqlite3 tenants/t1.db 'SELECT count(*) FROM notes')" 0
    run -7 lockstep up --skip-unusable --json
    is "$(field 'd["exit"], d["skipped"][0]["tenant"]')" "(7, 't2')"
}

@test "plan lists every unusable tenant" {
    fleet 1
    notes_and_tier
    seq 1000 >tenants/t2.db
    mkdir tenants/t3.db
    run -5 --separate-stderr lockstep plan
    says "t2"
    says "t3"
}

@test "decision files where a tenant's owner cannot see them: refused, by name" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    fleet 2
    notes_and_tier
    open_to_all
    mkdir -m 700 hidden
    echo 'decisions = "hidden"' >lockstep.conf
    chown nobody tenants/t2.db
    before=$(schemas)
    run -1 --separate-stderr lockstep up
    says "t2: its owner"
    says "cannot reach the decision file"
    is "$(schemas)" "$before"
    chmod 755 hidden
    run -0 lockstep up
}

@test "a fleet of another user's in 0700 folders, the program not root" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
    for i in 1 2 3; do
        mkdir -m 700 tenants/c$i
        sqlite3 tenants/c$i/app.db 'CREATE TABLE users(id INTEGER PRIMARY KEY)'
        chmod 600 tenants/c$i/app.db
    done
    echo 'tenants = {"tenants/*/app.db"}' >lockstep.conf
    notes_and_tier
    cp "$LOCKSTEP" program
    chown -R nobody .
    open_to_all
    for words in "up" "undo last --yes" "up" "recover"; do
        run -0 setpriv --reuid nobody --regid nogroup --clear-groups ./program --quiet $words
    done
    is "$(stat -c '%U %a' tenants/c1/app.db)" "nobody 600"
    is "$(ls tenants/c1)" app.db
    is "$(sqlite3 tenants/c3/app.db 'SELECT tier FROM users')" ""
}
