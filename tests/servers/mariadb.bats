#!/usr/bin/env bats
# Tenants on MariaDB, as a user meets them: databases, statement by statement or rows alone, and files beside them.
bats_require_minimum_version 1.5.0
load servers

setup_file()
{
    server_start my mariadb --tcp --password 'sesame'
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
    for name in tenant_a tenant_b tenant_c; do
        echo "DROP DATABASE IF EXISTS $name; CREATE DATABASE $name; USE $name;
            CREATE TABLE users(id INT PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'a');"
    done | sql mysql
    export SESAME=sesame
    url="mysql://root@localhost/mysql?socket=$SERVERS/my/run/mariadb.sock"
    my='server "my" { url = "'$url'" password_env = "SESAME" }'
    databases='source "d" { server = "my" databases = {"tenant_*"} labels = {"kind=database"} }'
}

# the stock client: sql DATABASE [TEXT]
sql()
{
    MYSQL_PWD=sesame mariadb --no-defaults --skip-ssl --socket="$SERVERS/my/run/mariadb.sock" -uroot -NB "$1" ${2:+-e "$2"}
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

has()
{
    [ -n "$(sql "$1" "SHOW TABLES LIKE '$2'")" ]
}

# nothing of a run is open on the server
clean()
{
    local name

    [ -z "$(server prepared my)" ] || return
    for name in tenant_a tenant_b tenant_c; do
        ! has $name lockstep_ledger || [ -z "$(sql $name 'SELECT * FROM lockstep_ledger')" ] || return
    done
}

@test "databases by a pattern: listed, planned as compensated, migrated, undone by run" {
    conf "$my" "$databases"
    run -0 lockstep tenants
    says "my/tenant_b  kind=database"
    run -0 lockstep plan
    says "3 compensated"
    says "one decision"
    run -0 lockstep up
    says "done: 3 tenants at 001, one decision"
    for name in tenant_a tenant_b tenant_c; do has $name notes; done
    run -0 lockstep status
    says "3 at 001 (head)"
    run -0 lockstep history b
    says "up    1 notes"
    run -0 lockstep undo last --yes
    for name in tenant_a tenant_b tenant_c; do ! has $name notes; done
    clean
    run -0 lockstep log --verify
}

@test "rows alone are voted on: prepared, and one who fails leaves all as they were" {
    conf "$my" "$databases"
    cat >migrations/001_notes.sql <<'SQL'
INSERT INTO users VALUES (2, 'b');
-- lockstep:down
DELETE FROM users WHERE id = 2;
SQL
    run -0 lockstep plan
    says "3 prepared"
    sql tenant_b "INSERT INTO users VALUES (2, 'mine')"
    run -1 lockstep rehearse
    says "failed: b: migrations/001_notes.sql:1: Duplicate entry for key 'PRIMARY'"
    run -1 lockstep up
    says "the fleet is as it was"
    [ "$(sql tenant_a 'SELECT COUNT(*) FROM users')" = 1 ]
    sql tenant_b "DELETE FROM users WHERE id = 2"
    run -0 lockstep up
    [ "$(sql tenant_a 'SELECT COUNT(*) FROM users')" = 2 ]
    clean
}

@test "one tenant that cannot take it: named with file, line and no value, and nobody keeps it" {
    conf "$my" "$databases"
    cat >migrations/001_notes.sql <<'SQL'
ALTER TABLE users ADD COLUMN tier INT DEFAULT 1;
UPDATE users SET tier = 2;
ALTER TABLE users ADD UNIQUE INDEX by_name (name(8));
-- lockstep:down
ALTER TABLE users DROP INDEX by_name;
ALTER TABLE users DROP COLUMN tier;
SQL
    sql tenant_b "INSERT INTO users VALUES (2, 'topsecret'), (3, 'topsecret')"
    run -1 lockstep up
    says "failed: b: migrations/001_notes.sql:3: Duplicate entry for key 'by_name'"
    says "the fleet is as it was"
    [[ $output != *topsecre* ]]
    for name in tenant_a tenant_b tenant_c; do
        [ "$(sql $name 'SHOW COLUMNS FROM users' | wc -l)" = 2 ]
    done
    clean
    sql tenant_b "DELETE FROM users WHERE id = 3"
    run -0 lockstep up
    [ "$(sql tenant_b 'SELECT SUM(tier) FROM users')" = 4 ]
}

@test "a down script that does not undo all of a longer up script is refused, with the line" {
    conf "$my" "$databases"
    cat >migrations/001_notes.sql <<'SQL'
CREATE TABLE notes(id INT);
INSERT INTO notes VALUES (1);
ALTER TABLE users ADD COLUMN tier INT;
-- lockstep:down
DROP TABLE notes;
SQL
    run -5 lockstep up
    says "migrations/001_notes.sql:3"
    says "its down script does not undo this"
    run -0 lockstep up --allow-irreversible
    has tenant_a notes
}

@test "what changes a schema is not rehearsed, and that is said" {
    conf "$my" "$databases"
    run -0 lockstep rehearse
    says "not rehearsed: 3 tenants would reach 001, for all that could be asked"
    ! has tenant_a notes
    echo 'CREATE TABEL x(i INT);' >migrations/002_x.sql
    run -1 lockstep rehearse --allow-irreversible
    says "failed: a: migrations/002_x.sql:1: You have an error in your SQL syntax"
}

@test "databases found by a query, with labels" {
    sql mysql "DROP DATABASE IF EXISTS cat; CREATE DATABASE cat"
    sql cat "CREATE TABLE tenants(id VARCHAR(9), db VARCHAR(20), tier VARCHAR(9));
        INSERT INTO tenants VALUES ('x', 'tenant_a', 'free'), ('y', 'tenant_b', NULL)"
    conf "$my" 'source "s" { server = "my" query = "SELECT id, db AS `database`, tier FROM cat.tenants" }'
    run -0 lockstep tenants --select tier=free
    says "x  my/tenant_a  tier=free"
    run -0 lockstep up
    has tenant_a notes
    ! has tenant_c notes
    conf "$my" 'source "s" { server = "my" query = "DELETE FROM cat.tenants" }'
    run -2 lockstep tenants
    [ "$(sql cat 'SELECT COUNT(*) FROM tenants')" = 2 ]
    conf "$my" 'source "s" { server = "my" schemas = {"tenant_*"} }'
    run -2 lockstep tenants
    says "has no schemas beside its databases"
}

@test "files and a server in one run: one decision for all, all or none" {
    sqlite3 tenants/f.db 'CREATE TABLE users(id)'
    conf "$my" "$databases" 'source "f" { glob = {"tenants/*.db"} }'
    run -0 lockstep up
    says "done: 4 tenants at 001, one decision"
    run -0 lockstep down base --yes
    sql tenant_c 'CREATE TABLE notes(x int)'
    run -1 lockstep up
    [ -z "$(sqlite3 tenants/f.db "SELECT name FROM sqlite_schema WHERE name = 'notes'")" ]
    ! has tenant_a notes
    [ "$(ls tenants)" = f.db ]
    sql tenant_c 'DROP TABLE notes'
    sqlite3 tenants/f.db 'CREATE TABLE notes(id)'
    run -1 lockstep up
    ! has tenant_a notes
    clean
}

@test "values of a tenant reach its statements as constants" {
    conf "$my" "$databases"
    cat >migrations/001_notes.sql <<'SQL'
-- lockstep:values
INSERT INTO users VALUES (2, ${id});
-- lockstep:down
DELETE FROM users WHERE id = 2;
SQL
    run -0 lockstep up
    [ "$(sql tenant_b 'SELECT name FROM users WHERE id = 2')" = b ]
}

@test "adopt marks, and a foreign database is said to be one" {
    conf "$my" "$databases"
    run -0 lockstep plan
    says "tables but no history"
    run -0 lockstep adopt --at 001 --yes
    run -0 lockstep status
    says "3 at 001 (head)"
    ! has tenant_a notes
}

# The statement in tenant_b waits behind a reader when the program is killed, and goes through later.
@test "killed in the middle of a statement: recover makes the fleet one again, and status says what is open" {
    conf "$my" "$databases" 'lock_timeout = "60s"' 'jobs = 1'
    echo 'ALTER TABLE users ADD COLUMN tier INT;
-- lockstep:down
ALTER TABLE users DROP COLUMN tier;' >migrations/001_notes.sql
    sql tenant_b 'START TRANSACTION; SELECT * FROM users; DO SLEEP(100)' &>/dev/null 3>&- &
    reader=$!
    until [ "$(sql mysql "SELECT COUNT(*) FROM information_schema.processlist
        WHERE info = 'DO SLEEP(100)'")" = 1 ]; do sleep 0.05; done
    "$LOCKSTEP" up </dev/null &>up.out 3>&- &
    run=$!
    until [ "$(sql mysql "SELECT COUNT(*) FROM information_schema.processlist
        WHERE state LIKE 'Waiting for table metadata lock'")" = 1 ]; do sleep 0.05; done
    kill -9 $run
    wait $run || true
    [ -n "$(sql tenant_b 'SELECT * FROM lockstep_ledger')" ]
    run -4 lockstep status
    says "in doubt"
    sql mysql "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'" |
        sql mysql
    wait $reader || true
    run -0 lockstep recover
    for name in tenant_a tenant_b tenant_c; do
        [ "$(sql $name 'SHOW COLUMNS FROM users' | wc -l)" = 2 ]
    done
    clean
    run -0 lockstep up
    run -0 lockstep status
    says "3 at 001 (head)"
}

@test "a tenant that another state folder left half done is not used" {
    conf "$my" "$databases"
    run -0 lockstep up
    sql tenant_b "INSERT INTO lockstep_ledger (run, grp, phase, act, tail, inverse, version, statement,
        fingerprint, idle, at) VALUES ('20261126T000000-abcdef', 1, 'forward', 0, 0, 0, 1, 1, 'x', '', NOW())"
    run lockstep status
    says "b: run 20261126T000000-abcdef was cut off in this tenant and is not settled"
    run -5 lockstep down base --yes
    has tenant_a notes
}

