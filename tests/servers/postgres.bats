#!/usr/bin/env bats
# Tenants on PostgreSQL, as a user meets them: databases, schemas, and files beside them.
bats_require_minimum_version 1.5.0
load servers

setup_file()
{
    server_start eu postgres --prepared 8 --tcp --password 'sesame'
    server_start bare postgres
    for name in tenant_a tenant_b tenant_c app; do
        server sql eu postgres "CREATE DATABASE $name"
        server sql bare postgres "CREATE DATABASE $name"
    done
}

teardown_file()
{
    servers_close
}

setup()
{
    cd "$BATS_TEST_TMPDIR" || return
    mkdir migrations tenants
    cat >migrations/001_notes.sql <<'SQL'
CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);
-- lockstep:down
DROP TABLE notes;
SQL
    export SESAME=sesame
    eu='server "eu" { url = "'$(server url eu postgres | sed 's/:sesame@/@/')'" password_env = "SESAME" }'
    bare='server "bare" { url = "'$(server url bare postgres)'" }'
    databases='source "d" { server = "eu" databases = {"tenant_*"} labels = {"kind=database"} }'
}

# what a test left in the databases goes
teardown()
{
    for name in postgres tenant_a tenant_b tenant_c; do
        server sql eu postgres "SELECT format('ROLLBACK PREPARED %L;', gid) FROM pg_prepared_xacts
            WHERE database = '$name'" | server sql eu "$name"
    done
    for name in tenant_a tenant_b tenant_c; do
        server sql eu "$name" 'DROP SCHEMA public CASCADE; CREATE SCHEMA public'
        server sql bare "$name" 'DROP SCHEMA public CASCADE; CREATE SCHEMA public'
    done
    server sql eu app 'DROP SCHEMA IF EXISTS s_x CASCADE; DROP SCHEMA IF EXISTS s_y CASCADE;
        DROP SCHEMA IF EXISTS s_z CASCADE; DROP TABLE IF EXISTS tenants'
}

lockstep()
{
    "$LOCKSTEP" "$@" </dev/null
}

conf()
{
    printf '%s\n' "$@" >lockstep.conf
}

says()
{
    [[ $output == *"$1"* ]] || { printf 'says: %s\nnot: %s\n' "$output" "$1"; return 1; }
}

has_notes()
{
    [ "$(server sql "$1" "$2" "SELECT to_regclass('notes') IS NOT NULL")" = t ]
}

@test "databases by a pattern: listed, planned as prepared, migrated, undone by run" {
    conf "$eu" "$databases"
    run -0 lockstep tenants
    says "eu/tenant_b  kind=database"
    run -0 lockstep plan
    says "3 prepared"
    says "one decision"
    run -0 lockstep up
    says "done: 3 tenants at 001, one decision"
    for name in tenant_a tenant_b tenant_c; do has_notes eu $name; done
    run -0 lockstep status
    says "3 at 001 (head)"
    run -0 lockstep history b
    says "up    1 notes"
    run -0 lockstep undo last --yes
    for name in tenant_a tenant_b tenant_c; do ! has_notes eu $name; done
    [ -z "$(server prepared eu)" ]
    run -0 lockstep log --verify
}

@test "one tenant that cannot take it: named with file and line, and nobody keeps it" {
    conf "$eu" "$databases"
    server sql eu tenant_b 'CREATE TABLE notes(x int)'
    run -1 lockstep rehearse
    says 'failed: b: migrations/001_notes.sql:1: relation "notes" already exists'
    run -1 lockstep up
    says "the fleet is as it was"
    ! has_notes eu tenant_a
    ! has_notes eu tenant_c
    [ -z "$(server prepared eu)" ]
}

