#!/usr/bin/env bats
# Debian's Alembic on a fleet of PostgreSQL schemas, and on one of SQLite files. psql and sqlite3 are the judges.
bats_require_minimum_version 1.5.0
load servers
load alembic

setup_file()
{
    server_start eu postgres --tcp --password sesame
    server sql eu postgres 'CREATE DATABASE app'
}

teardown_file()
{
    servers_close
}

setup()
{
    cd "$BATS_TEST_TMPDIR" || return
    export SESAME=sesame
    unset PYENV_VERSION
    alembic_project
}

lockstep()
{
    "$LOCKSTEP" "$@" </dev/null
}

says()
{
    [[ $output == *"$1"* ]] || { printf 'says: %s\nnot: %s\n' "$output" "$1"; return 1; }
}

schemas_conf()
{
    for name in a b c; do
        server sql eu app "DROP SCHEMA IF EXISTS s_$name CASCADE; CREATE SCHEMA s_$name"
    done
    {
        echo 'server "eu" { url = "'"$(server url eu postgres | sed 's/:sesame@/@/')"'" password_env = "SESAME" }'
        alembic_conf "    environment = {'DATABASE_URL=\${url}', 'TENANT_SCHEMA=\${schema}'}"
        echo 'source "schemas" { exec = "alembic" server = "eu" database = "app" schemas = {"s_*"} }'
    } >lockstep.conf
}

schema_at()
{
    [ "$(server sql eu app "SELECT version_num FROM s_$1.alembic_version")" = "$2" ] ||
        { echo "s_$1 is not at '$2'"; return 1; }
}

files_conf()
{
    mkdir tenants
    for name in a b c; do sqlite3 tenants/$name.db 'CREATE TABLE other(x)'; done
    {
        alembic_conf "    environment = {'DATABASE_URL=\${url}'}"
        echo 'source "files" { exec = "alembic" glob = {"tenants/*.db"} }'
    } >lockstep.conf
}

file_at()
{
    [ "$(sqlite3 "tenants/$1.db" "SELECT version_num FROM alembic_version")" = "$2" ] ||
        { echo "$1 is not at '$2'"; return 1; }
}

@test "PostgreSQL schemas: to head, back by one, one alone, and where each is" {
    schemas_conf
    run -0 lockstep plan
    says "3 tenants up to 0a9b8c, one decision"
    says "3 compensated"
    says "alembic upgrade 0a9b8c"
    run -0 lockstep up
    says "done: 3 tenants at 0a9b8c"
    for name in a b c; do schema_at $name 0a9b8c; done
    run -0 lockstep down -1 --yes
    for name in a b c; do schema_at $name d4e5f6; done
    run -0 lockstep up --select id=b
    schema_at b 0a9b8c
    schema_at a d4e5f6
    run -3 lockstep status --exit-code
    says "1 at 0a9b8c"
    says "a at d4e5f6"
    run -0 lockstep undo last --yes
    schema_at b d4e5f6
    run ! grep -rq sesame .lockstep
}

@test "a password that a command prints stands in no message" {
    schemas_conf
    sed -i '1a import sys\n"upgrade" in sys.argv and sys.exit("no way to " + os.environ["DATABASE_URL"])' project/env/env.py
    run -1 lockstep up
    says "no way to postgresql://"
    [[ $output != *sesame* ]]
}

@test "PostgreSQL schemas: one fails, and all go back" {
    schemas_conf
    run -0 lockstep up d4e5f6
    server sql eu app "INSERT INTO s_c.notes(body) VALUES ('twice'), ('twice')"
    run -1 lockstep up
    says "not done: the fleet is as it was"
    says "c: lockstep.conf:"
    says "exit code 1"
    for name in a b c; do schema_at $name d4e5f6; done
    [ -z "$(server sql eu app "SELECT 1 FROM pg_indexes WHERE indexname = 'notes_body'")" ]
}

@test "SQLite files: to head, back by one, all back to base, and one that fails" {
    files_conf
    run -0 lockstep up
    for name in a b c; do file_at $name 0a9b8c; done
    run -0 lockstep down --yes
    for name in a b c; do file_at $name d4e5f6; done
    sqlite3 tenants/c.db "INSERT INTO notes(body) VALUES ('twice'), ('twice')"
    run -1 lockstep up
    says "c: lockstep.conf:"
    says "UNIQUE constraint failed"
    for name in a b c; do file_at $name d4e5f6; done
    run -0 lockstep down base --yes
    for name in a b c; do file_at $name ""; done
}

@test "branches of revisions have no order, and are refused" {
    files_conf
    alembic_revision ffffff '"a1b2c3"' pass pass
    run -2 lockstep plan
    says "2 follow a1b2c3"
}