@test "credentials: an option file, a file, the environment; named when wrong, and no secret shown" {
    conf "$my" "$databases"
    SESAME=wrong run -2 lockstep up
    says 'cannot connect to server my'
    says 'Access denied'
    unset SESAME
    run -2 lockstep up
    says "the environment has no SESAME"
    printf '[client]\npassword = sesame\n' >my.cnf
    conf "${my/password_env = \"SESAME\"/defaults_file = \"my.cnf\"}" "$databases"
    run -0 lockstep up
    ! grep -rq sesame .lockstep
    ! lockstep log | grep -q sesame
    echo sesame >secret
    conf "${my/password_env = \"SESAME\"/password_file = \"secret\"}" "$databases"
    run -0 lockstep status
    conf 'server "my" { url = "mysql://nobody:sesame@localhost/?socket=/nowhere&password=sesame" }' "$databases"
    run -2 lockstep up
    says "cannot connect to server my"
    [[ $output != *sesame* ]]
    conf 'server "my" { url = "mysql://nobody@localhost/?soket=/nowhere" }' "$databases"
    run -2 lockstep up
    says "a parameter soket, which is not known"
}

# asked LIKE: how many statements of that form the server was sent since listen()
listen()
{
    sql mysql "SET GLOBAL general_log = ON; SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log"
}

