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

@test "timeouts of one step are not those of the next, nor of the next tenant" {
    schemas
    server sql $server app 'CREATE TABLE a.t(x int); CREATE TABLE b.t(x int)'
    migration '-- lockstep:lock-timeout 7s
ALTER TABLE t ADD y int;'
    echo "CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS own;" >migrations/002_seen.sql
    run -0 lockstep up --allow-irreversible
    ask "SELECT count(*) FROM (TABLE a.seen UNION ALL TABLE b.seen) s WHERE own NOT IN ('0', '7s')" 2
}

@test "a session is cleaned behind a tenant whose migration may leave something, and not behind another" {
    schemas
    server sql $server app 'CREATE TABLE a.t(x int); CREATE TABLE b.t(x int)'
    server sql $server postgres "ALTER DATABASE app SET log_statement = 'all'"
    migration 'ALTER TABLE t ADD y int;' 'ALTER TABLE t DROP y;'
    run -0 lockstep up
    ! grep -q 'RESET ALL' "$SERVERS/$server/log"
    echo "SET my.own = 'mine';" >migrations/002_set.sql
    run -0 lockstep up --allow-irreversible
    grep -q 'RESET ALL' "$SERVERS/$server/log"
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

@test "a REINDEX CONCURRENTLY that fails leaves no INVALID copy" {
    schemas
    for name in a b; do
        server sql eu app "SET search_path = $name; CREATE TABLE knob AS SELECT 1 AS x; CREATE TABLE t AS SELECT 1 AS x;
            CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE plpgsql
                AS 'BEGIN RETURN \$1 / (SELECT x FROM $name.knob); END';
            CREATE INDEX i ON t (f(x)); CREATE INDEX other ON t (x)"
    done
    server sql eu app 'UPDATE b.knob SET x = 0'
    for what in 'INDEX CONCURRENTLY i' '(CONCURRENTLY) TABLE t'; do
        migration "-- lockstep:transaction off
REINDEX $what;"
        run -1 --separate-stderr lockstep up
        complains 'division by zero'
        ask 'SELECT count(*) FROM pg_index WHERE NOT indisvalid' 0
        ask "SELECT count(*) FROM pg_class WHERE relname IN ('i', 'other')" 4
    done
}

@test "recover puts up its fence in a database that is read-only and serializable by default" {
    schemas
    migration "CREATE TABLE t(x int);
SELECT pg_sleep(CASE current_schema() WHEN 'b' THEN 30 ELSE 0 END);" 'DROP TABLE t;'
    server sql eu postgres 'ALTER DATABASE app SET default_transaction_read_only = on;
        ALTER DATABASE app SET default_transaction_isolation = serializable'
    "$LOCKSTEP" up --quiet </dev/null 3>&- &
    for ((i = 0; i < 100; i++)); do
        [ "$(server sql eu postgres "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%'")" -lt 2 ] || break
        sleep 0.1
    done
    kill -9 $!; wait $! || true
    run -0 lockstep recover
    ask "SELECT count(*) FROM a.lockstep_history WHERE direction = 'fence'" 1
}

@test "a rehearsal is cleaned up behind as a run is: what a tenant prepared is not the next one's" {
    schemas
    migration 'PREPARE q AS SELECT 1;'
    run -0 lockstep rehearse
    run -0 lockstep up
}

@test "a history that is written to while it is read stands for its tenant alone" {
    schemas
    migration 'CREATE TABLE t(x int);' 'DROP TABLE t;'
    printf 'INSERT INTO t VALUES (1);\n-- lockstep:down\nDELETE FROM t;\n' >migrations/002_more.sql
    lockstep up --quiet
    server sql eu app "BEGIN; LOCK TABLE a.lockstep_history; SELECT pg_sleep(2);
        INSERT INTO a.lockstep_history(seq, version, grp, duration_us, applied_at, name, direction, checksum, run, log_head)
            SELECT 3, 2, 1, 1, now(), name, 'down', checksum, 'r', '' FROM a.lockstep_history WHERE version = 2;
        COMMENT ON TABLE a.lockstep_history IS 'lockstep 1 $(printf '0%.0s' {1..64}) 3'; COMMIT" 3>&- &
    for ((i = 0; i < 100; i++)); do
        [ "$(server sql eu app "SELECT count(*) FROM pg_locks WHERE relation = 'a.lockstep_history'::regclass
            AND mode = 'AccessExclusiveLock' AND granted")" = 0 ] || break
        sleep 0.02
    done
    run -0 lockstep up
    wait
    ask "SELECT string_agg(version || direction, ',' ORDER BY seq) FROM a.lockstep_history" 1up,2up,2down,2up
    ask "SELECT string_agg(version || direction, ',' ORDER BY seq) FROM b.lockstep_history" 1up,2up
}

@test "of two runs from two state folders the second sees the first: no step runs twice" {
    for server in eu held; do
        schemas
        rm -rf .lockstep migrations/* one two
        migration 'CREATE TABLE t(x int);' 'DROP TABLE t;'
        lockstep up --quiet
        printf '%s\n' "INSERT INTO t VALUES (1);" \
            "SELECT pg_sleep(CASE current_schema() WHEN 'b' THEN 2 ELSE 0 END);" '-- lockstep:down' 'DELETE FROM t;' \
            >migrations/002_more.sql
        for name in one two; do mkdir $name; cp -r lockstep.conf migrations $name; done
        sed -i 's/\[ab\]/a/' two/lockstep.conf
        "$LOCKSTEP" -C one up --quiet </dev/null 3>&- &
        for ((i = 0; i < 100; i++)); do
            [ "$(server sql $server app "SELECT count(*) FROM pg_locks WHERE relation = 'a.t'::regclass AND granted")" = 0 ] || break
            sleep 0.02
        done
        run lockstep -C two up
        wait $!
        ask "SELECT string_agg(version || direction, ',' ORDER BY seq) FROM a.lockstep_history" 1up,2up
        ask 'SELECT count(*) FROM a.t' 1
        server sql $server app 'DROP SCHEMA a CASCADE; DROP SCHEMA b CASCADE'
    done
}

# Two tenants at 002, and 003 on its way: a sleeps in it, and b has been looked at and not voted.
between_look_and_vote() {
    schemas
    migration 'CREATE TABLE t(x int);' 'DROP TABLE t;'
    printf 'INSERT INTO t VALUES (1);\n-- lockstep:down\nDELETE FROM t;\n' >migrations/002_more.sql
    lockstep up --quiet
    printf "%s\n" "INSERT INTO t VALUES (2);" \
        "SELECT pg_sleep(CASE current_schema() WHEN 'a' THEN 2 ELSE 0 END);" '-- lockstep:down' >migrations/003_last.sql
    "$LOCKSTEP" up --quiet </dev/null >up.out 2>&1 3>&- &
    for ((i = 0; i < 100; i++)); do
        [ "$(server sql eu app "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 0 ] || break
        sleep 0.02
    done
    server sql eu app "$1"
    wait $!
}

versions() { ask "SELECT string_agg(version::text, ',' ORDER BY seq) FROM $1.lockstep_history" "$2"; }

@test "a tenant restored from a copy between look and vote is refused, and no tenant keeps the migration" {
    run -1 between_look_and_vote "BEGIN; CREATE TABLE b.copy (LIKE b.lockstep_history INCLUDING ALL);
        INSERT INTO b.copy SELECT * FROM b.lockstep_history WHERE version = 1; DROP TABLE b.lockstep_history;
        ALTER TABLE b.copy RENAME TO lockstep_history;
        COMMENT ON TABLE b.lockstep_history IS 'lockstep 1 $(printf '0%.0s' {1..64}) 1'; COMMIT"
    grep -q 'b: .*its history has changed since it was looked at' up.out
    versions a 1,2
    versions b 1
    ask 'SELECT count(*) FROM a.t' 1
}

@test "a history that was emptied between look and vote is refused, though its comment is the same" {
    run -1 between_look_and_vote 'TRUNCATE b.lockstep_history'
    grep -q 'b: .*its history has changed since it was looked at' up.out
    versions a 1,2
}

@test "a history whose table was only written anew between look and vote is voted on" {
    run -0 between_look_and_vote 'VACUUM FULL b.lockstep_history'
    versions a 1,2,3
    versions b 1,2,3
}

@test "of the statements in one message the one that failed is named, with its line" {
    schemas
    migration 'CREATE TABLE t(x int PRIMARY KEY);
SELECT 1;
INSERT INTO t VALUES (1);
INSERT INTO t VALUES (1);
INSERT INTO t VALUES (2);'
    run -1 --separate-stderr lockstep up
    complains 'migrations/001_it.sql:4: duplicate key value'
    migration 'CREATE TABLE t(x int);
-- lockstep:check
SELECT 1 AS no;
CREATE TABLE u(x int);'
    run -1 --separate-stderr lockstep up
    complains 'migrations/001_it.sql:3: the check returned a row: no=1'
}

@test "a statement that the server cannot read is named, with its line, wherever it stands in its message" {
    schemas
    migration "CREATE TABLE t(x int);
COMMENT ON TABLE t IS 'äöü € 𝄞';
ALTER TABLE t ADDD COLUM z int;
CREATE TABLE u(x int);"
    run -1 --separate-stderr lockstep up
    complains 'migrations/001_it.sql:3: syntax error at or near "ADDD"'
    migration 'SELECT 1;
CREATE TABLE u(x int);
ALTER TABLE u ADDD COLUM y int;'
    run -1 --separate-stderr lockstep rehearse
    complains 'migrations/001_it.sql:3: syntax error at or near "ADDD"'
}

@test "a statement to which rules add others still counts as one" {
    schemas
    migration 'CREATE TABLE t(x int PRIMARY KEY);
CREATE RULE one AS ON INSERT TO t DO ALSO SELECT 1;
CREATE RULE two AS ON INSERT TO t DO ALSO SELECT 2;
INSERT INTO t VALUES (1);
INSERT INTO t VALUES (1);'
    run -1 --separate-stderr lockstep up
    complains 'migrations/001_it.sql:5: duplicate key value'
}

@test "a step that writes its tables anew, outside a transaction, goes through, and back" {
    schemas
    migration '-- lockstep:transaction off
VACUUM FULL;' '-- lockstep:transaction off
VACUUM FULL;'
    run -0 lockstep up
    run -0 lockstep down --yes
    printf 'CREATE TABLE t(x int);\n-- lockstep:check\nSELECT 1 WHERE current_schema() = '"'b'"';\n-- lockstep:down\nDROP TABLE t;\n' \
        >migrations/002_more.sql
    run -1 lockstep up
    ask "SELECT string_agg(direction, ',' ORDER BY seq) FROM a.lockstep_history" up,down,up,down
    run -0 lockstep recover
}

@test "how long a step took is told of each, whatever messages it took" {
    schemas
    migration 'SELECT 1;
CREATE TABLE t AS SELECT pg_sleep(0.2)::text;'
    printf 'CREATE TABLE u AS SELECT pg_sleep(0.3)::text;\n-- lockstep:down\n' >migrations/002_more.sql
    printf 'SELECT pg_sleep(0.2);\nSELECT pg_sleep(0.2);\n-- lockstep:down\n' >migrations/003_last.sql
    run -0 lockstep up
    ask 'SELECT count(*) FROM a.lockstep_history WHERE duration_us > CASE version WHEN 1 THEN 200000 WHEN 2 THEN 300000 ELSE 400000 END' 3
}

@test "a history that somebody holds is not waited for any longer than lock_timeout says" {
    schemas
    migration 'CREATE TABLE t(x int);'
    lockstep up --quiet
    printf 'CREATE TABLE u(x int);\n-- lockstep:down\nDROP TABLE u;\n' >migrations/002_more.sql
    printf 'lock_timeout = "1s"\n' | cat - lockstep.conf >c && mv c lockstep.conf
    server sql eu app "BEGIN; LOCK TABLE b.lockstep_history; SELECT pg_sleep(60)" 3>&- &
    for ((i = 0; i < 100; i++)); do
        [ "$(server sql eu app "SELECT count(*) FROM pg_locks WHERE relation = 'b.lockstep_history'::regclass
            AND mode = 'AccessExclusiveLock' AND granted")" = 0 ] || break
        sleep 0.02
    done
    run -1 --separate-stderr lockstep rehearse
    server sql eu app "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" >/dev/null
    wait $! || true
    complains 'lock timeout'
}

@test "a deferred constraint that fails is told with the file, and not with a statement" {
    schemas
    migration 'CREATE TABLE t(x int PRIMARY KEY, y int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
INSERT INTO t VALUES (1, 2);'
    run -1 --separate-stderr lockstep up
    complains 'migrations/001_it.sql: insert or update on table "t" violates foreign key'
}

@test "a tenant whose message the server cannot even read is taken back alone: votes before it stay" {
    schemas
    migration 'ALTER TABLE t FROBNICATE x;'
    sed -i 's/\[ab\]/a/' lockstep.conf
    lockstep adopt --at 001 --quiet
    sed -i 's/{"a"}/{"[ab]"}/' lockstep.conf
    printf "SELECT nextval('public.tries');\nCREATE TABLE t(x int);\n-- lockstep:down\nDROP TABLE t;\n" >migrations/002_more.sql
    server sql eu app 'CREATE SEQUENCE public.tries'
    run -7 --separate-stderr lockstep up --scope tenant --jobs 1
    complains 'syntax error at or near "FROBNICATE"'
    ask 'SELECT last_value FROM public.tries' 1 # of a, which did not have to begin again
    ask "SELECT to_regclass('a.t'), to_regclass('b.t')" 'a.t|'
    ask "SELECT string_agg(version::text, ',' ORDER BY seq) FROM a.lockstep_history" 1,2
}
