#!/usr/bin/env bats
# PostgreSQL: what a database, a role or a migration sets for a session reaches neither a promise of ours nor the next tenant.
bats_require_minimum_version 1.5.0
load servers

setup_file()
{
    server_start eu postgres --prepared 8
    server_start held postgres
    server sql eu postgres 'CREATE DATABASE app'
    server sql held postgres 'CREATE DATABASE app'
}

teardown_file()
{
    servers_close
}

setup()
{
    cd "$BATS_TEST_TMPDIR" || return
    mkdir migrations
    server=eu
}

teardown()
{
    [ -z "$(server sql eu app 'SELECT gid FROM pg_prepared_xacts')" ]
    for name in eu held; do
        server sql $name postgres 'ALTER DATABASE app RESET ALL'
        server sql $name app 'DROP SCHEMA IF EXISTS a CASCADE; DROP SCHEMA IF EXISTS b CASCADE;
            DROP SCHEMA public CASCADE; CREATE SCHEMA public'
    done
}

lockstep()
{
    "$LOCKSTEP" "$@" </dev/null
}

# tenants a and b, schemas of one database in one transaction; label LABEL
schemas()
{
    server sql $server app 'CREATE SCHEMA a; CREATE SCHEMA b'
    cat >lockstep.conf <<CONF
server "s" { url = "$(server url $server postgres)" max_parallel = 1 }
source "s" { server = "s" database = "app" schemas = {"[ab]"} labels = {'note=${1:-x}'} }
CONF
}

# migration UP [DOWN]
migration()
{
    printf '%s\n-- lockstep:down\n%s\n' "$1" "${2:-SELECT 1;}" >migrations/001_it.sql
}

# complains WHAT: on stderr
complains()
{
    [[ $stderr == *"$1"* ]] || { printf 'complains: %s\nnot: %s\n' "$stderr" "$1"; return 1; }
}

# ask SQL ANSWER
ask()
{
    [ "$(server sql $server app "$1")" = "$2" ] || { server sql $server app "$1"; return 1; }
}

@test "strings are read as the standard has them, whatever the database says: a value ends no quotes" {
    server sql eu postgres 'ALTER DATABASE app SET standard_conforming_strings = off'
    schemas ' || current_user -- '
    migration 'CREATE TABLE t(x text);
-- lockstep:values
INSERT INTO t VALUES ('"'\\'"' || ${note});'
    run -0 lockstep up
    ask 'SELECT x FROM a.t' '\ || current_user -- '
}

@test "a migration that turns that off gets no values after it" {
    schemas
    migration 'SET standard_conforming_strings = off;
-- lockstep:values
SELECT ${note};'
    run -1 --separate-stderr lockstep up
    complains '001_it.sql:3'
    complains 'values need standard_conforming_strings on'
}

@test "a database that is read-only and serializable by default is migrated all the same" {
    schemas
    server sql eu postgres 'ALTER DATABASE app SET default_transaction_read_only = on;
        ALTER DATABASE app SET default_transaction_isolation = serializable'
    migration "CREATE TABLE t AS SELECT current_setting('transaction_isolation') AS level;"
    run -0 lockstep up
    ask 'SELECT level FROM b.t' 'read committed'
}

@test "prepared statements, cursors, roles and settings of one tenant are not the next one's" {
    for server in eu held; do
        schemas
        migration "CREATE TABLE t AS SELECT current_setting('my.own', true) AS own;
PREPARE q AS SELECT 1;
DECLARE c CURSOR FOR SELECT 1;
SET my.own = 'mine';
SET work_mem = '1MB';"
        run -0 lockstep up
        ask "SELECT coalesce(own, '') FROM a.t UNION ALL SELECT coalesce(own, '') FROM b.t" ''
        run -0 lockstep down --yes
    done
}

@test "what can never succeed is told at once: ALTER TABLE behind deferred triggers" {
    schemas
    server sql eu app 'CREATE SEQUENCE public.tries'
    migration 'SELECT nextval('"'public.tries'"');
CREATE TABLE t(x int PRIMARY KEY, y int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
INSERT INTO t VALUES (1, 2);
ALTER TABLE t ADD z int;'
    run -1 --separate-stderr lockstep up
    complains 'pending trigger events'
    ask 'SELECT last_value <= 2 FROM public.tries' t # of two tenants
}

@test "an INVALID index is dropped also where its statement has values" {
    schemas
    server sql eu app 'CREATE TABLE a.t AS SELECT 1 AS x FROM generate_series(1, 2); CREATE TABLE b.t(x int)'
    migration '-- lockstep:transaction off
-- lockstep:values
CREATE UNIQUE INDEX CONCURRENTLY one ON t (x) WHERE ${note} <> '"''"';'
    run -1 --separate-stderr lockstep up
    complains 'could not create unique index'
    ask 'SELECT count(*) FROM pg_index WHERE NOT indisvalid' 0
}
