#!/usr/bin/env bats
# The servers as bats files use them.
bats_require_minimum_version 1.5.0
load servers

setup_file()
{
    server_start eu postgres --prepared 5
    server_start old mariadb
    server databases eu 2 --text 'CREATE TABLE users(id INT)'
    server databases old 2 --text 'CREATE TABLE users(id INT);'
}

teardown_file()
{
    servers_close
    [ -z "${SERVERS:-}" ]
}

@test "a file's servers answer in each of its tests" {
    server sql eu t2 'INSERT INTO users VALUES(1)'
    server sql old t2 'INSERT INTO users VALUES(2)'
    [ "$(server sql eu t2 'SELECT * FROM users')" = 1 ]
    [ "$(echo 'SELECT * FROM users' | server sql old t2)" = 2 ]
}

@test "and keep between tests what was committed, also when killed" {
    server kill9 eu
    server start eu
    [ "$(psql -XAt "$(server url eu t2)" -c 'SELECT * FROM users')" = 1 ]
    [ "$(server sql old t2 'SELECT * FROM users')" = 2 ]
}

@test "a prepared transaction is listed" {
    server sql eu t1 "BEGIN; INSERT INTO users VALUES(1); PREPARE TRANSACTION 'one'"
    [ "$(server prepared eu)" = one ]
    server sql eu t1 "ROLLBACK PREPARED 'one'"
}

@test "an error of the client is an error of the front, with its words" {
    run -1 --separate-stderr server sql eu t1 'SELECT * FROM nothing'
    [[ $stderr == *'relation "nothing" does not exist'* ]]
}

@test "a server that nothing would end is not started" {
    run -2 "$BATS_TEST_DIRNAME/server" start "$BATS_TEST_TMPDIR/x" postgres
    [[ $output == *--pid* ]]
}