@test "schemas of one database, found by a query, vote together" {
    server sql eu app "CREATE SCHEMA s_x; CREATE SCHEMA s_y; CREATE SCHEMA s_z;
        CREATE TABLE tenants(id text, schema text, tier text);
        INSERT INTO tenants VALUES ('x', 's_x', 'free'), ('y', 's_y', NULL), ('z', 's_z', 'pro')"
    conf "$eu" 'source "s" { server = "eu" database = "app" query = "SELECT id, schema, tier FROM tenants" }'
    run -2 --separate-stderr lockstep tenants
    [[ $stderr == *'relation "tenants" does not exist'* ]]
    sed -i 's|/postgres?|/app?|' lockstep.conf
    run -0 lockstep tenants --select tier=pro
    says "z  eu/app/s_z  tier=pro"
    run -0 lockstep up
    [ "$(server sql eu app "SELECT count(*) FROM pg_class WHERE relname = 'notes'")" = 3 ]
    run -0 lockstep undo last --tenant y --yes
    [ "$(server sql eu app "SELECT to_regclass('s_y.notes') IS NULL AND to_regclass('s_x.notes') IS NOT NULL")" = t ]
}

@test "files and a server in one run: one decision for all, all or none" {
    sqlite3 tenants/f.db 'CREATE TABLE users(id)'
    conf "$eu" "$databases" 'source "f" { glob = {"tenants/*.db"} }'
    run -0 lockstep up
    says "done: 4 tenants at 001, one decision"
    says "1 atomic, 3 prepared"
    run -0 lockstep down base --yes
    server sql eu tenant_c 'CREATE TABLE notes(x int)'
    run -1 lockstep up
    [ -z "$(sqlite3 tenants/f.db "SELECT name FROM sqlite_schema WHERE name = 'notes'")" ]
    [ "$(ls tenants)" = f.db ]
}

@test "a server without prepared transactions: held transactions, said before it starts" {
    conf "$bare" 'source "d" { server = "bare" databases = {"tenant_*"} }'
    run -0 lockstep plan
    says "3 logged"
    run -0 lockstep up
    has_notes bare tenant_a
    server sql bare tenant_b 'DROP TABLE notes'
    run -1 lockstep down base --yes
    has_notes bare tenant_a
    has_notes bare tenant_c
}

@test "more databases than a server keeps prepared transactions for: groups that fit, with the reason" {
    conf "$eu" 'source "d" { server = "eu" databases = {"tenant_*"} }'
    server sql eu postgres 'BEGIN; CREATE TABLE held1(i int); PREPARE TRANSACTION $$somebody1$$'
    server sql eu postgres 'BEGIN; CREATE TABLE held2(i int); PREPARE TRANSACTION $$somebody2$$'
    server sql eu postgres 'BEGIN; CREATE TABLE held3(i int); PREPARE TRANSACTION $$somebody3$$'
    server sql eu postgres 'BEGIN; CREATE TABLE held4(i int); PREPARE TRANSACTION $$somebody4$$'
    server sql eu postgres 'BEGIN; CREATE TABLE held5(i int); PREPARE TRANSACTION $$somebody5$$'
    server sql eu postgres 'BEGIN; CREATE TABLE held6(i int); PREPARE TRANSACTION $$somebody6$$'
    run -0 lockstep plan
    says "2 decisions"
    says "max_prepared_transactions is 2 on eu"
    run -0 lockstep up
    says "done: 3 tenants at 001"
    for i in 1 2 3 4 5 6; do server sql eu postgres "ROLLBACK PREPARED 'somebody$i'"; done
}

@test "bodies in dollar quotes stay whole, and tenants get their values" {
    cat >migrations/001_notes.sql <<'SQL'
CREATE FUNCTION notes() RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
    RETURN 'a;b';
END;
$body$;
CREATE TABLE notes(id text, kind text);
-- lockstep:values
INSERT INTO notes VALUES (${id} || notes(), ${kind});
-- lockstep:down
DROP TABLE notes;
DROP FUNCTION notes();
SQL
    conf "$eu" "$databases"
    sed -i "s/kind=database/kind=o'clock\\\\\\\\/" lockstep.conf
    run -0 lockstep up
    [ "$(server sql eu tenant_b 'SELECT id, kind FROM notes')" = "ba;b|o'clock\\" ]
    run -0 lockstep undo last --yes
}

concurrently()
{
    cat >migrations/002_body.sql <<'SQL'
-- lockstep:transaction off
CREATE UNIQUE INDEX CONCURRENTLY notes_body ON notes(body);
-- lockstep:down
-- lockstep:transaction off
DROP INDEX CONCURRENTLY IF EXISTS notes_body;
SQL
}

