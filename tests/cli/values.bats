#!/usr/bin/env bats
# `-- lockstep:values`: ${id} and labels of each tenant in its statements.
load fleet

# two tenants with an owner each, one of them with what must be quoted
owners()
{
    for name in acme globex; do
        sqlite3 "tenants/$name.db" 'CREATE TABLE users(id INTEGER PRIMARY KEY)'
    done
    cat >fleet.csv <<'CSV'
id,path,owner
acme,tenants/acme.db,O'Hara; DROP TABLE users
globex,tenants/globex.db,Ed
CSV
    echo 'source "all" { list = "fleet.csv" }' >lockstep.conf
    migration 001_settings.sql 'CREATE TABLE settings(tenant TEXT, owner TEXT);
-- lockstep:values
INSERT INTO settings VALUES (${id}, ${owner}); -- not ${in_comments}
-- lockstep:down
DROP TABLE settings;'
}

@test "every tenant gets its own values, quoted" {
    owners
    run -0 lockstep up --quiet
    is "$(sqlite3 tenants/acme.db 'SELECT * FROM settings')" "acme|O'Hara; DROP TABLE users"
    is "$(sqlite3 tenants/globex.db 'SELECT * FROM settings')" "globex|Ed"
}

@test "plan shows a statement as one tenant gets it" {
    owners
    run -0 lockstep plan
    says "-- for each tenant with its values, for acme:"
    says "INSERT INTO settings VALUES ('acme', 'O''Hara; DROP TABLE users')"
    run -0 lockstep plan --json
    is "$(field 'd["steps"][0]["statements"][1]["example"]')" acme
}

@test "a tenant without a label that a script asks for is named before anything runs" {
    owners
    printf 'id,path\nacme,tenants/acme.db\nglobex,tenants/globex.db\n' >fleet.csv
    run -5 --separate-stderr lockstep up
    complains 'acme'
    complains 'this tenant has no label "owner", which the script asks for (and 1 more tenant)'
    complains '001_settings.sql:3'
    is "$(sqlite3 tenants/acme.db .tables)" users
}

@test "other values are another plan" {
    owners
    digest=$(lockstep plan | grep digest)
    sed -i 's/,Ed$/,Al/' fleet.csv
    [ "$(lockstep plan | grep digest)" != "$digest" ]
}

@test "quotes around a value are refused with file and line" {
    owners
    sed -i "s/VALUES (\${id}/VALUES ('\${id}'/" migrations/001_settings.sql
    run -2 --separate-stderr lockstep plan
    complains '001_settings.sql:3'
    complains 'a ${ stands inside quotes, in: INSERT INTO settings'
    complains 'drop the quotes: the value brings its own'
}

@test "down and undo put in values, too" {
    owners
    migration 002_mark.sql '-- lockstep:values
INSERT INTO users(id) SELECT length(${owner});
-- lockstep:down
-- lockstep:values
DELETE FROM users WHERE id = length(${owner});'
    run -0 lockstep up --quiet
    is "$(sqlite3 tenants/globex.db 'SELECT id FROM users')" 2
    run -0 lockstep undo last --yes --quiet
    is "$(sqlite3 tenants/globex.db 'SELECT count(*) FROM users')" 0
}