asked()
{
    sql mysql "SELECT COUNT(*) FROM general_log
        WHERE argument LIKE '$1' AND argument NOT LIKE '%FROM general_log%'"
}

@test "a session is cleaned behind a tenant whose migration may leave something, and not behind another" {
    conf "${my/ \}/ max_parallel = 1 \}}" "$databases"
    echo 'ALTER TABLE users ADD COLUMN tier INT;' >migrations/001_notes.sql
    listen
    run -0 lockstep up --allow-irreversible
    [ "$(asked '%SET SESSION lock_wait_timeout = % max_statement_time%')" = 1 ]
    echo 'ALTER TABLE users ADD COLUMN seen INT; UPDATE users SET seen = @mine; SET @mine = 7;
        ALTER TABLE users ADD COLUMN last INT;' >migrations/002_mine.sql
    listen
    run -0 lockstep up --allow-irreversible
    [ "$(asked '%SET SESSION lock_wait_timeout = % max_statement_time%')" = 3 ]
    for name in tenant_a tenant_b tenant_c; do
        [ "$(sql $name 'SELECT seen FROM users')" = NULL ]
    done
    sql mysql "SET GLOBAL general_log = OFF"
}

@test "tables are listed for those tenants alone that may lack lockstep's" {
    conf "$my" "$databases"
    run -0 lockstep up
    listen
    run -0 lockstep up
    says "nothing to do: 3 tenants at 001"
    [ "$(asked '%information_schema.tables%GROUP BY%')" = 0 ]
    sql mysql 'CREATE DATABASE tenant_d'
    run -0 lockstep plan
    says "1 tenant"
    [ "$(asked '%information_schema.tables%GROUP BY%')" = 1 ]
    sql mysql "DROP DATABASE tenant_d; SET GLOBAL general_log = OFF"
}