@test "CREATE INDEX CONCURRENTLY: a step of its own, compensated, undone when it fails for one" {
    concurrently
    conf "$eu" "$databases"
    run -0 lockstep plan
    says "3 compensated"
    says "2 decisions"
    says "migration 002_body runs outside a transaction"
    run -0 lockstep up
    says "done: 3 tenants at 002, 2 decisions"
    run -0 lockstep undo last --yes
    lockstep up 001 --quiet
    server sql eu tenant_b "INSERT INTO notes VALUES (1, 'x'), (2, 'x')"
    run -1 lockstep up
    says 'failed: b: migrations/002_body.sql:2: could not create unique index "notes_body"'
    for name in tenant_a tenant_b tenant_c; do
        [ "$(server sql eu $name "SELECT count(*) FROM pg_class WHERE relname IN ('notes_body', 'lockstep_ledger')")" = 0 ]
    done
    run -0 lockstep status
    says "001               3  such as a"
}

@test "such a statement in a transaction, or without a name, is refused with what to write" {
    concurrently
    conf "$eu" "$databases"
    sed -i '/transaction off/d' migrations/002_body.sql
    run -5 --separate-stderr lockstep plan
    [[ $stderr == *'002_body.sql:1'*'-- lockstep:transaction off'* ]]
    concurrently
    sed -i 's/notes_body ON/ON/' migrations/002_body.sql
    run -5 --separate-stderr lockstep plan
    [[ $stderr == *'002_body.sql:2'*'needs a name'* ]]
}

# three schemas that all lock one table; the second would wait for the vote of the first, for ever
@test "tenants that lock the same shared table vote in one transaction" {
    server sql eu app 'CREATE SCHEMA s_x; CREATE SCHEMA s_y; CREATE SCHEMA s_z;
        DROP TABLE IF EXISTS plans CASCADE; CREATE TABLE plans(id int PRIMARY KEY)'
    cat >migrations/001_notes.sql <<'SQL'
CREATE TABLE notes(plan int REFERENCES public.plans);
SELECT pg_sleep(0.2);
-- lockstep:down
DROP TABLE notes;
SQL
    conf "$eu" 'source "s" { server = "eu" database = "app" schemas = {"s_*"} }' 'lock_timeout = "50ms"'
    run -0 lockstep up
    says "done: 3 tenants at 001, one decision"
    run -0 lockstep undo last --yes
}

@test "a tenant that finds a shared table locked by another's vote joins its transaction" {
    server sql eu app 'CREATE SCHEMA s_x; CREATE SCHEMA s_y; CREATE SCHEMA s_z;
        CREATE TABLE s_x.pays(); CREATE TABLE s_y.pays(plan int); CREATE TABLE s_z.pays(plan int);
        DROP TABLE IF EXISTS plans CASCADE; CREATE TABLE plans(id int PRIMARY KEY)'
    cat >migrations/001_notes.sql <<'SQL'
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'pays'::regclass AND attname = 'plan') THEN
        ALTER TABLE pays ADD FOREIGN KEY (plan) REFERENCES public.plans;
    END IF;
END $$;
SELECT pg_sleep(0.3);
SQL
    conf "$eu" 'source "s" { server = "eu" database = "app" schemas = {"s_*"} }' 'lock_timeout = "700ms"'
    run -0 lockstep up --allow-irreversible
    says "done: 3 tenants at 001, one decision"
    [ "$(server sql eu app "SELECT count(*) FROM pg_constraint WHERE contype = 'f'")" = 2 ]
}

# whoever prepares is who commits
@test "a role that a script sets is gone before the vote" {
    server sql eu postgres 'CREATE ROLE owner_of_tenants'
    for name in a b c; do
        server sql eu tenant_$name 'GRANT USAGE, CREATE ON SCHEMA public TO owner_of_tenants'
    done
    sed -i '1i SET ROLE owner_of_tenants;' migrations/001_notes.sql
    conf "$eu" "$databases"
    run -0 lockstep up
    says "3 prepared"
    [ "$(server sql eu tenant_c "SELECT tableowner FROM pg_tables WHERE tablename = 'notes'")" = owner_of_tenants ]
    run -0 lockstep down base --yes
    [ -z "$(server prepared eu)" ]
}

