# What the command tests share: a fleet of small files in a folder of its own, and words to ask it.
bats_require_minimum_version 1.5.0

setup()
{
    cd "$BATS_TEST_TMPDIR" || return
    mkdir tenants migrations
    unset NO_COLOR
    export TERM=dumb
}

teardown()
{
    let_go
}

# the standard streams of what runs here: no terminal, stdout and stderr apart
lockstep()
{
    "$LOCKSTEP" "$@" </dev/null
}

# fleet N: tenants t1 to tN, each with a table of two users
fleet()
{
    local i

    for ((i = 1; i <= $1; i++)); do
        sqlite3 "tenants/t$i.db" "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT);
            INSERT INTO users(email) VALUES('a@t$i'), ('b@t$i');"
    done
}

# migration FILE [UP [DOWN]]
migration()
{
    printf '%s\n' "$2" >"migrations/$1"
    if [ $# -gt 2 ]; then
        printf -- '-- lockstep:down\n%s\n' "$3" >>"migrations/$1"
    fi
}

notes_and_tier()
{
    migration 001_notes.sql 'CREATE TABLE notes(id INTEGER PRIMARY KEY);' 'DROP TABLE notes;'
    migration 002_tier.sql 'ALTER TABLE users ADD COLUMN tier TEXT;' \
        'ALTER TABLE users DROP COLUMN tier;'
}

# the schema of every tenant, without lockstep's own table: what "as it was" means
schemas()
{
    local file

    for file in tenants/*.db; do
        echo "$file"
        sqlite3 "$file" "SELECT name, sql FROM sqlite_schema
            WHERE tbl_name <> 'lockstep_history' ORDER BY name"
    done
}

# field EXPRESSION: of the JSON document d in $output
field()
{
    "${PYTHON:-python3}" -c 'import json, sys; d = json.loads(sys.argv[2]); print(eval(sys.argv[1]))' \
        "$1" "$output"
}

# is TEXT: the last line or field is exactly this
is()
{
    [ "$1" = "$2" ] || {
        printf 'is:     %s\nshould: %s\n' "$1" "$2" >&2
        return 1
    }
}

# says TEXT: $output has it
says()
{
    [[ $output == *"$1"* ]] || {
        printf 'does not say: %s\n%s\n' "$1" "$output" >&2
        return 1
    }
}

complains()
{
    [[ $stderr == *"$1"* ]] || {
        printf 'does not complain: %s\n%s\n' "$1" "$stderr" >&2
        return 1
    }
}

# until_in TEXT FILE: waits until it is there, 20 s at most
until_in()
{
    local i

    for ((i = 0; i < 400; i++)); do
        ! grep -q "$1" "$2" || return 0
        sleep 0.05
    done
    echo "no '$1' in $2" >&2
    return 1
}

# take FILE [SQL]: an application begins to write it, or does SQL, and keeps it until let_go
take()
{
    mkfifo application
    sqlite3 "$1" <application >taken 3>&- &
    taker=$!
    exec 9>application
    echo "${2:-BEGIN IMMEDIATE;} SELECT 'taken';" >&9
    until_in taken taken
}

let_go()
{
    [ -n "${taker:-}" ] || return 0
    exec 9>&-
    wait "$taker"
    taker=
}
