#!/usr/bin/env bats
# `-- lockstep:shared`: migrations of the database that tenants share, in the same run.
load fleet

# two tenants and the database they share; migration 2 is the shared one's
hybrid()
{
    fleet 2
    sqlite3 main.db 'CREATE TABLE plans(id INTEGER PRIMARY KEY)'
    cat >lockstep.conf <<'CONF'
source "main" { glob = {"main.db"} shared = true }
source "tenants" { glob = {"tenants/*.db"} }
CONF
    migration 001_a.sql 'CREATE TABLE a(x);
-- lockstep:down
DROP TABLE a;'
    migration 002_price.sql "-- lockstep:shared $1
ALTER TABLE plans ADD COLUMN price;
-- lockstep:down
ALTER TABLE plans DROP COLUMN price;"
    migration 003_b.sql 'CREATE TABLE b(x);
-- lockstep:down
DROP TABLE b;'
}

versions()
{
    sqlite3 "$1" 'SELECT group_concat(version) FROM lockstep_history'
}

@test "a shared migration runs once, on the shared database, in the same decision" {
    hybrid
    run -0 lockstep up
    says 'one decision'
    is "$(versions main.db)" 2
    is "$(versions tenants/t1.db)" 1,3
    run -0 lockstep status --exit-code
    says '3 tenants: 3 at 003 (head)'
}

@test "before: it is committed before the tenants run later ones, and taken back when they fail" {
    hybrid before
    run -0 lockstep plan
    says 'migration 002_price is shared, and comes before the tenants'"'"' later ones'
    migration 003_b.sql 'CREATE TABLE b(x); INSERT INTO missing VALUES(1);
-- lockstep:down
DROP TABLE b;'
    run -1 --separate-stderr lockstep up
    complains 'no such table: missing'
    is "$(sqlite3 main.db "SELECT count(*) FROM pragma_table_info('plans') WHERE name = 'price'")" 0
    is "$(sqlite3 tenants/t1.db "SELECT count(*) FROM sqlite_schema WHERE name = 'a'")" 0
}

@test "after: it is committed when the tenants have all earlier ones" {
    hybrid after
    run -0 lockstep up
    says '2 decisions'
    is "$(versions main.db)" 2
}

@test "undo takes the shared database back with its tenants" {
    hybrid before
    lockstep up --quiet
    run -0 lockstep undo last --yes
    is "$(sqlite3 main.db "SELECT count(*) FROM pragma_table_info('plans') WHERE name = 'price'")" 0
    is "$(sqlite3 tenants/t2.db "SELECT count(*) FROM sqlite_schema WHERE name IN ('a', 'b')")" 0
}

@test "a shared migration in a fleet without a shared database is refused" {
    hybrid
    rm lockstep.conf
    run -5 --separate-stderr lockstep up
    complains '002_price is for a shared database, and the fleet has none'
    complains '002_price.sql'
}

@test "another value than before or after is refused with file and line" {
    hybrid during
    run -2 --separate-stderr lockstep plan
    complains '002_price.sql:1'
    complains 'shared can only be before or after'
}