# a run of which the log's end was lost: open, and decided
@test "tenants of a run that is open in the log are in doubt until recover" {
    conf "$eu" "$databases"
    run -0 lockstep up
    sqlite3 .lockstep/state.db "DELETE FROM log WHERE kind IN ('settled', 'end');
        UPDATE log_run SET ended = 0, outcome = ''"
    run -4 lockstep status
    says "in doubt (lockstep recover settles it)"
    says "  b: belongs to a run that is not settled"
    run -4 lockstep history b
    run -4 lockstep plan
    run -0 lockstep recover
    run -0 lockstep status
    says "3 at 001 (head)"
}

@test "what a run left prepared is shown with its age, and what is not ours is not" {
    conf "$eu" "$databases"
    name=lockstep_0123456789abcdef0123456789abcdef_1_1
    server sql eu tenant_a "BEGIN; CREATE TABLE x(i int); PREPARE TRANSACTION '$name'"
    server sql eu tenant_b "BEGIN; CREATE TABLE x(i int); PREPARE TRANSACTION 'lockstep_of_somebody'"
    run -0 lockstep status
    says "eu, database tenant_a: $name, for "
    [[ $output != *of_somebody* ]]
    run -0 lockstep status --json
    says '"left_prepared"'
    run -0 lockstep recover
    [ "$(server prepared eu | wc -l)" = 2 ]
}

@test "a server that is down, a wrong password: named before anything is changed, and no secret shown" {
    conf "$eu" "$databases"
    SESAME=wrong run -2 lockstep up
    says 'cannot connect to server eu'
    says 'password authentication failed'
    unset SESAME
    run -2 lockstep up
    says "the environment has no SESAME"
    export SESAME=sesame
    run -0 lockstep up
    ! grep -rq sesame .lockstep
    ! lockstep log | grep -q sesame
    conf 'server "eu" { url = "postgres://nobody:sesame@/postgres?host=/nowhere&password=sesame" }' "$databases"
    run -2 lockstep up
    says "cannot connect to server eu"
    [[ $output != *sesame* ]]
}

@test "a catalog and lists that say on which server each tenant is: by the name of a block, by a url, in a file" {
    server sql eu postgres "CREATE TABLE tenants(id text, server text, url text, database text, tier text);
        INSERT INTO tenants VALUES ('a', 'eu', NULL, 'tenant_a', 'free'), ('b', 'bare', NULL, 'tenant_b', 'free'),
            ('c', NULL, '$(server url eu tenant_c)', NULL, 'gold')"
    conf "$eu" "$bare" 'source "c" { server = "eu" query = "SELECT * FROM tenants" }'
    run -0 lockstep tenants
    says 'eu/tenant_a'
    says 'bare/tenant_b'
    says 'eu/tenant_c' # the same user and host: the block of the configuration
    says 'tier=gold'
    [[ $output != *sesame* ]]
    server sql eu postgres "UPDATE tenants SET server = 'nowhere' WHERE id = 'b'"
    run -2 --separate-stderr lockstep tenants
    [[ $stderr == *'row 3: there is no server "nowhere"'* ]]
    server sql eu postgres 'DROP TABLE tenants'
    conf 'source "l" { list = "tenants.csv" }'
    printf 'id,path,url,schema,tier\na,,%s,,free\nb,,%s,s_x,free\nf,tenants/f.db,,,gold\n' \
        "$(server url eu tenant_a)" "$(server url eu app)" >tenants.csv
    server sql eu app 'CREATE SCHEMA s_x'
    sqlite3 tenants/f.db 'CREATE TABLE u(i)'
    run -0 lockstep up
    says '3 done'
    [ "$(server sql eu tenant_a "SELECT count(*) FROM lockstep_history")" = 1 ]
    [ "$(server sql eu app "SELECT count(*) FROM s_x.lockstep_history")" = 1 ]
    run -0 lockstep tenants
    [[ $output != *sesame* ]]
    ! grep -raq sesame .lockstep
    printf '[{"id": "a", "server": "nowhere", "database": "x"}]' >tenants.csv
    run -2 --separate-stderr lockstep tenants
    [[ $stderr == *'entry 1: there is no server "nowhere"'* ]]
    printf 'id,url\na,http://x/y\n' >tenants.csv
    run -2 --separate-stderr lockstep tenants
    [[ $stderr == *'tenants.csv:2'*'leads to no server'* ]]
}
