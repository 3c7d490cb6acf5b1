#!/usr/bin/env bats
# init, new, tenants: from nothing to a fleet that is found.
load fleet

@test "init writes a configuration that can be read, and the folders" {
    rmdir tenants migrations
    run -0 lockstep init
    [ -d tenants ] && [ -d migrations ]
    grep -q max_hold lockstep.conf
    fleet 1
    run -0 lockstep tenants
}

@test "init never overwrites a configuration" {
    echo '# mine' >lockstep.conf
    run -2 --separate-stderr lockstep init
    complains "is there already"
    is "$(cat lockstep.conf)" "# mine"
}

@test "new counts on from the highest version, as wide as it" {
    run -0 lockstep new first
    is "$output" "migrations/001_first.sql"
    touch migrations/0041_x.sql
    run -0 lockstep new second
    is "$output" "migrations/0042_second.sql"
}

@test "an error in the configuration names file and line" {
    printf 'jobs = 4\nmax_hodl = "30s"\n' >lockstep.conf
    run -2 --separate-stderr lockstep tenants
    complains "lockstep.conf:2"
    complains "max_hold"
}

@test "no tenant found is exit 2" {
    run -2 --separate-stderr lockstep tenants
    complains "no tenant found"
}

@test "the fleet of a glob has the file names as ids, and no side files" {
    fleet 2
    touch tenants/t1.db-wal tenants/t1.db-shm tenants/t2.db-journal
    run -0 lockstep tenants --json --tenants 'tenants/*'
    is "$(field '[t["id"] for t in d["tenants"]]')" "['t1', 't2']"
}

@test "the fleet of a list file has labels, and --select takes them" {
    fleet 3
    printf 'id,path,region,tier\na,tenants/t1.db,eu,free\nb,tenants/t2.db,us,paid\nc,tenants/t3.db,eu,paid\n' \
        >fleet.csv
    echo 'source "all" { list = "fleet.csv" }' >lockstep.conf
    run -0 lockstep tenants --select 'region=eu,tier!=free' --json
    is "$(field '[(t["id"], t["labels"]["region"]) for t in d["tenants"]]')" "[('c', 'eu')]"
    run -0 lockstep tenants --select 'id=[ab]'
    is "${#lines[@]}" 2
}

@test "the fleet of a catalog database" {
    fleet 2
    sqlite3 catalog.db "CREATE TABLE tenants(id, path, region);
        INSERT INTO tenants VALUES('x', 'tenants/t1.db', 'eu'), ('y', 'tenants/t2.db', 'us')"
    echo 'source "all" { catalog = "catalog.db" query = "select id, path, region from tenants" }' \
        >lockstep.conf
    run -0 lockstep tenants --select region=us
    says "tenants/t2.db"
    is "${#lines[@]}" 1
}

@test "a selection that takes nobody is exit 2" {
    fleet 1
    run -2 --separate-stderr lockstep tenants --select region=eu
    complains "no tenant is selected"
}