@test "ALTER TABLE asks for INSTANT first, unless the configuration says off" {
    sql mysql "SET GLOBAL general_log = ON; SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log"
    echo 'ALTER TABLE users ADD COLUMN tier INT;
-- lockstep:down
ALTER TABLE users DROP COLUMN tier, LOCK=NONE;' >migrations/001_notes.sql
    conf "$my" "$databases"
    run -0 lockstep up
    [ "$(sql mysql "SELECT COUNT(*) FROM general_log
        WHERE argument = 'ALTER TABLE users ADD COLUMN tier INT, ALGORITHM=INSTANT'")" = 3 ]
    run -0 lockstep down base --yes
    [ "$(sql mysql "SELECT COUNT(*) FROM general_log WHERE argument LIKE 'ALTER TABLE%LOCK=NONE, ALGO%'")" = 0 ]
    conf "${my/ \}/ online_ddl = \"off\" \}}" "$databases"
    sql mysql "TRUNCATE mysql.general_log"
    run -0 lockstep up
    [ "$(sql mysql "SELECT COUNT(*) FROM general_log WHERE argument LIKE 'ALTER TABLE users%INSTANT'")" = 0 ]
    sql mysql "SET GLOBAL general_log = OFF"
}

@test "rows of a table without transactions are refused before they change: up, a schema's, rehearse" {
    conf "$my" "$databases"
    for name in tenant_a tenant_b tenant_c; do sql $name 'CREATE TABLE old(id INT) ENGINE=MyISAM'; done
    rm migrations/*
    cat >migrations/001_old.sql <<'SQL'
INSERT INTO users VALUES (2, 'b');
INSERT INTO old VALUES (1);
-- lockstep:down
DELETE FROM old;
DELETE FROM users WHERE id = 2;
SQL
    run -1 lockstep rehearse
    says "migrations/001_old.sql:2: the rows of old (MyISAM) cannot be taken back by a transaction"
    run -1 lockstep up
    says "the rows of old (MyISAM) cannot be taken back"
    sed -i '1i ALTER TABLE users ADD note TEXT;' migrations/001_old.sql
    echo 'ALTER TABLE users DROP note;' >>migrations/001_old.sql
    run -1 lockstep up
    says "the rows of old (MyISAM) cannot be taken back"
    for name in tenant_a tenant_b tenant_c; do
        [ "$(sql $name 'SELECT COUNT(*) FROM old')" = 0 ]
        [ "$(sql $name 'SELECT COUNT(*) FROM users')" = 1 ]
        sql $name 'DROP TABLE old'
    done
    clean
}

@test "a server whose backslashes do not escape is refused: scripts would be read otherwise than it does" {
    conf "$my" "$databases"
    mode=$(sql tenant_a 'SELECT @@global.sql_mode')
    sql tenant_a "SET GLOBAL sql_mode = CONCAT(@@global.sql_mode, ',NO_BACKSLASH_ESCAPES')"
    run lockstep plan
    sql tenant_a "SET GLOBAL sql_mode = '$mode'"
    [ "$status" != 0 ]
    says "NO_BACKSLASH_ESCAPES"
}
