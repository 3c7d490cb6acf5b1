#!/usr/bin/env bats
# The benchmark of servers runs, at a tenth of its size, and says a line about each of its figures. No time is judged.
bats_require_minimum_version 1.5.0

setup_file()
{
    export BENCH_SAID=$BATS_FILE_TMPDIR/said
    # ninja has been there: called from here it may set the folder up anew, with the PATH of a bats file
    "$SOURCE_ROOT/bench/servers" --quick --built --build "$BUILD_ROOT" >"$BENCH_SAID" 2>&1 || echo "ended with $?" >>"$BENCH_SAID"
    # a place in memory is refused, as it should be; there is nothing to look at then
    ! grep -q 'a sync costs nothing' "$BENCH_SAID" || export BENCH_REFUSED=1
}

setup()
{
    [ -z "${BENCH_REFUSED:-}" ] || skip "the build folder is in memory"
}

says()
{
    grep -q -- "$1" "$BENCH_SAID" || { cat "$BENCH_SAID"; return 1; }
}

# who took part: a line of the table each
took_part()
{
    says "^lockstep up .* [0-9]"
    says "^C loop, $1 connections .* [0-9]"
    says "^$2, xargs -P4 .* [0-9]"
}

@test "it ends well, and nothing could not be measured" {
    ! grep -E 'ended with|FAILED|Traceback' "$BENCH_SAID" || { cat "$BENCH_SAID"; false; }
}

@test "the servers write to the disk" {
    says "^PostgreSQL 1.*, MariaDB 1.*, fsync on"
}

@test "PostgreSQL, databases: beside a loop and psql" {
    took_part 4 psql
    says "^PostgreSQL, 20 databases: throughput, times that of C loop, 4 connections .* at least 0.8"
    says "^PostgreSQL, 20 databases: throughput, times that of psql, xargs -P4 .* at least 5"
}

@test "PostgreSQL, schemas: beside a loop and psql" {
    says "^PostgreSQL, 200 schemas: throughput, times that of C loop, 4 connections .* at least 0.8"
    says "^PostgreSQL, 200 schemas: throughput, times that of psql, xargs -P4 .* at least 30"
}

@test "MariaDB, databases: beside a loop and its client" {
    took_part 8 mariadb
    says "^MariaDB, 50 databases: throughput, times that of C loop, 8 connections .* at least 0.9"
    says "^MariaDB, 50 databases: throughput, times that of mariadb, xargs -P4 .* at least 3.5"
}

@test "what goes to the server for a tenant is counted" {
    says "^What goes to the server for a tenant: PostgreSQL, 20 databases"
    says "^What goes to the server for a tenant: PostgreSQL, 200 schemas"
    says "^What goes to the server for a tenant: MariaDB, 50 databases"
}

@test "a fleet of schemas at head is asked about with a handful of statements, not one a tenant" {
    says "^PostgreSQL, 200 schemas at head: statements of an up .* at most 10 .*met"
}

@test "many schemas in one run, with little memory for each" {
    says "^PostgreSQL, 50 to 500 schemas: kB of memory a tenant more .* below 64 .*met"
}
